// One's standing rules: what was decided for all of one's sessions, and an end of it.
import { html, useState } from "../../vendor/htm/preact.js";
import { Confirm } from "../forms.js";
import { More, usePages } from "../pages.js";
import { dayOf, Empty } from "../parts.js";
import { DECISIONS, ruleWords } from "../words.js";

const PAGE = 50;

export function Rules({ connection, caller }) {
  const [removing, setRemoving] = useState(null);
  const pages = usePages(
    async (offset) => {
      const { data, pagination } = await connection.call("rule.list", { limit: PAGE, offset });
      return { items: data, hasMore: pagination.hasMore };
    },
    [connection],
  );
  const mayChange = caller.may("approval:respond");
  const remove = async () => {
    await connection.call("rule.delete", { ruleId: removing.id });
    pages.remove(removing);
  };
  return html`<section aria-labelledby="rules">
    <h2 id="rules" tabindex="-1">Standing rules</h2>
    <p class="quiet small">
      They hold in all sessions of yours, unless a rule of the session decides. If several fit, the last one
      does. The rules of one session are in its settings.
    </p>
    ${
      pages.items?.length === 0 &&
      html`<${Empty} title="No standing rule">
        When an agent asks, “always allow … in all my sessions” makes one.
      <//>`
    }
    <ol class="rows">
      ${(pages.items ?? []).map(
        (each) => html`<li key=${each.id}>
          <div>
            <p><strong>${DECISIONS[each.rule.decision]}:</strong> ${ruleWords(each.rule)}</p>
            <p class="quiet small">made ${dayOf(each.createdAt)}</p>
          </div>
          ${
            mayChange &&
            html`<button
              type="button"
              class="small"
              aria-label=${`Take back: ${DECISIONS[each.rule.decision]} ${ruleWords(each.rule)}`}
              onClick=${() => setRemoving(each)}
            >
              Take back
            </button>`
          }
        </li>`,
      )}
    </ol>
    <${More} of=${pages} />
    ${
      removing &&
      html`<${Confirm}
        title="Take this rule back?"
        word="Take it back"
        onConfirmed=${remove}
        onClose=${() => setRemoving(null)}
      >
        “${DECISIONS[removing.rule.decision]}: ${ruleWords(removing.rule)}” no longer counts: from the next
        call on you are asked again.
      <//>`
    }
  </section>`;
}
