// The workspace as a tree, its changes, and a viewer for files.
import { html, useCallback, useEffect, useRef, useState } from "../vendor/htm/preact.js";
import { Diff, Empty, Failure, sizeOf, Tabs, useAsking } from "./parts.js";

const PAGE = 200;
const MOST_LINES = 5000;
const READ_EVERY_MS = 1500; // so the page refreshes at most 40 folders and files per minute
const MARKS = { created: "A", modified: "M", deleted: "D" };
const VIEWS = { content: "Content", changes: "Changes" };

export function Panel({ following, connection, isConnected }) {
  const [chosen, setChosen] = useState(null);
  const [isEmpty, setIsEmpty] = useState(true); // then there is no tree to walk through
  const { changes, session, filesVersion } = following.value;
  const deleted = [...changes.values()].filter((change) => change.status === "deleted");
  useEffect(() => setChosen(null), [session.id]);
  useEffect(() => {
    const last = [...changes.values()].filter((change) => change.status !== "deleted").at(-1);
    if (!chosen && last) setChosen(last.path);
  }, [filesVersion]);
  const readers = useRef(0); // open folders and files, which are read again when something changes
  const version = usePaced(filesVersion, () => readers.current * READ_EVERY_MS);
  const around = {
    connection,
    sessionId: session.id,
    version,
    readers,
    changes,
    chosen,
    onChoose: setChosen,
  };
  return html`<section class="panel files" aria-label="Files">
    <div
      class="tree"
      role=${isEmpty ? undefined : "tree"}
      aria-label=${isEmpty ? undefined : "Workspace"}
      onKeyDown=${walk}
    >
      ${
        isConnected &&
        html`<${Folder} key=${session.id} path="/" level=${1} onEmpty=${setIsEmpty} ...${around} />`
      }
      ${deleted.map(
        ({ path }) => html`<div key=${path} class="leaf gone"><span class="mark D">D</span> ${path}</div>`,
      )}
    </div>
    ${
      chosen &&
      html`<${Viewer}
        key=${chosen}
        path=${chosen}
        change=${changes.get(chosen)}
        version=${version}
        readers=${readers}
        connection=${connection}
        sessionId=${session.id}
      />`
    }
  </section>`;
}

/** A value that changes at most once per interval: at once after a pause, and last to the latest value. */
function usePaced(value, intervalOf) {
  const [shown, setShown] = useState(value);
  const changedAt = useRef(0);
  useEffect(() => {
    const show = () => {
      changedAt.current = Date.now();
      setShown(value);
    };
    const timer = setTimeout(show, Math.max(0, changedAt.current + intervalOf() - Date.now()));
    return () => clearTimeout(timer);
  }, [value]);
  return shown;
}

function useReader(readers) {
  useEffect(() => {
    readers.current += 1;
    return () => {
      readers.current -= 1;
    };
  }, [readers]);
}

/** Arrow keys in a tree (WAI-ARIA, "Tree View"). */
function walk(event) {
  const items = [...event.currentTarget.querySelectorAll("[role=treeitem]")];
  const at = items.indexOf(document.activeElement);
  const item = items[at];
  const isOpen = item?.getAttribute("aria-expanded");
  const moves = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 };
  if (event.key in moves) items[Math.min(items.length - 1, Math.max(0, moves[event.key]))]?.focus();
  else if (
    (event.key === "ArrowRight" && isOpen === "false") ||
    (event.key === "ArrowLeft" && isOpen === "true")
  )
    item.click();
  else return;
  event.preventDefault();
}

function Folder({ path, level, onEmpty, ...around }) {
  const { connection, sessionId, version, readers } = around;
  useReader(readers);
  const [listing, setListing] = useState(null);
  const [ask, { isBusy, failure }] = useAsking();
  const length = useRef(0);
  const load = useCallback(
    (offset, limit) =>
      ask(async () => {
        const page = await connection.call("file.list", { sessionId, path, limit, offset });
        setListing((before) => ({
          directories: [...(offset ? before.directories : []), ...page.directories],
          files: [...(offset ? before.files : []), ...page.files],
          hasMore: page.hasMore,
        }));
      }),
    [connection, sessionId, path],
  );
  useEffect(() => {
    const soon = setTimeout(() => load(0, Math.max(PAGE, length.current)), 100);
    return () => clearTimeout(soon);
  }, [version, load]);
  useEffect(() => onEmpty?.(!length.current), [listing]);
  length.current = listing ? listing.directories.length + listing.files.length : 0;
  if (failure)
    return failure.code === "RESOURCE_NOT_FOUND"
      ? null
      : html`<${Failure} of=${failure} again=${() => load(0, PAGE)} />`;
  if (listing && level === 1 && !length.current)
    return html`<${Empty} title="The workspace is empty">
      Files appear here when the agent or a command creates them.
    <//>`;
  return html`
    ${(listing?.directories ?? []).map(
      (entry) => html`<${Directory} key=${entry.path} entry=${entry} level=${level} ...${around} />`,
    )}
    ${(listing?.files ?? []).map(
      (entry) => html`<${Leaf} key=${entry.path} entry=${entry} level=${level} ...${around} />`,
    )}
    ${
      listing?.hasMore &&
      html`<button type="button" disabled=${isBusy} onClick=${() => load(length.current, PAGE)}>
        Show more
      </button>`
    }
  `;
}

