// Who else may enter a session: its owner shares it; others see with whom, and leave.
import { html, useState } from "../vendor/htm/preact.js";
import { Choice, Dialog, Field, Form, mistake } from "./forms.js";
import { More, usePages } from "./pages.js";
import { Empty, Failure, useAsking } from "./parts.js";

const ACCESS_WORDS = { collaborator: "Collaborator", watcher: "Watcher" };
const ACCESSES = {
  collaborator: "Collaborator: gives tasks, answers, changes files",
  watcher: "Watcher: sees everything, changes nothing",
};

/** The button beside a session's name, and the dialog behind it. */
export function Sharing({ connection, following, caller, may, onLeave }) {
  const [isOpen, setIsOpen] = useState(false);
  const { session, sharesVersion } = following.value;
  const mayShare = may("session:share");
  const words = mayShare ? "Share" : "People";
  return html`
    <button type="button" class="small" onClick=${() => setIsOpen(true)}>${words}</button>
    ${
      isOpen &&
      html`<${Dialog}
        title=${mayShare ? `Share “${session.name}”` : `People in “${session.name}”`}
        onClose=${() => setIsOpen(false)}
      >
        ${(close) => html`<div class="form">
          <${Shares} ...${{ connection, session, caller, mayShare, sharesVersion, close }} />
          ${
            !mayShare &&
            html`<${Leave}
              onLeave=${onLeave}
              close=${close}
              mayLeave=${may("session:leave")}
            />`
          }
        </div>`}
      <//>`
    }
  `;
}

function Shares({ connection, session, caller, mayShare, sharesVersion, close }) {
  const where = { sessionId: session.id };
  const [owner, setOwner] = useState(null);
  const pages = usePages(
    async () => {
      const { owner, shares } = await connection.call("session.shares", where);
      setOwner(owner);
      return { items: shares, hasMore: false };
    },
    [connection, session.id, sharesVersion],
    (share) => share.userId,
  );
  return html`
    ${
      owner &&
      owner.userId !== caller.user.id &&
      html`<p class="quiet">
        Owner: ${owner.name}${owner.name !== owner.email && html` <span class="small">${owner.email}</span>`}
      </p>`
    }
    <${List} ...${{ pages, connection, where, caller, mayShare }} />
    ${mayShare && html`<${Admission} ...${{ pages, connection, where, close }} />`}
  `;
}

const List = ({ pages, caller, ...around }) => html`<div>
  ${
    pages.items?.length === 0 &&
    html`<${Empty} title="Shared with nobody yet">
      Whoever you add below finds the session in their list.
    <//>`
  }
  <ul class="rows">
    ${(pages.items ?? []).map(
      (share) => html`<${Share}
        key=${share.userId}
        isSelf=${share.userId === caller.user.id}
        ...${{ share, pages, ...around }}
      />`,
    )}
  </ul>
  <${More} of=${pages} />
</div>`;

function Admission({ pages, connection, where, close }) {
  const share = async (given) => {
    const [user, access] = [given.get("user").trim(), given.get("access")];
    try {
      await connection.call("session.share", { ...where, user, access });
    } catch (refusal) {
      if (refusal.code !== "RESOURCE_NOT_FOUND") throw refusal;
      throw mistake("user", "Nobody here has this e-mail address. An administrator can add them.");
    }
    await pages.again();
  };
  return html`<${Form}
    word="Share"
    done="It is shared."
    onCancel=${close}
    cancel="Done"
    isCleared
    places=${{ RESOURCE_CONFLICT: "user" }}
    onSend=${share}
  >
    <${Field}
      label="E-mail"
      name="user"
      inputmode="email"
      required
      maxlength="320"
      autocomplete="off"
      autofocus
    />
    <${Choice} label="They become" name="access" options=${ACCESSES} chosen="collaborator" />
  <//>`;
}

function Share({ share, isSelf, connection, where, mayShare, pages }) {
  const [ask, { isBusy, failure }] = useAsking();
  const { userId, name, email, access } = share;
  const give = (event) => {
    const wanted = { ...where, user: userId, access: event.currentTarget.value };
    ask(async () => pages.change((await connection.call("session.share", wanted)).share));
  };
  const remove = (event) => {
    const dialog = event.currentTarget.closest("dialog");
    return (
      isBusy ||
      ask(async () => {
        await connection.call("session.unshare", { ...where, userId });
        pages.remove(share);
        dialog.querySelector("[name=user]").focus();
      })
    );
  };
  return html`<li>
    <div>
      <p><strong>${name}</strong> ${isSelf && html`<span class="badge completed">you</span>`}</p>
      ${name !== email && html`<p class="quiet small">${email}</p>`}
      <${Failure} of=${failure} />
    </div>
    ${
      mayShare
        ? html`<div class="actions">
            <select aria-label=${`Access of ${name}`} onChange=${give}>
              ${Object.entries(ACCESS_WORDS).map(
                ([one, words]) => html`<option value=${one} selected=${one === access}>${words}</option>`,
              )}
            </select>
            <button
              type="button"
              class="danger"
              aria-label=${`Remove ${name}`}
              aria-disabled=${isBusy}
              onClick=${remove}
            >
              Remove
            </button>
          </div>`
        : html`<span class="chip">${ACCESS_WORDS[access]}</span>`
    }
  </li>`;
}

function Leave({ mayLeave, onLeave, close }) {
  if (!mayLeave) return html`<footer><button type="button" onClick=${close}>Done</button></footer>`;
  const leave = async () => {
    await onLeave();
    close();
  };
  return html`<${Form} word="Leave the session" isDanger onCancel=${close} onSend=${leave}>
    <p>If you leave, you see it no more until somebody shares it with you again.</p>
  <//>`;
}
