// Small components used by all views.
import { html, useEffect, useRef, useState } from "../vendor/htm/preact.js";

const clock = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hour12: false,
});
const day = new Intl.DateTimeFormat(undefined, {
  month: "short",
  day: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  hour12: false,
});

export const timeOf = (text) => clock.format(new Date(text));
export const dayOf = (text) => day.format(new Date(text));

const date = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric" });

/** A moment in few letters: the time if it is today, else the day. */
export function whenOf(text) {
  const moment = new Date(text);
  const isToday = moment.toDateString() === new Date().toDateString();
  return isToday ? clock.format(moment).slice(0, -3) : date.format(moment);
}

export function sizeOf(bytes) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let step = 0;
  for (; bytes >= 1024 && step < units.length - 1; step += 1) bytes /= 1024;
  return `${step && bytes < 10 ? bytes.toFixed(1) : Math.round(bytes)} ${units[step]}`;
}

export function durationOf(milliseconds) {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(1)} s`;
  const minutes = Math.floor(milliseconds / 60_000);
  return minutes < 60
    ? `${minutes} min ${Math.floor(milliseconds / 1000) % 60} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A call's state and, once it has ended, its duration. */
export const withDuration = (word, milliseconds) =>
  milliseconds === undefined ? word : `${word} · ${durationOf(milliseconds)}`;

export const Badge = ({ of, words = of }) => html`<span class="badge ${of}">${words}</span>`;

/** Put a text into the clipboard; the button says for a moment whether that was possible. */
export async function copied(text, button) {
  const before = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    button.textContent = "This browser does not let pages copy";
  }
  setTimeout(() => {
    button.textContent = before;
  }, 1500);
}

/** A button that copies; `text` is what, or makes it when it is pressed. */
export const Copy = ({ text, words = "Copy", shown = "Copy" }) => html`<button
  type="button"
  class="copy plain small"
  aria-label=${words}
  onClick=${({ currentTarget }) => copied(typeof text === "function" ? text() : text, currentTarget)}
>
  ${shown}
</button>`;

export const Empty = ({ title, children }) =>
  html`<div class="empty"><strong>${title}</strong><p>${children}</p></div>`;

export function Failure({ of, again }) {
  if (!of) return null;
  return html`<div class="failure" role="alert">
    <span>${of.message}</span>
    ${again && html`<button type="button" onClick=${again}>Try again</button>`}
  </div>`;
}

const HEADER = /^--- .*\n\+\+\+ .*\n(?=@@ -)/; // a removed line, too, may begin like the first of these

/** A unified diff, line by line. */
export function Diff({ text }) {
  const lines = text.trimEnd().replace(HEADER, "").split("\n");
  const kinds = { "+": "added", "-": "removed", "@": "place" };
  return html`<pre class="diff" tabindex="0">${lines.map(
    (line) => html`<span class=${kinds[line[0]] ?? ""}>${line || " "}\n</span>`,
  )}</pre>`;
}

/** The state of a request: whether it is running, and its failure. */
export function useAsking() {
  const [state, setState] = useState({ isBusy: false, failure: null });
  const ask = async (work) => {
    setState({ isBusy: true, failure: null });
    try {
      const found = await work();
      setState({ isBusy: false, failure: null });
      return found;
    } catch (failure) {
      setState({ isBusy: false, failure });
      return undefined;
    }
  };
  return [ask, state];
}

/** A reference to whether this component is still in the page. */
export function useThere() {
  const isThere = useRef(true);
  useEffect(
    () => () => {
      isThere.current = false;
    },
    [],
  );
  return isThere;
}

/** Whether a media query (a `MediaQueryList`) applies. */
export function useMatching(query) {
  const [is, setIs] = useState(query.matches);
  useEffect(() => {
    const changed = () => setIs(query.matches);
    query.addEventListener("change", changed);
    return () => query.removeEventListener("change", changed);
  }, [query]);
  return is;
}

/** The blocks of `apply_diff` as removed and added lines, between those that stay. */
export function blocksAsDiff(text) {
  let sign = null;
  let block = { "-": [], "+": [] };
  const lines = [];
  for (const line of text.split("\n")) {
    if (line.startsWith("<<<<<<< SEARCH")) sign = "-";
    else if (sign && line.startsWith(":start_line:")) lines.push(`@@ line ${line.slice(12)}`);
    else if (sign === "-" && line === "-------") continue;
    else if (sign && line === "=======") sign = "+";
    else if (line.startsWith(">>>>>>> REPLACE")) {
      lines.push(...changedLines(block["-"], block["+"]));
      block = { "-": [], "+": [] };
      sign = null;
    } else if (sign) block[sign].push(line);
  }
  return [...lines, ...changedLines(block["-"], block["+"])].join("\n");
}

/** What differs between the first and the last line that are the same. */
export function changedLines(before, after) {
  const most = Math.min(before.length, after.length);
  let first = 0;
  while (first < most && before[first] === after[first]) first += 1;
  let last = 0;
  while (last < most - first && before.at(-1 - last) === after.at(-1 - last)) last += 1;
  const signed = (sign, lines) => lines.map((line) => sign + line);
  return [
    ...signed(" ", before.slice(0, first)),
    ...signed("-", before.slice(first, before.length - last)),
    ...signed("+", after.slice(first, after.length - last)),
    ...signed(" ", before.slice(before.length - last)),
  ];
}

/** A way within the page; with a key held down it is a link like any other, and the browser opens a tab. */
export function Link({ href, onGo, children, ...rest }) {
  const go = (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    onGo();
  };
  return html`<a href=${href} onClick=${go} ...${rest}>${children}</a>`;
}

/**
 * Tabs with arrow-key navigation (WAI-ARIA, "Tabs"). Where not all have room, the chosen one is seen.
 * `onChoose` is given the name, and whether it was reached by an arrow key.
 */
export function Tabs({ label, tabs, chosen, onChoose }) {
  const names = Object.keys(tabs);
  const list = useRef(null);
  useEffect(() => {
    const [{ left, right }, tab] = [list.current, list.current.querySelector("[aria-selected=true]")].map(
      (element) => element?.getBoundingClientRect() ?? {},
    );
    if (tab.right > right) list.current.scrollLeft += tab.right - right;
    else if (tab.left < left) list.current.scrollLeft -= left - tab.left;
  }, [chosen, names.length]);
  const step = (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    const next = names[(names.indexOf(chosen) + by + names.length) % names.length];
    onChoose(next, true);
    event.currentTarget.querySelector(`[data-name=${next}]`).focus();
  };
  return html`<div ref=${list} class="tabs" role="tablist" aria-label=${label} onKeyDown=${step}>
    ${names.map(
      (name) => html`<button type="button" role="tab" data-name=${name} aria-selected=${name === chosen}
        tabindex=${name === chosen ? 0 : -1} onClick=${() => onChoose(name)}>${tabs[name]}</button>`,
    )}
  </div>`;
}
