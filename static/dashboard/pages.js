// A list that the server gives a page at a time.
import { html, useEffect, useLayoutEffect, useRef, useState } from "../vendor/htm/preact.js";
import { Failure, useAsking } from "./parts.js";

/**
 * `read(offset)` gives `{ items, hasMore }`; what was read already (by `nameOf`) is left out. Read again from
 * the beginning whenever one of `reasons` changes.
 */
export function usePages(read, reasons, nameOf = (item) => item.id) {
  const [{ items, hasMore }, setState] = useState({ items: null, hasMore: false });
  const [ask, { isBusy, failure }] = useAsking();
  const latest = useRef(0);
  const load = (offset) =>
    ask(async () => {
      const turn = ++latest.current;
      const page = await read(offset);
      if (turn !== latest.current) return; // something else was asked for meanwhile
      setState((before) => {
        const known = new Set(offset ? before.items.map(nameOf) : []);
        const fresh = page.items.filter((item) => !known.has(nameOf(item)));
        return { items: offset ? [...before.items, ...fresh] : fresh, hasMore: page.hasMore };
      });
    });
  useEffect(() => void load(0), reasons);
  return {
    items,
    hasMore,
    isBusy,
    failure,
    again: () => load(0),
    more: () => load(items.length),
    change: (changed) =>
      setState((before) => ({
        ...before,
        items: before.items.map((item) => (nameOf(item) === nameOf(changed) ? changed : item)),
      })),
    remove: (gone) =>
      setState((before) => ({
        ...before,
        items: before.items.filter((item) => nameOf(item) !== nameOf(gone)),
      })),
  };
}

/** What is behind a list; after the last page the focus goes to the words that say that it was. */
export function More({ of: { items, hasMore, isBusy, failure, more, again } }) {
  const [wasAsked, setWasAsked] = useState(false);
  const end = useRef(null);
  useLayoutEffect(() => void (wasAsked && !hasMore && end.current?.focus()), [hasMore]);
  const ask = () => {
    if (isBusy) return;
    setWasAsked(true);
    more();
  };
  if (failure) return html`<${Failure} of=${failure} again=${items?.length ? more : again} />`;
  if (!items) return html`<p class="quiet small" role="status">Loading …</p>`;
  if (hasMore)
    return html`<button type="button" class="more" aria-disabled=${isBusy} onClick=${ask}>Show more</button>`;
  return wasAsked && html`<p ref=${end} tabindex="-1" class="quiet small more">That is all of them.</p>`;
}
