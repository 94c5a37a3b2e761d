// The password, and where one is signed in.
import { html, useState } from "../../vendor/htm/preact.js";
import { Check, Confirm, Field, Form, mistake } from "../forms.js";
import { More, usePages } from "../pages.js";
import { dayOf, Empty } from "../parts.js";
import { Linked } from "./linked.js";

const PAGE = 20;
const SHORTEST_PASSWORD = 8; // characters, as the server asks

export function SignIn({ connection, caller }) {
  const [changes, setChanges] = useState(0); // a new password may have ended logins
  const changed = () => setChanges((count) => count + 1);
  return html`
    ${caller.may("account:write") && html`<${Password} ...${{ connection, caller, changed }} />`}
    <${Linked} ...${{ connection, caller }} />
    <${Logins} ...${{ connection, caller, changes }} />
  `;
}

function Password({ connection, caller: { user }, changed }) {
  if (user.provider !== "local")
    return html`<section aria-labelledby="password">
      <h2 id="password">Password</h2>
      <p class="notice">You log in with ${user.provider}: this server has no password of yours.</p>
    </section>`;
  const change = async (given) => {
    if (given.get("newPassword") !== given.get("again")) throw mistake("again", "The two passwords differ.");
    await connection.call("auth.password", {
      currentPassword: given.get("currentPassword"),
      newPassword: given.get("newPassword"),
      endOtherLogins: given.has("endOtherLogins"),
    });
    changed();
  };
  const fresh = { type: "password", required: true, minlength: SHORTEST_PASSWORD };
  return html`<section aria-labelledby="password">
    <h2 id="password">Password</h2>
    <${Form} word="Change password" done="The password is changed." isCleared onSend=${change}>
      <input hidden autocomplete="username" readonly value=${user.email} />
      <${Field}
        label="Present password"
        name="currentPassword"
        type="password"
        required
        autocomplete="current-password"
      />
      <div class="pair">
        <${Field} label="New password" name="newPassword" autocomplete="new-password" ...${fresh} />
        <${Field} label="Once more" name="again" autocomplete="new-password" ...${fresh} />
      </div>
      <${Check} label="End all my other logins; API keys go on" name="endOtherLogins" defaultChecked />
    <//>
  </section>`;
}

function Logins({ connection, caller, changes }) {
  const [ending, setEnding] = useState(null);
  const pages = usePages(
    async (offset) => {
      const { data, pagination } = await connection.call("login.list", { limit: PAGE, offset });
      return { items: data, hasMore: pagination.hasMore };
    },
    [connection, changes],
  );
  const mayEnd = caller.may("account:write");
  const end = async () => {
    await connection.call("login.end", { loginId: ending.id });
    pages.remove(ending);
  };
  return html`<section aria-labelledby="logins">
    <h2 id="logins" tabindex="-1">Where you are signed in</h2>
    ${
      pages.items?.length === 0 &&
      html`<${Empty} title="Nowhere by a password">
        You are here with an API key, which is no login. Its place is under API keys.
      <//>`
    }
    <ul class="rows">
      ${(pages.items ?? []).map(
        (login) => html`<li key=${login.id}>
          <div>
            <p>
              <strong>${login.source || "Unknown place"}</strong>${" "}
              ${login.isCurrent && html`<span class="badge completed">this login</span>`}
            </p>
            <p class="quiet small">since ${dayOf(login.createdAt)} · last used ${dayOf(login.usedAt)}</p>
          </div>
          ${
            mayEnd &&
            html`<button
              type="button"
              class="danger"
              aria-label=${`End the login from ${login.source}, since ${dayOf(login.createdAt)}`}
              onClick=${() => setEnding(login)}
            >
              End
            </button>`
          }
        </li>`,
      )}
    </ul>
    <${More} of=${pages} />
    ${
      mayEnd &&
      pages.items?.length > 1 &&
      html`<button type="button" class="danger" onClick=${() => setEnding("all")}>End every login</button>`
    }
    ${
      ending &&
      html`<${Confirm}
        title=${ending === "all" ? "End every login?" : "End this login?"}
        word=${ending === "all" ? "End them all" : "End it"}
        onConfirmed=${ending === "all" ? () => connection.call("auth.logout", { all: true }) : end}
        onClose=${() => setEnding(null)}
      >
        ${
          ending === "all" || ending.isCurrent
            ? "This page is logged out, too, and asks for your password."
            : "Whoever uses it has to log in again."
        }
      <//>`
    }
  </section>`;
}
