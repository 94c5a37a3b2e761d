// Dialogs that make, rename and delete files and folders.
import { html } from "../../vendor/htm/preact.js";
import { Confirm, Dialog, Field, Form } from "../forms.js";
import { isFolder } from "./tree.js";

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
  const recursive = isFolder(entry);
  const remove = async () => {
    await connection.call("file.delete", { sessionId, path: entry.path, recursive });
    onDeleted(entry.path);
  };
  return html`<${Confirm}
    title=${`Delete ${entry.name}?`}
    word="Delete"
    onConfirmed=${remove}
    onClose=${onClose}
  >
    ${recursive ? "The folder and everything in it" : "The file"} <code>${entry.path.slice(1)}</code> is
    deleted from the workspace. Only a checkpoint brings it back.
  <//>`;
}
