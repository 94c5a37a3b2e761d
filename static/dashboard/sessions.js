// The list of sessions, page by page, and the form for a new one.
import { html, useCallback, useEffect, useRef, useState } from "../vendor/htm/preact.js";
import { dayOf, Empty, Failure, Link, useAsking } from "./parts.js";

const PAGE = 30;

export function Sessions({ connection, isConnected, caller, chosen, onChoose, onNew }) {
  const [sessions, setSessions] = useState(null);
  const [hasMore, setHasMore] = useState(false);
  const [ask, { isBusy, failure }] = useAsking();
  const load = useCallback(
    (offset) =>
      ask(async () => {
        const page = await connection.call("session.list", { limit: PAGE, offset });
        setSessions((before) => (offset ? [...before, ...page.sessions] : page.sessions));
        setHasMore(page.hasMore);
      }),
    [connection],
  );
  useEffect(() => void (isConnected && load(0)), [isConnected, chosen?.id, chosen?.updatedAt]);
  useEffect(() => {
    const look = () => isConnected && load(0); // somebody may have shared one meanwhile
    addEventListener("focus", look);
    return () => removeEventListener("focus", look);
  }, [isConnected, load]);
  const mayOpen = caller?.may("session:write");
  return html`<nav class="sessions" aria-label="Sessions">
    <header>
      <h2>Sessions</h2>
      ${mayOpen && html`<button type="button" class="primary small" onClick=${onNew}>New session</button>`}
    </header>
    <${Failure} of=${failure} again=${() => load(0)} />
    ${
      caller &&
      sessions?.length === 0 &&
      html`<${Empty} title="No sessions yet">
        ${
          mayOpen
            ? "Create one: it gets its own workspace, and its commands run in a sandbox."
            : "You may only look. Ask somebody to share a session with you: it appears here."
        }
      <//>`
    }
    <ul>
      ${(sessions ?? []).map(
        (session) => html`<li key=${session.id}>
          <${SessionLink} session=${session} isChosen=${session.id === chosen?.id} onChoose=${onChoose} />
        </li>`,
      )}
    </ul>
    ${
      hasMore &&
      html`<button type="button" disabled=${isBusy} onClick=${() => load(sessions.length)}>Show more</button>`
    }
  </nav>`;
}

function SessionLink({ session, isChosen, onChoose }) {
  return html`<${Link}
    href=${`?session=${session.id}`}
    aria-current=${isChosen ? "page" : undefined}
    onGo=${() => onChoose(session)}
  >
    <span class="dot ${session.status}" title=${session.status}></span>
    <span class="name">${session.name}</span>
    <span class="quiet small">
      ${session.access !== "owner" && "shared with you · "}
      ${dayOf(session.createdAt)} · ${session.config.provider}
    </span>
  <//>`;
}

const provider = { maxlength: 64, placeholder: "auto", list: "providers" };
const model = { maxlength: 256, placeholder: "auto" };
const unlessAuto = (preferred) => (preferred === "auto" ? "" : preferred);

/** The approval rules of the new session: the last matching one decides. */
const RULES = {
  ask: [],
  edits: [{ group: "edit", decision: "always" }],
  all: [
    { group: "edit", decision: "always" },
    { group: "command", decision: "always" },
  ],
};

export function NewSession({ connection, caller, onOpened, onClose }) {
  const { defaultProvider, defaultModel } = caller.user.preferences;
  const dialog = useRef(null);
  const [ask, { isBusy, failure }] = useAsking();
  useEffect(() => dialog.current.showModal(), []);
  const submit = (event) => {
    event.preventDefault();
    const given = Object.fromEntries(new FormData(event.currentTarget));
    const config = {
      provider: given.provider || "auto",
      model: given.model || "auto",
      network: given.network === "on",
    };
    if (RULES[given.rules].length) config.approvals = RULES[given.rules];
    ask(async () => {
      const { session } = await connection.call("session.create", {
        name: given.name || "Untitled session",
        config,
      });
      dialog.current.close(); // which gives the focus back
      onOpened(session);
    });
  };
  return html`<dialog ref=${dialog} onClose=${onClose} aria-label="New session">
    <form onSubmit=${submit}>
      <h2>New session</h2>
      <label>Name <input name="name" maxlength="200" placeholder="Its purpose" autofocus /></label>
      <div class="pair">
        <label>
          Provider <input name="provider" defaultValue=${unlessAuto(defaultProvider)} ...${provider} />
        </label>
        <label>
          Model or playbook <input name="model" defaultValue=${unlessAuto(defaultModel)} ...${model} />
        </label>
        <datalist id="providers"><option value="auto" /><option value="scripted" /></datalist>
      </div>
      <p class="quiet small">
        With <code>auto</code>, the server uses the configured model or, if there is none, plays a playbook
        that matches the task.
      </p>
      <label>Without asking, the agent may
        <select name="rules">
          <option value="ask">do what the server's settings allow</option>
          <option value="edits">edit files</option>
          <option value="all">edit files and run commands</option>
        </select>
      </label>
      <label class="check"><input type="checkbox" name="network" /> Commands may use the network</label>
      <${Failure} of=${failure} />
      <footer>
        <button type="button" onClick=${() => dialog.current.close()}>Cancel</button>
        <button class="primary" disabled=${isBusy}>Create session</button>
      </footer>
    </form>
  </dialog>`;
}
