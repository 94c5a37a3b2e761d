// The files of a session: the tree, what can be done with it, and the editor.
import { html, useEffect, useRef, useState } from "../../vendor/htm/preact.js";
import { Empty, Failure, useAsking } from "../parts.js";
import { useStore } from "../store.js";
import { Deletion, Naming, NewEntry } from "./actions.js";
import { Clone } from "./clone.js";
import { moved, placeOf, unsaved, unsavedPaths } from "./documents.js";
import { Editor } from "./editor.js";
import { Icon } from "./icons.js";
import { placeOf as addressOf, rawOf, save } from "./requests.js";
import { isFolder, placeFor, Tree, usePaced } from "./tree.js";
import { droppedFiles, Uploads, useUploads } from "./uploads.js";

const READ_EVERY_MS = 1500; // so the page refreshes at most 40 folders and files per minute
const SETTLED_MS = 400; // until the tree shows what has been changed
const ARCHIVES = { zip: "Download all as zip", "tar.gz": "Download all as tar.gz" };

export function Panel({ following, connection, isConnected, caller, may, target }) {
  const { changes, session, filesVersion } = following.value;
  const place = placeOf(caller, session.id);
  useStore(unsaved);
  const drafts = unsavedPaths(place);
  const [chosen, setChosen] = useState(null); // the entry that the buttons are about
  const [opened, setOpened] = useState(null); // the path in the editor
  const [line, setLine] = useState(null);
  const [isEmpty, setIsEmpty] = useState(false);
  const [showsHidden, setShowsHidden] = useState(false);
  const [dialog, setDialogOf] = useState({}); // what is asked, and about which entry
  const [isDropping, setIsDropping] = useState(false);
  const [again, setAgain] = useState(0);
  const [ask, { failure }] = useAsking();
  const tree = useRef(null);
  const saver = useRef(null);
  const readers = useRef(0); // open folders, which are read again when something changes
  const version = usePaced(filesVersion, () => (1 + readers.current) * READ_EVERY_MS);
  const uploads = useUploads(session.id);
  const mayWrite = may("file:write");
  const setDialog = (kind) => setDialogOf({ kind, entry: chosen });
  const open = (path, wanted = null) => {
    setOpened(path);
    setLine(wanted && { number: wanted });
  };
  useEffect(() => {
    if (target?.path) open(target.path, target.line);
  }, [target]);

  const closed = () => {
    setDialogOf({});
    setAgain(again + 1);
  };
  const focusOn = (path) =>
    setTimeout(() => tree.current?.querySelector(`[data-path=${CSS.escape(path)}]`)?.focus(), SETTLED_MS);
  const focusOnFirst = () =>
    document.activeElement === document.body && tree.current?.querySelector("[role=treeitem]")?.focus();
  const renamed = (from, to) => {
    moved(place, from, to);
    if (opened === from || opened?.startsWith(`${from}/`)) setOpened(to + opened.slice(from.length));
    focusOn(to);
  };
  const deleted = (path) => {
    if (opened === path || opened?.startsWith(`${path}/`)) setOpened(null);
    setChosen(null);
    setTimeout(() => tree.current?.querySelector("[role=treeitem]")?.focus());
  };
  const made = (path, isFile) => {
    if (isFile) open(path);
    else focusOn(path);
  };
  const keys = (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "s" && opened) {
      event.preventDefault();
      return saver.current();
    }
    if (!chosen || !mayWrite || event.target.getAttribute("role") !== "treeitem") return;
    if (event.key === "F2") setDialog("rename");
    else if (event.key === "Delete") setDialog("delete");
  };
  const picked = (event) => {
    uploads.add(
      placeFor(chosen),
      [...event.currentTarget.files].map((file) => [file.name, file]),
    );
    event.currentTarget.value = "";
  };
  const dropped = async (event) => {
    setIsDropping(false);
    if (!mayWrite || !event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    const over = event.target.closest("[data-path][aria-expanded]")?.dataset.path;
    uploads.add(over ?? "/", await droppedFiles(event.dataTransfer));
  };
  const download = () => ask(() => save(rawOf(session.id, chosen.path)));
  const downloadAll = (format) => ask(() => save(addressOf(session.id, "archive", { format })));
  const about = { sessionId: session.id, connection, onClose: closed };
  const asked = { ...about, entry: dialog.entry };
  return html`<section
    class="panel files"
    aria-label="Files"
    ref=${tree}
    onKeyDown=${keys}
    data-dropping=${isDropping}
    onDragOver=${(event) => {
      if (!mayWrite || !event.dataTransfer.types.includes("Files")) return;
      event.preventDefault();
      setIsDropping(true);
    }}
    onDragLeave=${(event) => event.currentTarget.contains(event.relatedTarget) || setIsDropping(false)}
    onDrop=${dropped}
  >
    <div class="explorer">
      <${Bar}
        ...${{ mayWrite, chosen, setDialog, picked, download, downloadAll, showsHidden, setShowsHidden }}
      />
      <${Failure} of=${failure} />
      <${Uploads} of=${uploads} />
      ${
        drafts.length > 0 &&
        html`<p class="drafts small">
          Not saved:${" "}
          ${drafts.map(
            (path) => html`<button type="button" key=${path} class="plain" onClick=${() => open(path)}>
              ${path.slice(1)}
            </button>`,
          )}
        </p>`
      }
      ${isEmpty && html`<${NothingYet} mayWrite=${mayWrite} setDialog=${setDialog} picked=${picked} />`}
      <${Tree}
        key=${session.id}
        ...${{ isConnected, connection, changes, chosen, opened, readers, showsHidden, isEmpty }}
        sessionId=${session.id}
        version=${`${version}/${again}`}
        unsaved=${drafts}
        onEmpty=${setIsEmpty}
        onChoose=${setChosen}
        onActivate=${({ path }) => open(path)}
      />
    </div>
    ${
      opened &&
      html`<${Editor}
        key=${opened}
        ...${{ place, line, saver, connection, isConnected, may }}
        path=${opened}
        sessionId=${session.id}
        version=${`${version}/${again}`}
        onClose=${() => {
          focusOn(opened);
          setOpened(null);
        }}
      />`
    }
    ${
      (dialog.kind === "file" || dialog.kind === "folder") &&
      html`<${NewEntry} ...${about} kind=${dialog.kind} folder=${placeFor(dialog.entry)} onMade=${made} />`
    }
    ${dialog.kind === "rename" && html`<${Naming} ...${asked} onRenamed=${renamed} />`}
    ${dialog.kind === "delete" && html`<${Deletion} ...${asked} onDeleted=${deleted} />`}
    ${
      dialog.kind === "clone" &&
      html`<${Clone}
        ...${{ ...about, session, following, may, isEmpty }}
        onClose=${() => {
          closed();
          setTimeout(focusOnFirst, SETTLED_MS);
        }}
      />`
    }
  </section>`;
}

