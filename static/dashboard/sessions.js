// The list of sessions, a page at a time, and the form that opens a new one.
import { html, useCallback, useEffect, useRef, useState } from "../vendor/htm/preact.js";
import { dayOf, Empty, Failure, useAsking } from "./parts.js";

const PAGE = 30;

export function Sessions({ connection, isConnected, chosen, onChoose, onNew }) {
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
  return html`<nav class="sessions" aria-label="Sessions">
    <header>
      <h2>Sessions</h2>
      <button type="button" class="primary small" onClick=${onNew}>New session</button>
    </header>
    <${Failure} of=${failure} again=${() => load(0)} />
    ${
      sessions?.length === 0 &&
      html`<${Empty} title="No session yet">
        Open one: it gets a workspace of its own, and its commands run in a sandbox.
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

/** Opens its session here; with a key held down it is a link like any other, and the browser opens a tab. */
function SessionLink({ session, isChosen, onChoose }) {
  const choose = (event) => {
    if (event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    onChoose(session);
  };
  return html`<a
    href=${`?session=${session.id}`}
    aria-current=${isChosen ? "page" : undefined}
    onClick=${choose}
  >
    <span class="dot ${session.status}" title=${session.status}></span>
    <span class="name">${session.name}</span>
    <span class="quiet small">${dayOf(session.createdAt)} · ${session.config.provider}</span>
  </a>`;
}

/** The rules that the new session gets: the last fitting one decides. */
const RULES = {
  ask: [],
  edits: [{ group: "edit", decision: "always" }],
  all: [
    { group: "edit", decision: "always" },
    { group: "command", decision: "always" },
  ],
};

export function NewSession({ connection, onOpened, onClose }) {
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
      onOpened(session);
    });
  };
  return html`<dialog ref=${dialog} onClose=${onClose} aria-label="New session">
    <form onSubmit=${submit}>
      <h2>New session</h2>
      <label>Name <input name="name" maxlength="200" placeholder="What it is for" autofocus /></label>
      <div class="pair">
        <label>Provider <input name="provider" maxlength="64" placeholder="auto" list="providers" /></label>
        <label>Model or playbook <input name="model" maxlength="256" placeholder="auto" /></label>
        <datalist id="providers"><option value="auto" /><option value="scripted" /></datalist>
      </div>
      <p class="quiet small">
        With <code>auto</code> the server picks what is configured; without a language model a playbook plays
        that fits the task.
      </p>
      <label>The agent may by itself
        <select name="rules">
          <option value="ask">what the server's settings say</option>
          <option value="edits">edit files</option>
          <option value="all">edit files and run commands</option>
        </select>
      </label>
      <label class="check"><input type="checkbox" name="network" /> Commands may use the network</label>
      <${Failure} of=${failure} />
      <footer>
        <button type="button" onClick=${() => dialog.current.close()}>Cancel</button>
        <button class="primary" disabled=${isBusy}>Open session</button>
      </footer>
    </form>
  </dialog>`;
}
