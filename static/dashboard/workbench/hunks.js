// The changed lines of one file, in one column or two; lines and ranges can be chosen to comment on.
import { html, useRef, useState } from "../../vendor/htm/preact.js";
import { Comment, Writing, whereOf } from "./comments.js";
import { paired } from "./patch.js";

const SIGNS = { added: "+", removed: "−", same: " " };
const COLUMNS = { narrow: ["at", "at", "text"], wide: ["at", "text", "at", "text"] };
const WINDOW = 400; // lines that are shown at first

const numberOn = (line, side) => (side === "before" ? line?.before : line?.after);

/** Whether a range on one side of a file has this line. */
const isIn = (range, line, side) => {
  const number = numberOn(line, side);
  return range?.side === side && number >= range.from && number <= range.to;
};

/**
 * `comments` is null where nothing may be said. A range is `{side, from, to}`; `side` is before or after.
 */
export function Hunks({ path, hunks, isWide, comments, list }) {
  const [range, setRange] = useState(null); // what is being chosen or commented on
  const [isWriting, setIsWriting] = useState(false);
  const [shown, setShown] = useState(WINDOW);
  const table = useRef(null);
  const anchor = useRef(null);
  const count = hunks.reduce((sum, { lines }) => sum + lines.length, 0);

  const choose = (side, number, { isExtending }) => {
    if (isWriting) return table.current.querySelector(".writing textarea")?.focus();
    const start = isExtending && anchor.current?.side === side ? anchor.current.number : number;
    anchor.current = { side, number: start };
    return setRange({ side, from: Math.min(start, number), to: Math.max(start, number) });
  };
  const refocus = () =>
    setTimeout(() => {
      const { side, number } = anchor.current ?? {};
      table.current?.querySelector(`button[data-side="${side}"][data-number="${number}"]`)?.focus();
    });
  const left = () => {
    setIsWriting(false);
    setRange(null);
    refocus();
  };
  const said = (text) => {
    const lines = hunks.flatMap((hunk) => hunk.lines);
    const quote = lines.filter((line) => isIn(range, line, range.side)).map((line) => line.text);
    comments.add({ path, ...range, quote, text });
    left();
  };
  const keys = (event) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by || event.target.tagName !== "BUTTON" || !event.target.dataset.number) return;
    event.preventDefault();
    const { side } = event.target.dataset;
    const all = [...table.current.querySelectorAll("button[data-number]")];
    const same = isWide ? all.filter((each) => each.dataset.side === side) : all;
    const next = same[same.indexOf(event.target) + by];
    if (!next) return;
    next.focus();
    if (event.shiftKey && next.dataset.side === side)
      choose(side, Number(next.dataset.number), { isExtending: true });
    else {
      anchor.current = { side: next.dataset.side, number: Number(next.dataset.number) };
      setRange(null);
    }
  };

  const numberOf = (line, side) => {
    const number = numberOn(line, side);
    const isOf = line && (isWide || (line.kind === "removed") === (side === "before"));
    if (!number || !comments || !isOf) return html`<span class="number">${number}</span>`;
    const isFirst = !anchor.current && line === hunks[0].lines[0];
    const isHere = anchor.current?.side === side && anchor.current.number === number;
    return html`<button
      type="button"
      class="number"
      data-side=${side}
      data-number=${number}
      tabindex=${isFirst || isHere ? 0 : -1}
      aria-label=${`Comment on ${side === "before" ? "removed " : ""}line ${number} of ${path.slice(1)}`}
      title="Click to comment; drag or hold Shift for several lines"
      onPointerDown=${(event) => {
        event.currentTarget.releasePointerCapture?.(event.pointerId);
        choose(side, number, { isExtending: event.shiftKey });
      }}
      onPointerEnter=${(event) => event.buttons === 1 && choose(side, number, { isExtending: true })}
      onPointerUp=${() => setIsWriting(true)}
      onClick=${() => {
        if (!range || !isIn(range, line, side)) choose(side, number, { isExtending: false });
        setIsWriting(true);
      }}
    >
      ${number}
    </button>`;
  };
  const below = (...lines) => {
    const ends = (side, number) => lines.some((line) => number && numberOn(line, side) === number);
    const found = list.filter((each) => isAt(each, ends, lines));
    const isHere = isWriting && range && isAt(range, ends, lines);
    if (!found.length && !isHere) return null;
    return html`<tr class="remarks">
      <td colspan=${isWide ? 4 : 3}>
        ${found.map(
          (each) => html`<${Comment}
            key=${each.number}
            comment=${each}
            comments=${comments}
            onGone=${refocus}
          />`,
        )}
        ${isHere && html`<${Writing} where=${whereOf(range)} onDone=${said} onCancel=${left} />`}
      </td>
    </tr>`;
  };
  const isChosen = (line, side) => (isIn(range, line, side) ? "chosen" : "");
  const rows = isWide
    ? ([before, after]) => html`<tr>
          <td class="at ${before?.kind ?? "none"}">${numberOf(before, "before")}</td>
          <td class="${before?.kind ?? "none"} ${isChosen(before, "before")}"><${Text} line=${before} /></td>
          <td class="at ${after?.kind ?? "none"}">${numberOf(after, "after")}</td>
          <td class="${after?.kind ?? "none"} ${isChosen(after, "after")}"><${Text} line=${after} /></td>
        </tr>
        ${below(before, after)}`
    : (line) => html`<tr class=${line.kind}>
          <td class="at">${numberOf(line, "before")}</td>
          <td class="at">${numberOf(line, "after")}</td>
          <td class="${line.kind} ${isChosen(line, "before")} ${isChosen(line, "after")}">
            <span class="sign" aria-label=${line.kind === "same" ? undefined : line.kind} role=${
              line.kind === "same" ? undefined : "img"
            }>${SIGNS[line.kind]}</span><${Text} line=${line} />
          </td>
        </tr>
        ${below(line)}`;
  return html`<div class="hunks ${isWide ? "wide" : ""}" tabindex="-1">
    <table ref=${table} onKeyDown=${keys} aria-label=${`Changes of ${path.slice(1)}`}>
      <colgroup>
        ${COLUMNS[isWide ? "wide" : "narrow"].map((name) => html`<col class=${name} />`)}
      </colgroup>
      ${firstOf(hunks, shown).map(
        ({ place, start, lines }) => html`<tbody key=${start}>
          ${
            (place || start > 1) && html`<tr class="place"><td colspan=${isWide ? 4 : 3}>⋯ ${place}</td></tr>`
          }
          ${(isWide ? paired(lines) : lines).map(rows)}
        </tbody>`,
      )}
    </table>
    ${
      count > shown &&
      html`<button type="button" class="small" onClick=${() => setShown(Number.POSITIVE_INFINITY)}>
        Show all ${count} lines
      </button>`
    }
  </div>`;
}

/** Hunks up to a number of lines. */
function firstOf(hunks, most) {
  let count = 0;
  return hunks.flatMap((hunk) => {
    const lines = hunk.lines.slice(0, Math.max(0, most - count));
    count += lines.length;
    return lines.length ? [{ ...hunk, lines }] : [];
  });
}

/** Whether a comment or a range ends at these lines. */
const isAt = ({ side, to }, ends, lines) =>
  ends(side, to) && lines.some((line) => numberOn(line, side) === to && (side === "after" || line.before));

function Text({ line }) {
  if (!line) return null;
  const { text, from, to } = line;
  if (from === undefined) return html`<code>${text}</code>`;
  return html`<code
    >${text.slice(0, from)}<mark>${text.slice(from, to)}</mark>${text.slice(to)}</code
  >`;
}
