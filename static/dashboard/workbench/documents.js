// The files that are open in the editor. What is not saved stays here when another file, panel or session is
// opened, and the browser asks before the page goes.
import { Store } from "../store.js";
import { codeMirror, editing, replaced } from "./code.js";
import { store } from "./requests.js";

const IMAGE = /\.(png|jpe?g|gif|webp|avif|bmp|ico)$/i;
const GONE = new Set(["RESOURCE_NOT_FOUND"]);

const open = new Map(); // by person, session and path: what is shown or not saved

/** Changes whenever a document begins or ceases to be unsaved. */
export const unsaved = new Store({ version: 0 });

const told = () => unsaved.set({ version: unsaved.value.version + 1 });

addEventListener("beforeunload", (event) => unsavedIn("").length && event.preventDefault());

const unsavedIn = (prefix) => [...open].filter(([key, { value }]) => value.isDirty && key.startsWith(prefix));

/** Where a person's documents of a session are. */
export const placeOf = (caller, sessionId) => `${caller.user.id}/${sessionId}`;

/** The paths of a session's files that are not saved. */
export const unsavedPaths = (place) => unsavedIn(`${place}/`).map(([, { path }]) => path);

/** The document of a file: the one that was left unsaved, or a new one. */
export function documentOf(place, sessionId, path, connection) {
  const key = place + path;
  if (!open.has(key)) open.set(key, new Document(place, sessionId, path));
  const found = open.get(key);
  found.connection = connection;
  return found;
}

/** A file, or a folder with what is in it, has another path now. */
export function moved(place, from, to) {
  for (const [key, found] of [...open]) {
    const isIn = found.path === from || found.path.startsWith(`${from}/`);
    if (!key.startsWith(`${place}/`) || !isIn) continue;
    open.delete(key);
    found.path = to + found.path.slice(from.length);
    open.set(place + found.path, found);
  }
  told();
}

/**
 * A file in the editor. `kind`: null (not read yet), text, image, binary, large or gone. With `theirs` it was
 * changed both here and on the server since it was read.
 */
export class Document extends Store {
  #place;
  #base = ""; // the text of the version that has been edited
  #etag = null;
  #state = null; // the editor's, with its history
  #view = null;

  constructor(place, sessionId, path) {
    super({ kind: null, file: null, isDirty: false, isSaving: false, theirs: null, savedAt: null });
    this.#place = place;
    this.sessionId = sessionId;
    this.path = path;
    this.connection = null;
    this.cm = null;
  }

  /** Read the file, for the first time or again: an editor without changes follows it. */
  async read() {
    const before = this.#etag;
    const found = await this.#found();
    if (this.value.isSaving || this.#etag !== before) return undefined; // what was saved is told, and read
    if (found?.encoding !== "utf-8") return this.#show(found);
    this.cm ??= await codeMirror();
    if (this.#etag === found.etag && this.value.kind === "text") return this.set({ theirs: null });
    if (this.value.isDirty) return this.set({ theirs: found });
    return this.#take(found);
  }

  async #found() {
    const { sessionId, path } = this;
    try {
      return await this.connection.call("file.read", { sessionId, path });
    } catch (refusal) {
      if (GONE.has(refusal.code)) return null;
      if (refusal.code === "PAYLOAD_TOO_LARGE") return { encoding: null };
      throw refusal;
    }
  }

  /** What is no text, or not there (any more). */
  #show(file) {
    if (this.value.isDirty) return this.set({ theirs: file ?? { content: null, etag: null } });
    this.#etag = file?.etag ?? null;
    if (!file) return this.set({ kind: "gone", file: null });
    if (!file.encoding) return this.set({ kind: "large", file: null });
    return this.set({ kind: IMAGE.test(this.path) ? "image" : "binary", file });
  }

  /** Have the editor show the version that was read. */
  #take(file) {
    this.#base = file.content;
    this.#etag = file.etag;
    if (this.#view) replaced(this.#view, file.content);
    else this.#state = null;
    this.#setDirty(false);
    this.set({ kind: "text", file: { ...file, content: null }, theirs: null });
  }

  /** Show the text in an element of the page; returns what takes it away again. */
  attach(parent, { isReadOnly }) {
    this.#state ??= editing(this.cm, {
      path: this.path,
      text: this.#base,
      isReadOnly,
      onChange: (state) => this.#changed(state),
      onSave: () => this.onSave?.(),
    });
    const view = new this.cm.EditorView({ state: this.#state, parent });
    this.#view = view;
    return () => {
      this.#state = view.state;
      this.#view = null;
      view.destroy();
      if (!this.value.isDirty) open.delete(this.#place + this.path);
    };
  }

  /** Move to a line, counted from 1. */
  goTo(line) {
    const { doc } = this.#view.state;
    const place = doc.line(Math.min(Math.max(1, line), doc.lines));
    this.#view.dispatch({
      selection: { anchor: place.from },
      effects: this.cm.EditorView.scrollIntoView(place.from, { y: "center" }),
    });
    this.#view.focus();
  }

  focus() {
    this.#view?.focus();
  }

  get text() {
    return (this.#view?.state ?? this.#state)?.sliceDoc() ?? this.#base;
  }

  #changed(state) {
    this.#setDirty(state.doc.length !== this.#base.length || state.sliceDoc() !== this.#base);
  }

  #setDirty(isDirty) {
    if (this.value.isDirty === isDirty) return;
    this.set({ isDirty });
    told();
  }

  /**
   * Save the text: that of the editor, or one that was made of both versions, `over` the server's version of
   * that tag. Returns whether it was: if the file has changed on the server, it is not, and `theirs` is set.
   */
  async save(text = this.text, over = this.#etag) {
    if (this.value.isSaving) return true;
    this.set({ isSaving: true });
    try {
      const how = over ? { ifMatch: over } : { isNew: true };
      const { file } = await store(this.sessionId, this.path, text, how);
      this.#base = text;
      this.#etag = file.etag;
      if (!this.#view && this.text !== text) this.#state = null; // the text was made beside the editor
      this.set({ theirs: null, savedAt: new Date(), kind: "text", file: { ...this.value.file, ...file } });
      this.#setDirty(this.text !== text); // it may have been written in meanwhile
      return true;
    } catch (refusal) {
      if (refusal.code !== "RESOURCE_CONFLICT" && !GONE.has(refusal.code)) throw refusal;
      this.set({ theirs: (await this.#found()) ?? { content: null, etag: null } });
      return false;
    } finally {
      this.set({ isSaving: false });
    }
  }

  /** Give up what was written, for the version on the server. */
  async discard() {
    this.#setDirty(false);
    this.#etag = null;
    this.set({ theirs: null, kind: null });
    await this.read();
  }
}
