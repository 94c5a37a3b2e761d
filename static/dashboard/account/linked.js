// The sign-ins at providers that log in to one's account.
import { html, useState } from "../../vendor/htm/preact.js";
import { Confirm } from "../forms.js";
import { More, usePages } from "../pages.js";
import { dayOf, Empty } from "../parts.js";
import { startSignIn, useProviders } from "../providers.js";

export function Linked({ connection, caller }) {
  const [providers] = useProviders();
  const [unlinking, setUnlinking] = useState(null);
  const pages = usePages(async () => {
    const { identities } = await connection.call("identity.list");
    return { items: identities, hasMore: false };
  }, [connection]);
  const mayChange = caller.may("account:write");
  const labelOf = (name) => providers.find((provider) => provider.name === name)?.label ?? name;
  const unlink = async () => {
    await connection.call("identity.unlink", { identityId: unlinking.id });
    pages.remove(unlinking);
  };
  if (!providers.length && !pages.items?.length) return null;
  return html`<section aria-labelledby="linked">
    <h2 id="linked" tabindex="-1">Linked sign-ins</h2>
    ${
      pages.items?.length === 0 &&
      html`<${Empty} title="No sign-in is linked">Link one, and it logs in to this account.<//>`
    }
    <ul class="rows">
      ${(pages.items ?? []).map(
        (identity) => html`<li key=${identity.id}>
          <div>
            <p><strong>${labelOf(identity.provider)}</strong> ${identity.email}</p>
            <p class="quiet small">
              linked ${dayOf(identity.createdAt)} · last used ${dayOf(identity.usedAt)}
            </p>
          </div>
          ${
            mayChange &&
            html`<button
              type="button"
              class="danger"
              aria-label=${`Unlink ${labelOf(identity.provider)}`}
              onClick=${() => setUnlinking(identity)}
            >
              Unlink
            </button>`
          }
        </li>`,
      )}
    </ul>
    <${More} of=${pages} />
    ${
      mayChange &&
      isSecureContext &&
      providers.map(
        (provider) => html`<button
          key=${provider.name}
          type="button"
          onClick=${() => startSignIn(provider, { isLink: true })}
        >
          Link ${provider.label}
        </button>`,
      )
    }
    ${
      unlinking &&
      html`<${Confirm}
        title=${`Unlink ${labelOf(unlinking.provider)}?`}
        word="Unlink it"
        onConfirmed=${unlink}
        onClose=${() => setUnlinking(null)}
      >
        It logs in to this account no more. What is logged in by it goes on until it is ended.
      <//>`
    }
  </section>`;
}
