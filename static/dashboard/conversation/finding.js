// Finding words in a conversation: the browser's own search sees only what is in view.
import { html, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../../vendor/htm/preact.js";
import { textOf } from "./items.js";

const MARK = "found"; // the name of the highlight, as in the sheet
const MOST_MARKS = 500;

/**
 * `onFound(item)` is told of the item that is to be seen, null if there is none. It begins with the newest;
 * Enter leads to older ones, with Shift back. `isPart`: what happened earlier is not loaded.
 */
export function Find({ story, isPart, view, onFound, onClose }) {
  const [words, setWords] = useState("");
  const [place, setPlace] = useState(0); // of the one that is seen, from the newest on
  const field = useRef(null);
  const sought = words.trim().toLowerCase();
  const found = useMemo(
    () => (sought ? story.filter((item) => textOf(item).toLowerCase().includes(sought)).reverse() : []),
    [sought, story.length],
  );
  const at = Math.min(place, Math.max(0, found.length - 1));
  const { key } = found[at] ?? {};
  useLayoutEffect(() => field.current.focus(), []);
  useEffect(() => onFound(found[at] ?? null), [key]);
  useEffect(() => {
    marked(view.current, key, sought);
    return () => globalThis.CSS?.highlights?.delete(MARK);
  });
  const step = (by) => found.length && setPlace((at + by + found.length) % found.length);
  const keys = (event) => {
    if (event.key === "Escape") onClose();
    else if (event.key === "Enter") step(event.shiftKey ? -1 : 1);
    else return;
    event.preventDefault();
  };
  const where = isPart ? " in what is loaded" : "";
  return html`<search class="find" aria-label="Find in the conversation">
    <input
      ref=${field}
      type="search"
      aria-label="Find in the conversation"
      placeholder="Find"
      value=${words}
      onInput=${({ currentTarget }) => {
        setWords(currentTarget.value);
        setPlace(0);
      }}
      onKeyDown=${keys}
    />
    <span class="quiet small" role="status">
      ${sought && (found.length ? `${at + 1} of ${found.length}${where}` : `Not found${where}`)}
    </span>
    <button
      type="button"
      class="small"
      aria-label="Find older"
      title="Older (Enter)"
      disabled=${!found.length}
      onClick=${() => step(1)}
    >
      ↑
    </button>
    <button
      type="button"
      class="small"
      aria-label="Find newer"
      title="Newer (Shift + Enter)"
      disabled=${!found.length}
      onClick=${() => step(-1)}
    >
      ↓
    </button>
    <button type="button" class="small" aria-label="Close the search" title="Close (Esc)" onClick=${onClose}>
      ×
    </button>
  </search>`;
}

/** Mark the words in the item with this key, and unfold what they stand in. */
function marked(view, key, sought) {
  const item = key && view?.querySelector(`li[data-key="${CSS.escape(key)}"]`);
  if (!item || !sought || !globalThis.CSS?.highlights) return;
  const ranges = [];
  const texts = document.createTreeWalker(item, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node && ranges.length < MOST_MARKS; node = texts.nextNode()) {
    const text = node.data.toLowerCase();
    for (let from = text.indexOf(sought); from >= 0; from = text.indexOf(sought, from + sought.length)) {
      const range = new Range();
      range.setStart(node, from);
      range.setEnd(node, from + sought.length);
      ranges.push(range);
      const folded = node.parentElement.closest("details:not([open])");
      if (folded && !node.parentElement.closest("summary")) folded.open = true;
    }
  }
  CSS.highlights.set(MARK, new Highlight(...ranges));
}
