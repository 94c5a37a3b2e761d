// A long list of which only what is in view is in the page. Heights are measured as items appear; what is
// above keeps its place when something there turns out to be higher or lower than it was taken for.
import { html, useLayoutEffect, useRef, useState } from "../../vendor/htm/preact.js";

const GUESS_PX = 84;
const SPARE_PX = 900; // above and below what is in view
const AT_END_PX = 60;

const belowOf = (box) => box.scrollHeight - box.scrollTop - box.clientHeight;

/**
 * `items` have a `key`; `children(item, place)` shows one of them in a `li`. The end stays in view while
 * somebody is there. `controls.current` gets `showItem(key)`, which also gives it the focus unless told not
 * to, and `showEnd()`.
 */
export function Windowed({ items, children, before, after, controls, onEnd, ...rest }) {
  const view = useRef(null);
  const heights = useRef(new Map());
  const isAtEnd = useRef(true);
  const wanted = useRef(null); // the key of an item that is to be brought into view
  const takesFocus = useRef(true);
  const [, again] = useState(0);
  const scroll = useRef({ top: 0, height: 800 });
  const heightOf = (item) => heights.current.get(item.key) ?? GUESS_PX;
  const isInView = view.current && isAtEnd.current && belowOf(view.current) < AT_END_PX;
  if (isInView) scroll.current.top = view.current.scrollTop; // less than before, if the list became shorter

  // places: which items are shown, and the heights of those that are not
  const { top, height } = scroll.current;
  let first = 0;
  let above = 0;
  let total = 0;
  let last = items.length;
  if (isAtEnd.current && !wanted.current) {
    let below = 0;
    first = items.length;
    while (first > 0 && below < height + SPARE_PX) below += heightOf(items[--first]);
    for (let place = 0; place < first; place += 1) above += heightOf(items[place]);
    total = above + below;
  } else {
    let end = -1;
    for (let place = 0; place < items.length; place += 1) {
      const own = heightOf(items[place]);
      if (total + own < top - SPARE_PX) {
        first = place + 1;
        above = total + own;
      }
      total += own;
      if (end < 0 && total > top + height + SPARE_PX) end = place + 1;
    }
    last = end < 0 ? items.length : end;
    const named = wanted.current ? items.findIndex((item) => item.key === wanted.current) : -1;
    if (named >= 0 && (named < first || named >= last)) {
      [first, last, above] = [Math.max(0, named - 8), Math.min(items.length, named + 12), 0];
      for (let place = 0; place < first; place += 1) above += heightOf(items[place]);
    }
  }
  let under = 0;
  for (let place = last; place < items.length; place += 1) under += heightOf(items[place]);
  const shown = items.slice(first, last);

  useLayoutEffect(() => {
    const box = view.current;
    let moved = 0;
    let isNews = false;
    const edge = box.getBoundingClientRect().top;
    for (const element of box.querySelectorAll(":scope > ol > li[data-key]")) {
      const { bottom } = element.getBoundingClientRect();
      const own = element.offsetHeight + Number.parseFloat(getComputedStyle(element).marginBottom);
      const known = heights.current.get(element.dataset.key) ?? GUESS_PX;
      if (Math.abs(known - own) < 1) continue;
      heights.current.set(element.dataset.key, own);
      isNews = true;
      if (bottom <= edge) moved += own - known;
    }
    if (isNews) again((count) => count + 1); // there may be room for more, or for less
    scroll.current.height = box.clientHeight;
    if (wanted.current) {
      const element = box.querySelector(`li[data-key="${CSS.escape(wanted.current)}"]`);
      if (element) {
        wanted.current = null;
        element.scrollIntoView({ block: "start" });
        if (takesFocus.current) element.focus({ preventScroll: true });
      }
    } else if (isAtEnd.current) {
      // Whoever has just left the end is not taken back: the event that tells of it is yet to come.
      if (box.scrollTop < scroll.current.top && belowOf(box) >= AT_END_PX) return;
      box.scrollTop = box.scrollHeight;
    } else if (moved && shown.length) box.scrollTop += moved;
    scroll.current.top = box.scrollTop;
  });
  useLayoutEffect(() => {
    const resized = new ResizeObserver(() => again((count) => count + 1));
    resized.observe(view.current);
    for (const part of view.current.children) resized.observe(part); // code gets its colours after its words
    return () => resized.disconnect();
  }, []);
  const scrolled = ({ currentTarget: box }) => {
    const before = scroll.current.top;
    const wasAtEnd = isAtEnd.current;
    if (belowOf(box) < AT_END_PX) isAtEnd.current = true;
    else if (box.scrollTop < before) isAtEnd.current = false; // else it is what is below that has grown
    scroll.current = { top: box.scrollTop, height: box.clientHeight };
    if (wasAtEnd !== isAtEnd.current) onEnd?.(isAtEnd.current);
    if (Math.abs(before - box.scrollTop) > 0) again((count) => count + 1);
  };
  controls.current = {
    showItem: (key, { isFocused = true } = {}) => {
      wanted.current = key;
      takesFocus.current = isFocused;
      isAtEnd.current = false;
      onEnd?.(false);
      again((count) => count + 1);
    },
    showEnd: () => {
      isAtEnd.current = true;
      onEnd?.(true);
      again((count) => count + 1);
    },
  };
  return html`<div ref=${view} onScroll=${scrolled} ...${rest}>
    ${before}
    <ol>
      <li class="space" aria-hidden="true" style=${{ height: `${above}px` }}></li>
      ${shown.map((item, place) => children(item, first + place))}
      <li class="space" aria-hidden="true" style=${{ height: `${under}px` }}></li>
    </ol>
    ${after}
  </div>`;
}
