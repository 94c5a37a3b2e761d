// The workspace as a tree, page by page, with what has changed since the page follows the session.
import { html, useCallback, useEffect, useRef, useState } from "../../vendor/htm/preact.js";
import { Failure, sizeOf, useAsking } from "../parts.js";
import { Icon } from "./icons.js";

const PAGE = 200;
const DEEPEST = 9; // levels that are indented
const MARKS = { created: "A", modified: "M", deleted: "D" };

export const isFolder = (entry) => entry?.type === "directory";

export const folderOf = (path) => path.slice(0, path.lastIndexOf("/")) || "/";

/** The folder that something new belongs to: the chosen one, or that of the chosen file. */
export const placeFor = (entry) => (entry ? (isFolder(entry) ? entry.path : folderOf(entry.path)) : "/");

export const joined = (folder, name) => `${folder === "/" ? "" : folder}/${name}`;

/**
 * `onActivate(entry)` is called for a file that is chosen, `onEmpty` with whether there is nothing at all.
 */
export function Tree({ isConnected, onEmpty, isEmpty, children, ...around }) {
  const deleted = [...around.changes.values()].filter((change) => change.status === "deleted");
  return html`<div
    class="tree"
    role=${isEmpty ? undefined : "tree"}
    aria-label=${isEmpty ? undefined : "Workspace"}
    onKeyDown=${walk}
  >
    ${isConnected && html`<${Folder} path="/" level=${1} onEmpty=${onEmpty} ...${around} />`}
    ${deleted.map(
      ({ path }) => html`<div
        key=${path}
        class="leaf gone"
        role=${isEmpty ? undefined : "treeitem"}
        aria-disabled="true"
      >
        <span class="mark D" title="deleted">D</span> <span class="name">${path.slice(1)}</span>
      </div>`,
    )}
  </div>`;
}

/** Arrow keys in a tree (WAI-ARIA, "Tree View"). */
function walk(event) {
  const items = [...event.currentTarget.querySelectorAll("[role=treeitem]:not([aria-disabled])")];
  const at = items.indexOf(document.activeElement);
  const item = items[at];
  const isOpen = item?.getAttribute("aria-expanded");
  const moves = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 };
  const isToggled =
    (event.key === "ArrowRight" && isOpen === "false") || (event.key === "ArrowLeft" && isOpen === "true");
  if (event.key in moves) items[Math.min(items.length - 1, Math.max(0, moves[event.key]))]?.focus();
  else if (isToggled || event.key === "Enter" || event.key === " ") item?.click();
  else return;
  event.preventDefault();
}

function Folder({ path, level, onEmpty, ...around }) {
  const { connection, sessionId, version, readers, showsHidden } = around;
  useEffect(() => {
    readers.current += 1;
    return () => {
      readers.current -= 1;
    };
  }, [readers]);
  const [listing, setListing] = useState(null);
  const [ask, { isBusy, failure }] = useAsking();
  const length = useRef(0);
  const load = useCallback(
    (offset, limit) =>
      ask(async () => {
        const asked = { sessionId, path, limit, offset, includeHidden: showsHidden };
        const page = await connection.call("file.list", asked);
        setListing((before) => ({
          directories: [...(offset ? before.directories : []), ...page.directories],
          files: [...(offset ? before.files : []), ...page.files],
          hasMore: page.hasMore,
        }));
      }),
    [connection, sessionId, path, showsHidden],
  );
  useEffect(() => {
    const soon = setTimeout(() => load(0, Math.max(PAGE, length.current)), 100);
    return () => clearTimeout(soon);
  }, [version, load]);
  length.current = listing ? listing.directories.length + listing.files.length : 0;
  useEffect(() => void (listing && onEmpty?.(!length.current)), [listing]);
  if (failure)
    return failure.code === "RESOURCE_NOT_FOUND"
      ? null
      : html`<${Failure} of=${failure} again=${() => load(0, PAGE)} />`;
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
  const { changes, chosen, onChoose } = around;
  const [wanted, setWanted] = useState(null); // unless a person chooses otherwise, changes are shown
  const hasChanges = [...changes.keys()].some((path) => path.startsWith(`${entry.path}/`));
  const isOpen = wanted ?? hasChanges;
  const toggle = () => {
    onChoose(entry);
    setWanted(!isOpen);
  };
  return html`
    <div
      class="leaf level-${Math.min(level, DEEPEST)}"
      role="treeitem"
      tabindex="0"
      data-path=${entry.path}
      aria-level=${level}
      aria-expanded=${isOpen}
      aria-selected=${chosen?.path === entry.path}
      aria-label=${entry.name}
      onClick=${toggle}
      onFocus=${() => onChoose(entry)}
    >
      <span class="fold" aria-hidden="true">${isOpen ? "▾" : "▸"}</span>
      <${Icon} of="folder" />
      <span class="name">${entry.name}</span>
      ${hasChanges && !isOpen && html`<span class="mark M" title="has changes">●</span>`}
    </div>
    ${isOpen && html`<${Folder} path=${entry.path} level=${level + 1} ...${around} />`}
  `;
}

function Leaf({ entry, level, changes, unsaved, chosen, opened, onChoose, onActivate }) {
  const change = changes.get(entry.path);
  const isUnsaved = unsaved.includes(entry.path);
  const label = [entry.name, isUnsaved && "not saved", change?.status].filter(Boolean).join(", ");
  return html`<div
    class="leaf level-${Math.min(level, DEEPEST)} ${opened === entry.path ? "opened-file" : ""}"
    role="treeitem"
    tabindex="0"
    data-path=${entry.path}
    aria-level=${level}
    aria-selected=${chosen?.path === entry.path}
    aria-label=${label}
    onClick=${() => {
      onChoose(entry);
      onActivate(entry);
    }}
    onFocus=${() => onChoose(entry)}
  >
    <span class="fold" aria-hidden="true"></span>
    <${Icon} of="file" />
    <span class="name">${entry.name}</span>
    ${isUnsaved && html`<span class="mark M" title="Not saved">●</span>`}
    ${change && html`<${Mark} of=${change} />`}
    <span class="size quiet small">${sizeOf(entry.size)}</span>
  </div>`;
}

/** How many lines of a file were added and removed, and its status. */
function Mark({ of: { added, removed, status } }) {
  return html`
    <span class="small counts">
      ${added > 0 && html`<span class="plus">+${added}</span> `}
      ${removed > 0 && html`<span class="minus">−${removed}</span> `}
    </span>
    <span class="mark ${MARKS[status]}" title=${status}>${MARKS[status]}</span>
  `;
}

/** A value that changes at most once per interval: at once after a pause, and last to the latest value. */
export function usePaced(value, intervalOf) {
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
