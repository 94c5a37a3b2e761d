// Files on their way into a workspace: two at a time, with their progress, and nothing replaced unasked.
import { html, useMemo } from "../../vendor/htm/preact.js";
import { sizeOf } from "../parts.js";
import { Store, useStore } from "../store.js";
import { store } from "./requests.js";
import { joined } from "./tree.js";

const AT_ONCE = 2;
const OVER = new Set(["done", "failed", "stopped"]);

let numbers = 0;

/** The uploads of one session. An item's `state`: waiting, sending, done, exists, failed or stopped. */
class Queue extends Store {
  constructor(sessionId) {
    super({ items: [] });
    this.sessionId = sessionId;
  }

  /** Upload files, `[name, File]` each, to a folder; a name may have folders in it. */
  add(folder, files) {
    const items = files.map(([name, file]) => {
      numbers += 1;
      return { number: numbers, path: joined(folder, name), file, state: "waiting", part: 0, isNew: true };
    });
    this.set({ items: [...this.value.items.filter(({ state }) => !OVER.has(state)), ...items] });
    this.#next();
  }

  /** Answer for all files that are there already. */
  replace(isWanted) {
    for (const item of this.#in("exists"))
      this.#change(item, isWanted ? { state: "waiting", isNew: false } : { state: "stopped" });
    this.#next();
  }

  stop() {
    for (const item of [...this.#in("waiting"), ...this.#in("sending")]) {
      item.control?.abort();
      this.#change(item, { state: "stopped" });
    }
  }

  clear() {
    this.set({ items: [] });
  }

  #in(state) {
    return this.value.items.filter((item) => item.state === state);
  }

  #change(item, change) {
    Object.assign(item, change);
    this.tell();
  }

  #next() {
    for (const item of this.#in("waiting").slice(0, AT_ONCE - this.#in("sending").length)) this.#send(item);
  }

  async #send(item) {
    const control = new AbortController();
    this.#change(item, { state: "sending", control });
    const onProgress = (part) => this.#change(item, { part });
    try {
      const how = { isNew: item.isNew, onProgress, signal: control.signal };
      await store(this.sessionId, item.path, item.file, how);
      this.#change(item, { state: "done", part: 1 });
    } catch (failure) {
      if (failure.name === "AbortError") return;
      const isThere = failure.code === "RESOURCE_CONFLICT" && item.isNew;
      this.#change(item, isThere ? { state: "exists" } : { state: "failed", reason: failure.message });
    }
    this.#next();
  }
}

const queues = new Map();

/** The uploads of a session, which go on when another one is looked at. */
export function useUploads(sessionId) {
  const queue = useMemo(() => {
    if (!queues.has(sessionId)) queues.set(sessionId, new Queue(sessionId));
    return queues.get(sessionId);
  }, [sessionId]);
  useStore(queue);
  return queue;
}

export function Uploads({ of: queue }) {
  const { items } = queue.value;
  if (!items.length) return null;
  const existing = items.filter(({ state }) => state === "exists");
  const isBusy = items.some(({ state }) => state === "waiting" || state === "sending");
  return html`<div class="uploads" role="group" aria-label="Uploads">
    <ul>
      ${items.map(
        ({ number, path, file, state, part, reason }) => html`<li key=${number}>
          <span class="name" title=${path}>${path.slice(1)}</span>
          <span class="quiet small">${WORDS[state] ?? sizeOf(file.size)}</span>
          ${
            state === "sending" &&
            html`<progress max="1" value=${part} aria-label=${`Upload of ${path.slice(1)}`}></progress>`
          }
          ${reason && html`<span class="small error">${reason}</span>`}
        </li>`,
      )}
    </ul>
    <footer>
      <span class="small" role="status">
        ${isBusy ? "Uploading …" : existing.length ? "" : "Uploads ended."}
      </span>
      ${
        existing.length > 0 &&
        html`<span class="small">
            ${existing.length === 1 ? "It is" : `${existing.length} are`} there already.
          </span>
          <button type="button" class="small danger" onClick=${() => queue.replace(true)}>Replace</button>
          <button type="button" class="small" onClick=${() => queue.replace(false)}>Leave as it is</button>`
      }
      ${isBusy && html`<button type="button" class="small" onClick=${() => queue.stop()}>Stop</button>`}
      ${
        !isBusy &&
        !existing.length &&
        html`<button type="button" class="small" onClick=${() => queue.clear()}>Close</button>`
      }
    </footer>
  </div>`;
}

const WORDS = { done: "uploaded", exists: "exists already", failed: "failed", stopped: "not uploaded" };

/** What was dropped on the page, folders with everything in them: `[path, File]` each. */
export async function droppedFiles(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return [...transfer.files].map((file) => [file.name, file]);
  return (await Promise.all(entries.map((entry) => below(entry, "")))).flat();
}

async function below(entry, folder) {
  const path = folder + entry.name;
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    return [[path, file]];
  }
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) break;
    found.push(...some);
  }
  return (await Promise.all(found.map((each) => below(each, `${path}/`)))).flat();
}