function Directory({ entry, level, ...around }) {
  const [wanted, setWanted] = useState(null); // unless a person chooses otherwise, changes are shown
  const isOpen = wanted ?? [...around.changes.keys()].some((path) => path.startsWith(`${entry.path}/`));
  const toggle = () => setWanted(!isOpen);
  return html`
    <div
      class="leaf level-${Math.min(level, 9)}"
      role="treeitem"
      tabindex="0"
      aria-level=${level}
      aria-expanded=${isOpen}
      onClick=${toggle}
      onKeyDown=${(event) => event.key === "Enter" && toggle()}
    >
      <span class="fold" aria-hidden="true">${isOpen ? "▾" : "▸"}</span> ${entry.name}/
    </div>
    ${isOpen && html`<${Folder} path=${entry.path} level=${level + 1} ...${around} />`}
  `;
}

function Leaf({ entry, level, changes, chosen, onChoose }) {
  const change = changes.get(entry.path);
  const choose = () => onChoose(entry.path);
  return html`<div
    class="leaf level-${Math.min(level, 9)}"
    role="treeitem"
    tabindex="0"
    aria-level=${level}
    aria-selected=${chosen === entry.path}
    onClick=${choose}
    onKeyDown=${(event) => event.key === "Enter" && choose()}
  >
    <span class="name">${entry.name}</span>
    ${change && html`<${Mark} of=${change} />`}
    <span class="size quiet small">${sizeOf(entry.size)}</span>
  </div>`;
}

/** How many lines of a file were added and removed, and its status. */
function Mark({ of: { added, removed, status } }) {
  return html`
    <span class="small">
      ${added > 0 && html`<span class="plus">+${added}</span> `}
      ${removed > 0 && html`<span class="minus">−${removed}</span> `}
    </span>
    <span class="mark ${MARKS[status]}" title=${status}>${MARKS[status]}</span>
  `;
}

function Viewer({ path, change, version, readers, connection, sessionId }) {
  useReader(readers);
  const hasDiffs = Boolean(change?.diffs.length);
  const [wanted, setWanted] = useState(null);
  const view = wanted ?? (hasDiffs ? "changes" : "content");
  const [file, setFile] = useState(null);
  const [ask, { failure }] = useAsking();
  const load = () => ask(async () => setFile(await connection.call("file.read", { sessionId, path })));
  useEffect(() => void load(), [path, version]);
  return html`<div class="viewer">
    <header>
      <code>${path}</code>
      <${Tabs} label="View" chosen=${view} onChoose=${setWanted} tabs=${VIEWS} />
    </header>
    <${Failure} of=${failure} again=${load} />
    ${view === "content" && file && html`<${Content} file=${file} />`}
    ${
      view === "changes" &&
      (hasDiffs
        ? change.diffs.map(
            ({ seq, diff }) =>
              html`<div key=${seq}><p class="quiet small">event ${seq}</p><${Diff} text=${diff} /></div>`,
          )
        : html`<${Empty} title="No changes to show">${whyNoDiffs(change)}<//>`)
    }
  </div>`;
}

const whyNoDiffs = (change) =>
  change?.status === "created"
    ? "The file is new, so all of it was added."
    : "It has not changed since this page started following the session.";

function Content({ file }) {
  if (file.encoding === "base64")
    return html`<${Empty} title="Not a text file">${sizeOf(file.size)} of binary content.<//>`;
  const lines = file.content.replace(/\n$/, "").split("\n");
  const shown = lines.slice(0, MOST_LINES).map((line) => html`<span>${line}\n</span>`);
  const more = lines.length - shown.length;
  return html`
    <pre class="lines" tabindex="0">${shown}</pre>
    ${more > 0 && html`<p class="quiet small">… and ${more} more lines.</p>`}
  `;
}
