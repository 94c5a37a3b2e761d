// The list of sessions with what each is doing, live, and the form for a new one.
import { html, useEffect, useRef, useState } from "../vendor/htm/preact.js";
import { addressOf } from "./address.js";
import { dayOf, Empty, Failure, Link, useAsking } from "./parts.js";
import { useStore } from "./store.js";

const FILTERED_FROM = 6; // sessions; fewer are seen at a glance

const WORK_WORDS = { waiting: "waits for an answer", running: "working", failed: "failed", idle: "idle" };

export function Sessions({ overview, caller, chosen, onChoose, onNew }) {
  const { sessions, hasMore, failure, inbox } = useStore(overview);
  const [sought, setSought] = useState("");
  const [isBusy, setIsBusy] = useState(false);
  const more = async () => {
    setIsBusy(true);
    await overview.load(sessions.length);
    setIsBusy(false);
  };
  const mayOpen = caller?.may("session:write");
  const words = sought.trim().toLowerCase();
  const found = (sessions ?? []).filter(({ name }) => name.toLowerCase().includes(words));
  const waiting = new Set((inbox ?? []).map(({ sessionId }) => sessionId));
  return html`<nav class="sessions" aria-label="Sessions">
    <header>
      <h2>Sessions</h2>
      ${mayOpen && html`<button type="button" class="primary small" onClick=${onNew}>New session</button>`}
    </header>
    <${Failure} of=${failure} again=${() => overview.load()} />
    ${
      sessions?.length >= FILTERED_FROM &&
      html`<input
        type="search"
        class="filter"
        data-filter
        aria-label="Filter sessions"
        placeholder="Filter ( / )"
        value=${sought}
        onInput=${({ currentTarget }) => setSought(currentTarget.value)}
      />`
    }
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
    ${
      words &&
      !found.length &&
      html`<p class="quiet small" role="status">
        No session of those listed has “${sought}” in its name.${hasMore ? " There are more below." : ""}
      </p>`
    }
    <ul>
      ${found.map(
        (session) => html`<li key=${session.id}>
          <${SessionLink}
            session=${session}
            work=${waiting.has(session.id) ? "waiting" : session.work}
            isChosen=${session.id === chosen?.id}
            onChoose=${onChoose}
          />
        </li>`,
      )}
    </ul>
    ${
      hasMore &&
      html`<button type="button" class="more" disabled=${isBusy} onClick=${more}>Show more</button>`
    }
  </nav>`;
}

function SessionLink({ session, work, isChosen, onChoose }) {
  return html`<${Link}
    href=${addressOf({ session: session.id })}
    aria-current=${isChosen ? "page" : undefined}
    onGo=${() => onChoose(session)}
  >
    <span class="dot" data-work=${work} title=${WORK_WORDS[work]}></span>
    <span class="name">${session.name}</span>
    <span class="quiet small">
      ${work !== "idle" && html`<span class="work" data-work=${work}>${WORK_WORDS[work]}</span> · `}
      ${session.access !== "owner" && "shared with you · "}
      ${session.status !== "active" && `${session.status} · `}
      ${dayOf(session.createdAt)}
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
      <label class="check">
        <input type="checkbox" name="network" /> Commands may use the network, and clones come from anywhere
      </label>
      <${Failure} of=${failure} />
      <footer>
        <button type="button" onClick=${() => dialog.current.close()}>Cancel</button>
        <button class="primary" disabled=${isBusy}>Create session</button>
      </footer>
    </form>
  </dialog>`;
}
