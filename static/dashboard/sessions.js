// The list of sessions with what each is doing, live.
import { html, useRef, useState } from "../vendor/htm/preact.js";
import { addressOf } from "./address.js";
import { Empty, Failure, Link, whenOf } from "./parts.js";
import { useStore } from "./store.js";
import { request } from "./workbench/requests.js";

const FILTERED_FROM = 6; // sessions; fewer are seen at a glance

const WORK_WORDS = {
  waiting: "waits for an answer",
  interrupted: "interrupted",
  running: "working",
  failed: "failed",
  idle: "idle",
};

export function Sessions({ overview, caller, chosen, onChoose, onNew }) {
  const { sessions, hasMore, failure, inbox } = useStore(overview);
  const [sought, setSought] = useState("");
  const [isBusy, setIsBusy] = useState(false);
  const [refusal, setRefusal] = useState(null);
  const more = async () => {
    setIsBusy(true);
    await overview.load(sessions.length);
    setIsBusy(false);
  };
  const mayOpen = caller?.may("session:write");
  const words = sought.trim().toLowerCase();
  const found = (sessions ?? []).filter(({ name }) => name.toLowerCase().includes(words));
  const waiting = new Map(); // how sessions wait, by their ids: an answer comes before an interruption
  for (const { sessionId, kind } of inbox ?? [])
    if (waiting.get(sessionId) !== "waiting")
      waiting.set(sessionId, kind === "interrupted" ? "interrupted" : "waiting");
  return html`<nav class="sessions" aria-label="Sessions">
    <header>
      <h2>Sessions</h2>
      ${mayOpen && html`<button type="button" class="primary small" onClick=${onNew}>New session</button>`}
    </header>
    <${Failure} of=${refusal} />
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
            work=${waiting.get(session.id) ?? session.work}
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
    ${mayOpen && html`<footer><${Import} onMade=${onChoose} onFailure=${setRefusal} /></footer>`}
  </nav>`;
}

/** Makes a session of an archive that somebody picks. */
function Import({ onMade, onFailure }) {
  const input = useRef(null);
  const [isBusy, setIsBusy] = useState(false);
  const take = async () => {
    const [archive] = input.current.files;
    if (!archive) return;
    setIsBusy(true);
    onFailure(null);
    try {
      const response = await request("api/v1/sessions/import", { method: "POST", body: archive });
      onMade((await response.json()).session);
    } catch (failure) {
      onFailure(failure);
    } finally {
      input.current.value = "";
      setIsBusy(false);
    }
  };
  return html`<button
      type="button"
      class="plain small"
      disabled=${isBusy}
      title="Make a session of an archive"
      onClick=${() => input.current.click()}
    >
      ${isBusy ? "Importing …" : "Import a session"}
    </button>
    <input
      ref=${input}
      type="file"
      accept=".gz,application/gzip"
      hidden
      aria-label="Archive of a session"
      onChange=${take}
    />`;
}

function SessionLink({ session, work, isChosen, onChoose }) {
  return html`<${Link}
    href=${addressOf({ session: session.id })}
    aria-current=${isChosen ? "page" : undefined}
    onGo=${() => onChoose(session)}
  >
    <span class="dot" data-work=${work} title=${WORK_WORDS[work]}></span>
    <span class="name" title=${session.name}>${session.name}</span>
    <span class="quiet small">
      ${work !== "idle" && html`<span class="work" data-work=${work}>${WORK_WORDS[work]}</span> · `}
      ${session.access !== "owner" && "shared with you · "}
      ${session.status !== "active" && `${session.status} · `}
      <time datetime=${session.createdAt}>${whenOf(session.createdAt)}</time>
    </span>
  <//>`;
}
