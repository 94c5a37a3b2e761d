// The server's log: what the caller may see of it, filtered, as it is written and as far back as it is kept.
import { html, useEffect, useLayoutEffect, useRef, useState } from "../../vendor/htm/preact.js";
import { Choice, Field } from "../forms.js";
import { Badge, Empty, Failure, Link, timeOf } from "../parts.js";
import { useStore } from "../store.js";
import { useWatched } from "../watching.js";
import { LogEntries } from "./log_entries.js";

const ROW = 30; // pixels; as in the sheet
const AROUND = 12; // rows above and below those that are seen
const SOON_MS = 350; // after the last letter of a filter
const LEVELS = { debug: "Everything", info: "From information", warning: "From warnings", error: "Errors" };

/** The request that a form asks for; empty fields ask for nothing. */
function filterOf(form) {
  const read = (name) => form.get(name)?.trim() || undefined;
  const moment = (name) => (read(name) ? new Date(read(name)).toISOString() : undefined);
  const filter = {
    minLevel: read("minLevel"),
    sessionId: read("sessionId"),
    taskId: read("taskId"),
    text: read("text"),
    since: moment("since"),
    until: moment("until"),
  };
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value));
}

export function View({ connection, isConnected, caller, overview, open }) {
  const [filter, setFilter] = useState({ minLevel: "info" });
  const [store] = useState(() => new LogEntries(connection));
  const { entries, isReading, failure } = useStore(store);
  const [chosen, setChosen] = useState(null);
  const soon = useRef(null);
  const { since, until, ...watched } = filter;
  const start = () => {
    setChosen(null);
    store.start(filter);
  };
  useWatched(connection, "logs", isConnected && !until, watched);
  useEffect(() => void (isConnected && start()), [isConnected, JSON.stringify(filter)]);
  useEffect(() => {
    const written = ({ entry }) => store.take(entry);
    const seenAgain = () => document.hidden || start();
    connection.socket.on("log.written", written);
    document.addEventListener("visibilitychange", seenAgain);
    return () => {
      connection.socket.off("log.written", written);
      document.removeEventListener("visibilitychange", seenAgain);
    };
  }, [filter]);
  const changed = ({ currentTarget }) => {
    clearTimeout(soon.current);
    soon.current = setTimeout(() => setFilter(filterOf(new FormData(currentTarget))), SOON_MS);
  };
  const sessions = overview?.value.sessions ?? [];
  return html`<div class="page logs-page">
    <header>
      <h1>Logs</h1>
      <p class="quiet small">
        ${
          caller.user.roles.includes("admin")
            ? "What the server writes to its log."
            : "What the server writes to its log about your sessions."
        }
        ${until ? " Up to the time that you chose." : " New entries come by themselves."}
      </p>
    </header>
    <form
      class="filters"
      onInput=${changed}
      onChange=${changed}
      onSubmit=${(event) => event.preventDefault()}
    >
      <${Choice} label="Level" name="minLevel" options=${LEVELS} chosen="info" />
      <${Choice}
        label="Session"
        name="sessionId"
        options=${{ "": "All", ...Object.fromEntries(sessions.map(({ id, name }) => [id, name])) }}
        chosen=""
      />
      <${Field} label="Text" name="text" type="search" maxlength="200" autocomplete="off" />
      <${Field} label="Task" name="taskId" maxlength="100" autocomplete="off" placeholder="task-…" />
      <${Field} label="From" name="since" type="datetime-local" step="1" />
      <${Field} label="Until" name="until" type="datetime-local" step="1" />
    </form>
    <${Failure} of=${failure} again=${start} />
    ${
      !entries.length &&
      !failure &&
      (isReading
        ? html`<p class="quiet small" role="status">Reading …</p>`
        : html`<${Empty} title="No entries">Nothing that fits has been written. Choose less above.<//>`)
    }
    ${entries.length > 0 && html`<${List} ...${{ store, filter, chosen, setChosen }} />`}
    ${chosen && html`<${Details} of=${chosen} ...${{ sessions, open }} onClose=${() => setChosen(null)} />`}
  </div>`;
}

/** Only the rows that are seen, and some around them, are in the page. */
function List({ store, filter, chosen, setChosen }) {
  const { entries, number, cursor, isReading } = store.value;
  const list = useRef(null);
  const shown = useRef(number);
  const [top, setTop] = useState(0);
  const height = list.current?.clientHeight ?? 600;
  const first = Math.max(0, Math.floor(top / ROW) - AROUND);
  const last = Math.min(entries.length, Math.ceil((top + height) / ROW) + AROUND);
  const at = chosen ? entries.indexOf(chosen) : -1;
  useLayoutEffect(() => {
    list.current.scrollTop = 0;
  }, [JSON.stringify(filter)]);
  useLayoutEffect(() => {
    const added = number - shown.current;
    shown.current = number;
    if (added > 0 && list.current.scrollTop > ROW) list.current.scrollTop += added * ROW; // they read there
  }, [number]);
  useEffect(() => void (last > entries.length - 2 * AROUND && store.more()), [last, entries.length]);
  const choose = (place) => {
    const next = Math.min(entries.length - 1, Math.max(0, place));
    setChosen(entries[next]);
    const { scrollTop, clientHeight } = list.current;
    if (next * ROW < scrollTop) list.current.scrollTop = next * ROW;
    else if ((next + 1) * ROW > scrollTop + clientHeight)
      list.current.scrollTop = (next + 1) * ROW - clientHeight;
  };
  const page = Math.max(1, Math.floor(height / ROW) - 1);
  const keyed = (event) => {
    const next = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: at + page,
      PageUp: at - page,
      Home: 0,
      End: entries.length - 1,
    }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    choose(next);
  };
  return html`<div
      class="log-entries"
      ref=${list}
      role="listbox"
      tabindex="0"
      aria-label="Entries, newest first"
      aria-activedescendant=${at >= first && at < last ? `entry-${at}` : undefined}
      onScroll=${(event) => setTop(event.currentTarget.scrollTop)}
      onKeyDown=${keyed}
    >
      <div role="presentation" style=${{ height: `${entries.length * ROW}px` }}>
        <div role="presentation" style=${{ transform: `translateY(${first * ROW}px)` }}>
          ${entries.slice(first, last).map(
            (entry, place) => html`<div
              key=${entries.length - first - place}
              id=${`entry-${first + place}`}
              class="log-entry"
              role="option"
              aria-selected=${entry === chosen}
              aria-posinset=${first + place + 1}
              aria-setsize=${cursor ? -1 : entries.length}
              onClick=${() => setChosen(entry === chosen ? null : entry)}
            >
              <time class="quiet">${timeOf(entry.time)}</time>
              <${Badge} of=${entry.level} />
              <span class="quiet logger">${entry.logger}</span>
              <span class="message">${entry.message}</span>
              <span class="quiet facts">${factsOf(entry)}</span>
            </div>`,
          )}
        </div>
      </div>
    </div>
    <p class="quiet small" role="status">
      ${entries.length}${cursor ? " entries so far" : entries.length === 1 ? " entry" : " entries"}
      ${isReading && ", reading more …"}
    </p>`;
}

const wordOf = (value) => (typeof value === "string" ? value : JSON.stringify(value));

const factsOf = ({ details }) =>
  Object.entries(details)
    .map(([name, value]) => `${name}=${wordOf(value)}`)
    .join(" ");

function Details({ of: entry, sessions, open, onClose }) {
  const { sessionId } = entry;
  const named = sessions.find(({ id }) => id === sessionId)?.name ?? sessionId;
  const rows = {
    Time: new Date(entry.time).toLocaleString(),
    Message: entry.message,
    Session:
      sessionId &&
      html`<${Link} class="session" href=${`?session=${sessionId}`} onGo=${() => open(sessionId)}>
        ${named}
      <//>`,
    Task: entry.taskId,
    Request: entry.requestId,
    ...Object.fromEntries(Object.entries(entry.details).map(([name, value]) => [name, wordOf(value)])),
  };
  return html`<section class="log-details" aria-label="The chosen entry">
    <header>
      <h2><${Badge} of=${entry.level} /> ${entry.logger}</h2>
      <button type="button" class="small" onClick=${onClose}>Close</button>
    </header>
    <dl>
      ${Object.entries(rows)
        .filter(([, value]) => value !== undefined && value !== null)
        .map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}
    </dl>
  </section>`;
}