function Tool({ icon, words, ...rest }) {
  return html`<button type="button" class="icon" aria-label=${words} title=${words} ...${rest}>
    <${Icon} of=${icon} />
  </button>`;
}

function Bar({ mayWrite, chosen, setDialog, picked, download, downloadAll, showsHidden, setShowsHidden }) {
  const menu = useRef(null);
  const input = useRef(null);
  const doing = (work) => () => {
    menu.current.open = false;
    menu.current.querySelector("summary").focus();
    work();
  };
  const leave = (event) => event.key === "Escape" && doing(() => {})();
  useEffect(() => {
    const elsewhere = ({ target }) => {
      if (!menu.current.contains(target)) menu.current.open = false;
    };
    addEventListener("pointerdown", elsewhere);
    return () => removeEventListener("pointerdown", elsewhere);
  }, []);
  return html`<div class="bar" role="toolbar" aria-label="Files">
    ${
      mayWrite &&
      html`<${Tool} icon="newFile" words="New file" onClick=${() => setDialog("file")} />
        <${Tool} icon="newFolder" words="New folder" onClick=${() => setDialog("folder")} />
        <${Tool} icon="upload" words="Upload files" onClick=${() => input.current.click()} />
        <input
          ref=${input}
          type="file"
          multiple
          hidden
          aria-label="Files to upload"
          onChange=${picked}
        />
        <span class="gap"></span>
        <${Tool} icon="rename" words="Rename" disabled=${!chosen} onClick=${() => setDialog("rename")} />
        <${Tool} icon="delete" words="Delete" disabled=${!chosen} onClick=${() => setDialog("delete")} />`
    }
    <${Tool} icon="download" words="Download" disabled=${!chosen || isFolder(chosen)} onClick=${download} />
    <details class="menu" ref=${menu} onKeyDown=${leave}>
      <summary class="icon" aria-label="More" title="More"><${Icon} of="more" /></summary>
      <div>
        ${
          mayWrite &&
          html`<button type="button" onClick=${doing(() => setDialog("clone"))}>
            Clone a repository …
          </button>`
        }
        ${Object.entries(ARCHIVES).map(
          ([format, words]) => html`<button
            type="button"
            key=${format}
            onClick=${doing(() => downloadAll(format))}
          >
            ${words}
          </button>`,
        )}
        <button
          type="button"
          aria-pressed=${showsHidden}
          onClick=${doing(() => setShowsHidden(!showsHidden))}
        >
          ${showsHidden ? "Leave out hidden files" : "Show hidden files"}
        </button>
      </div>
    </details>
  </div>`;
}

function NothingYet({ mayWrite, setDialog, picked }) {
  const input = useRef(null);
  return html`<${Empty} title="The workspace is empty">
      ${
        mayWrite
          ? "Bring your project here, or let the agent begin from nothing."
          : "Files appear here when the agent or a command creates them."
      }
    <//>
    ${
      mayWrite &&
      html`<div class="begin">
        <button type="button" class="primary" onClick=${() => setDialog("clone")}>Clone a repository</button>
        <button type="button" onClick=${() => input.current.click()}>Upload</button>
        <button type="button" onClick=${() => setDialog("file")}>Write a file</button>
        <input ref=${input} type="file" multiple hidden aria-label="Files to upload" onChange=${picked} />
      </div>`
    }`;
}
