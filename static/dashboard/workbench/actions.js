// Dialogs that make, rename and delete files and folders.
import { html, useState } from "../../vendor/htm/preact.js";
import { Confirm, Dialog, Field, Form } from "../forms.js";
import { isFolder } from "./tree.js";

const MOST_ENTRIES = 1000; // of a folder that is deleted here
const TAKEN = { RESOURCE_CONFLICT: "path" };

/** A path as it is typed: relative to the workspace, or absolute in it. */
const pathOf = (text) => (text.startsWith("/") ? text : `/${text}`);

const shown = (folder) => (folder === "/" ? "" : `${folder.slice(1)}/`);

export function NewEntry({ kind, folder, sessionId, connection, onMade, onClose }) {
  const isFile = kind === "file";
  const make = async (given, close) => {
    const path = pathOf(given.get("path"));
    if (isFile) await connection.call("file.create", { sessionId, path, content: "" });
    else await connection.call("file.mkdir", { sessionId, path });
    close();
    onMade(path, isFile);
  };
  return html`<${PathDialog}
    title=${isFile ? "New file" : "New folder"}
    word=${isFile ? "Create file" : "Create folder"}
    label="Path"
    path=${shown(folder)}
    hint="Folders that there are not yet are made, too."
    onSend=${make}
    onClose=${onClose}
  />`;
}

export function Naming({ entry, sessionId, connection, onRenamed, onClose }) {
  const rename = async (given, close) => {
    const to = pathOf(given.get("path"));
    if (to !== entry.path) {
      await connection.call("file.rename", { sessionId, path: entry.path, to });
      onRenamed(entry.path, to);
    }
    close();
  };
  return html`<${PathDialog}
    title=${`Rename ${entry.name}`}
    word="Rename"
    label="New path"
    path=${entry.path.slice(1)}
    hint="With another folder in it, it is moved."
    onSend=${rename}
    onClose=${onClose}
  />`;
}

/** Asks for one path, and shows beside it what is wrong with it. */
function PathDialog({ title, word, label, path, hint, onSend, onClose }) {
  return html`<${Dialog} title=${title} onClose=${onClose}>
    ${(close) => html`<${Form}
      word=${word}
      places=${TAKEN}
      onCancel=${close}
      onSend=${(given) => onSend(given, close)}
    >
      <${Field}
        label=${label}
        name="path"
        required
        autofocus
        class="mono"
        autocomplete="off"
        spellcheck="false"
        defaultValue=${path}
        hint=${hint}
      />
    <//>`}
  <//>`;
}

export function Deletion({ entry, sessionId, connection, onDeleted, onClose }) {
  const [done, setDone] = useState(0);
  const remove = async () => {
    const ask = (path) => connection.call("file.delete", { sessionId, path });
    if (isFolder(entry)) await emptied(connection, sessionId, entry.path, ask, setDone);
    await ask(entry.path);
    onDeleted(entry.path);
  };
  return html`<${Confirm}
    title=${`Delete ${entry.name}?`}
    word="Delete"
    onConfirmed=${remove}
    onClose=${onClose}
  >
    ${isFolder(entry) ? "The folder and everything in it" : "The file"} <code>${entry.path.slice(1)}</code> is
    deleted from the workspace. Only a checkpoint brings it back.
    ${done > 0 && html` <span role="status">${done} deleted …</span>`}
  <//>`;
}

/** Delete what is in a folder, the deepest first. */
async function emptied(connection, sessionId, path, ask, onProgress) {
  const asked = { sessionId, path, recursive: true, includeHidden: true, limit: MOST_ENTRIES };
  const { files, directories, hasMore } = await connection.call("file.list", asked);
  if (hasMore)
    throw new Error(`The folder has more than ${MOST_ENTRIES} entries: delete it with a command, rm -r.`);
  const deepest = directories.map((one) => one.path).sort((one, other) => other.length - one.length);
  let done = 0;
  for (const each of [...files.map((one) => one.path), ...deepest]) {
    await ask(each);
    done += 1;
    onProgress(done);
  }
}
