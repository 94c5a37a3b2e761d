// The last requests to a webhook's receiver.
import { html } from "../../vendor/htm/preact.js";
import { More, usePages } from "../pages.js";
import { durationOf, Empty, Failure, timeOf, useAsking } from "../parts.js";

const PAGE = 20;
const KINDS = { delivery: "", test: "test", redelivery: "sent again" };

export function Attempts({ webhook, connection, mayChange, tests, onSent }) {
  const [ask, { isBusy, failure }] = useAsking();
  const where = { webhookId: webhook.id };
  const pages = usePages(
    async (offset) => {
      const { data, pagination } = await connection.call("webhook.attempts", {
        ...where,
        limit: PAGE,
        offset,
      });
      return { items: data, hasMore: pagination.hasMore };
    },
    [connection, webhook.id, tests],
    (attempt) => attempt.number,
  );
  const again = ({ eventId }) =>
    isBusy ||
    ask(async () => {
      await connection.call("webhook.redeliver", { ...where, eventId });
      await Promise.all([pages.again(), onSent()]);
    });
  return html`<section class="attempts" aria-label=${`Requests to ${webhook.url}`}>
    <${Failure} of=${failure} />
    ${
      pages.items?.length === 0 &&
      html`<${Empty} title="No request yet">Test it, or wait until something happens in your sessions.<//>`
    }
    <ol class="requests">
      ${(pages.items ?? []).map(
        (attempt) => html`<li key=${attempt.number}>
          <span class="seq">${attempt.number}</span>
          <span class="badge ${attempt.succeeded ? "completed" : "failed"}">${attempt.status ?? "none"}</span>
          <code>${attempt.event}</code>
          <span class="quiet small">${KINDS[attempt.kind]}</span>
          <span class="small error">${attempt.error}</span>
          <span class="quiet small when">
            ${durationOf(attempt.durationMs)} · <time>${timeOf(attempt.attemptedAt)}</time>
          </span>
          ${
            mayChange &&
            attempt.kind !== "test" &&
            html`<button
              type="button"
              class="small"
              aria-label=${`Send ${attempt.event} again`}
              aria-disabled=${isBusy}
              onClick=${() => again(attempt)}
            >
              Send again
            </button>`
          }
        </li>`,
      )}
    </ol>
    <${More} of=${pages} />
  </section>`;
}
