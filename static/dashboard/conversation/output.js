// The output of a program, in its colours. Of a long one, the end is shown; all of it when it is opened, of
// which only the lines in view are in the page.
import { html, useLayoutEffect, useMemo, useRef, useState } from "../../vendor/htm/preact.js";
import { Copy } from "../parts.js";
import { looksOf, Screen } from "./ansi.js";

const SHORT = 14; // lines that are shown without being asked for
const LINE_PX = 19;
const SPARE = 30; // lines above and below those in view

const Line = ({ pieces }) =>
  html`<span class="line">${pieces.map((piece) =>
    Object.keys(piece.style).length ? html`<span ...${looksOf(piece)}>${piece.text}</span>` : piece.text,
  )}\n</span>`;

/** `screen` has the lines (`Screen`); `version` changes whenever it has been written to. */
export function Output({ screen, text, version, label = "Output", isRunning = false, children }) {
  const [isOpen, setIsOpen] = useState(false);
  const { lines } = useMemo(() => screen ?? Screen.of(text.replace(/\n$/, "")), [screen, text]);
  const length = lines.at(-1)?.length || lines.length === 1 ? lines.length : lines.length - 1;
  if (!length) return null;
  const isLong = length > SHORT + 2;
  const shown = isLong && !isOpen ? lines.slice(length - SHORT, length) : lines;
  const copied = () => lines.map((pieces) => pieces.map((piece) => piece.text).join("")).join("\n");
  return html`<figure class="output" data-version=${version}>
    ${
      isLong && isOpen
        ? html`<${Long} lines=${lines} length=${length} label=${label} isFollowing=${isRunning} />`
        : html`<pre class="code terminal" tabindex="0" aria-label=${label}>${shown.map(
            (pieces) => html`<${Line} pieces=${pieces} />`,
          )}</pre>`
    }
    <figcaption>
      ${
        isLong &&
        html`<button type="button" class="plain" aria-expanded=${isOpen} onClick=${() => setIsOpen(!isOpen)}>
          ${isOpen ? "Show only the end" : `Show all ${length.toLocaleString("en")} lines`}
        </button>`
      }
      <span class="ends">${children} <${Copy} words="Copy output" text=${copied} /></span>
    </figcaption>
  </figure>`;
}

function Long({ lines, length, label, isFollowing }) {
  const box = useRef(null);
  const isAtEnd = useRef(isFollowing);
  const known = useRef(0); // where it was; if it is further up now, the event that tells of it is yet to come
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(400);
  useLayoutEffect(() => {
    setHeight(box.current.clientHeight);
    if (!isAtEnd.current || box.current.scrollTop < known.current) return;
    box.current.scrollTop = box.current.scrollHeight;
    known.current = box.current.scrollTop;
  }, [length]);
  const scrolled = ({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
    setTop(scrollTop);
    known.current = scrollTop;
    isAtEnd.current = isFollowing && scrollHeight - scrollTop - clientHeight < LINE_PX * 2;
  };
  const first = Math.max(0, Math.floor(top / LINE_PX) - SPARE);
  const last = Math.min(length, Math.ceil((top + height) / LINE_PX) + SPARE);
  const some = lines.slice(first, last);
  const all = { height: `${length * LINE_PX}px` };
  const view = { class: "code terminal long", tabindex: 0, "aria-label": label, onScroll: scrolled };
  // no blanks between the tags: they would be part of what is shown
  return html`<pre ref=${box} ...${view}><span class="all" style=${all}><span
    class="some" style=${{ top: `${first * LINE_PX}px` }}>${some.map(
      (pieces, place) => html`<${Line} key=${first + place} pieces=${pieces} />`,
    )}</span></span></pre>`;
}
