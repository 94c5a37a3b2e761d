// A file in the editor: saved with a key or a button, and never over a version that nobody has looked at.
import { html, useEffect, useLayoutEffect, useRef, useState } from "../../vendor/htm/preact.js";
import { Confirm } from "../forms.js";
import { Empty, Failure, sizeOf, timeOf, useAsking } from "../parts.js";
import { useStore } from "../store.js";
import { comparing } from "./code.js";
import { documentOf } from "./documents.js";
import { Icon } from "./icons.js";
import { rawOf, save } from "./requests.js";

const KEYS = "Ctrl+S saves · Tab indents; Esc, then Tab leaves";

/** `saver` is given what saves the file, for keys that are pressed elsewhere. */
export function Editor({
  place,
  path,
  line,
  version,
  saver,
  connection,
  isConnected,
  sessionId,
  may,
  onClose,
}) {
  const document = documentOf(place, sessionId, path, connection);
  const { kind, file, isDirty, isSaving, theirs, savedAt } = useStore(document);
  const [ask, { failure }] = useAsking();
  const [isComparing, setIsComparing] = useState(false);
  const [isDiscarding, setIsDiscarding] = useState(false);
  const isReadOnly = !may("file:write");
  useEffect(() => void (isConnected && ask(() => document.read())), [document, version, isConnected]);
  const saved = () => ask(async () => setIsComparing(!(await document.save())));
  saver.current = document.onSave = () => {
    if (!isReadOnly && !isComparing) saved();
  };
  useEffect(() => void (theirs || setIsComparing(false)), [theirs]);
  const name = path.split("/").at(-1);
  const said = wordsOf({ isDirty, isSaving, savedAt, file, isReadOnly });
  const again = failure?.code === "NO_ANSWER" ? () => ask(() => document.read()) : null;
  return html`<section class="editor" aria-label="Editor">
    <header>
      <code class="path" title=${path}>${path.slice(1)}</code>
      <span class="quiet small" role="status">${said}</span>
      ${
        kind === "text" &&
        !isReadOnly &&
        !isComparing &&
        html`<button
          type="button"
          class="primary small"
          aria-disabled=${!isDirty || isSaving || !isConnected}
          title="Save (Ctrl+S)"
          onClick=${() => isDirty && saved()}
        >
          Save
        </button>`
      }
      ${
        isDirty &&
        html`<button type="button" class="small" onClick=${() => setIsDiscarding(true)}>Discard</button>`
      }
      ${
        kind !== "gone" &&
        html`<button
          type="button"
          class="icon"
          aria-label=${`Download ${name}`}
          title="Download"
          onClick=${() => ask(() => save(rawOf(sessionId, path)))}
        >
          <${Icon} of="download" />
        </button>`
      }
      <button type="button" class="icon" aria-label="Close the file" title="Close" onClick=${onClose}>
        <${Icon} of="close" />
      </button>
    </header>
    <${Failure} of=${failure} again=${again} />
    ${
      theirs &&
      !isComparing &&
      html`<div class="notice bad changed" role="alert">
        <span>
          The file ${theirs.etag ? "has changed" : "was deleted"} on the server since you began to write.
        </span>
        <button type="button" class="small" onClick=${() => setIsComparing(true)}>Compare</button>
      </div>`
    }
    ${
      isComparing && theirs
        ? html`<${Conflict}
            document=${document}
            theirs=${theirs}
            ask=${ask}
            onLater=${() => setIsComparing(false)}
          />`
        : html`<${Content} ...${{ document, kind, file, line, isReadOnly }} />`
    }
    ${
      isDiscarding &&
      html`<${Confirm}
        title="Discard your changes?"
        word="Discard changes"
        onConfirmed=${() => document.discard()}
        onClose=${() => setIsDiscarding(false)}
      >
        What you have written in <code>${name}</code> since it was saved is lost.
      <//>`
    }
  </section>`;
}

function wordsOf({ isDirty, isSaving, savedAt, file, isReadOnly }) {
  if (isSaving) return "Saving …";
  if (isDirty) return "Not saved";
  if (savedAt) return `Saved ${timeOf(savedAt)}`;
  if (isReadOnly && file) return "Read only";
  return file ? sizeOf(file.size) : "";
}

function Content({ document, kind, file, line, isReadOnly }) {
  if (kind === null) return html`<p class="quiet small loading" role="status">Loading …</p>`;
  if (kind === "text") return html`<${Text} key=${document.path} ...${{ document, line, isReadOnly }} />`;
  if (kind === "image")
    return html`<div class="image">
      <img src=${`data:${typeOf(document.path)};base64,${file.content}`} alt=${document.path} />
    </div>`;
  if (kind === "binary")
    return html`<${Empty} title="Not a text file">
      It has ${sizeOf(file.size)} of binary content. Download it to look at it.
    <//>`;
  if (kind === "large")
    return html`<${Empty} title="Too large for the editor">Download it to look at it.<//>`;
  return html`<${Empty} title="The file is gone">It was deleted or moved.<//>`;
}

const typeOf = (path) => {
  const end = path.split(".").at(-1).toLowerCase();
  return `image/${{ jpg: "jpeg", ico: "x-icon" }[end] ?? end}`;
};

function Text({ document, line, isReadOnly }) {
  const place = useRef(null);
  useLayoutEffect(() => document.attach(place.current, { isReadOnly }), [document, isReadOnly]);
  useEffect(() => void (line && document.goTo(line.number)), [document, line]);
  return html`<div class="code-area" ref=${place}></div>
    ${!isReadOnly && html`<p class="quiet small keys">${KEYS}</p>`}`;
}

/** Both versions beside each other, until somebody has chosen. */
function Conflict({ document, theirs, ask, onLater }) {
  const place = useRef(null);
  const merge = useRef(null);
  useLayoutEffect(() => {
    merge.current = comparing(document.cm, place.current, {
      path: document.path,
      theirs: theirs.content ?? "",
      mine: merge.current?.b.state.sliceDoc() ?? document.text,
    });
    merge.current.b.focus();
    return () => merge.current.destroy();
  }, [theirs.etag]);
  const mine = () => ask(() => document.save(merge.current.b.state.sliceDoc(), theirs.etag));
  const other = () => ask(() => document.discard());
  return html`<div class="conflict">
    <p class="small">
      <strong>${theirs.etag ? "Changed" : "Deleted"} on the server, and changed here.</strong>
      ${" "}The arrows take a part of the server's version (left) into yours (right), which you can also edit.
    </p>
    <div class="versions small" aria-hidden="true"><span>On the server</span><span>Yours</span></div>
    <div class="code-area" ref=${place}></div>
    <footer>
      <button type="button" class="small" onClick=${onLater}>Decide later</button>
      <button type="button" class="small danger" onClick=${other}>
        ${theirs.etag ? "Take the server's version" : "Let it be deleted"}
      </button>
      <button type="button" class="primary small" onClick=${mine}>Save the right side</button>
    </footer>
  </div>`;
}
