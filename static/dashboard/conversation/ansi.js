// What programs print for terminals: colours become classes, lines that are written over are as they end, and
// other control sequences are left out. Source: ECMA-48, 8.3.117 (SGR); xterm's 256 and direct colours.

const SEQUENCE = new RegExp(
  [
    "\\u001b\\[([0-9;:?]*)([@-~])", // colours, and movements, which are left out
    "\\u001b\\][^\\u0007\\u001b]*(?:\\u0007|\\u001b\\\\)", // titles and links
    "\\u001b[@-_]?",
    "[\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f]",
  ].join("|"),
  "g",
);
const ESCAPE = "\u001b";
const UNFINISHED = new RegExp(`^${ESCAPE}(\\[[0-9;:?]*)?$`);
const SWITCHES = { 1: "bold", 2: "faint", 3: "italic", 4: "underlined", 7: "inverse", 9: "struck" };
const OFF = { 22: ["bold", "faint"], 23: ["italic"], 24: ["underlined"], 27: ["inverse"], 29: ["struck"] };
const LEVELS = [0, 95, 135, 175, 215, 255];

/** The colour of a number of 256: the first sixteen stay numbers, for themes; else red, green, blue. */
function indexed(number) {
  if (number < 16) return number;
  if (number >= 232) return [0, 0, 0].map(() => 8 + (number - 232) * 10);
  const cube = number - 16;
  return [Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6].map((level) => LEVELS[level]);
}

/** The style after the numbers of a sequence that ends in `m`. */
function styled(before, numbers) {
  let style = before;
  const codes = numbers ? numbers.split(/[;:]/).map(Number) : [0];
  for (let place = 0; place < codes.length; place += 1) {
    const code = codes[place];
    const ground = { 3: "ink", 9: "ink", 4: "back", 10: "back" }[Math.floor(code / 10)];
    if (code === 0) style = {};
    else if (SWITCHES[code]) style = { ...style, [SWITCHES[code]]: true };
    else if (OFF[code]) style = { ...style, ...Object.fromEntries(OFF[code].map((name) => [name, false])) };
    else if (code === 39 || code === 49) style = { ...style, [ground]: undefined };
    else if (code === 38 || code === 48) {
      const isDirect = codes[place + 1] === 2;
      const colour = isDirect ? codes.slice(place + 2, place + 5) : indexed(codes[place + 2] ?? 0);
      style = { ...style, [ground]: colour };
      place += isDirect ? 4 : 2;
    } else if (ground && code % 10 < 8) {
      style = { ...style, [ground]: (code % 10) + (code >= 90 ? 8 : 0) };
    }
  }
  return style;
}

/** The lines of an output, which may grow. */
export class Screen {
  lines = [[]]; // of pieces {text, style}
  #style = {};
  #isReturning = false; // after `\r`: what follows begins the line anew
  #rest = ""; // a sequence that is not complete yet
  #most;

  constructor(mostLines = 100_000) {
    this.#most = mostLines;
  }

  static of(text) {
    return new Screen().write(text);
  }

  write(more) {
    let text = this.#rest + more;
    const open = text.lastIndexOf("\x1b");
    const isOpen = open >= 0 && text.length - open < 64 && UNFINISHED.test(text.slice(open));
    this.#rest = isOpen ? text.slice(open) : "";
    if (isOpen) text = text.slice(0, open);
    let from = 0;
    for (const found of text.matchAll(SEQUENCE)) {
      this.#print(text.slice(from, found.index));
      from = found.index + found[0].length;
      if (found[2] === "m" && !found[1].includes("?")) this.#style = styled(this.#style, found[1]);
      else if (found[2] === "K" && this.#isReturning) this.lines[this.lines.length - 1] = [];
    }
    this.#print(text.slice(from));
    if (this.lines.length > this.#most * 1.2) this.lines.splice(0, this.lines.length - this.#most);
    return this;
  }

  #print(text) {
    if (!text) return;
    const rows = text.replaceAll("\r\n", "\n").split("\n");
    rows.forEach((row, place) => {
      if (place) {
        this.lines.push([]);
        this.#isReturning = false;
      }
      row.split("\r").forEach((part, turn) => {
        if (turn) this.#isReturning = true;
        if (!part) return;
        if (this.#isReturning) this.lines[this.lines.length - 1] = [];
        this.#isReturning = false;
        this.lines.at(-1).push({ text: part, style: this.#style });
      });
    });
  }

  /** The text without colours. */
  get text() {
    return this.lines.map((pieces) => pieces.map((piece) => piece.text).join("")).join("\n");
  }
}

const NAMES = ["bold", "faint", "italic", "underlined", "struck"];

/** The attributes of a piece's element. */
export function looksOf({ style }) {
  const [ink, back] = style.inverse ? [style.back ?? 0, style.ink ?? 7] : [style.ink, style.back];
  const classes = NAMES.filter((name) => style[name]);
  const rules = {};
  if (typeof ink === "number") classes.push(`ink-${ink}`);
  else if (ink) rules.color = `rgb(${ink.join()})`;
  if (typeof back === "number") classes.push(`back-${back}`);
  else if (back) rules.backgroundColor = `rgb(${back.join()})`;
  if (!classes.length && !ink && !back) return {};
  return { class: classes.join(" ") || undefined, style: rules };
}
