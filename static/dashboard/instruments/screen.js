// A screen of xterm.js in the page's colours, which terminals and the logs of processes are shown on.
import { FitAddon } from "../../vendor/@xterm/addon-fit/addon-fit.js";
import { Terminal } from "../../vendor/@xterm/xterm/xterm.js";
import { withStyles } from "../styles.js";
import { coloursOf, onColours } from "./colours.js";

const SCROLLBACK = 20_000; // lines
const FITTING_MS = 60;
const FONT_SIZE = 13;
const HUES = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];
const CONTRAST = 4.5; // of WCAG AA, whatever colours a program asks for

/** What a terminal says by itself when a program asks: what it is, where the cursor is, its colours. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: ECMA-48, 5.3: each of them begins with ESC
const REPLY = /^\x1b(?:\[[?>]?[\d;]*(?:[cnRt]|\$y)|[\]P])/;

/** Words in other colours get a style attribute, which the page's policy refuses to all but scripts. */
HTMLSpanElement.prototype.setAttribute = function setAttribute(name, value) {
  if (name === "style") this.style.cssText = value;
  else Element.prototype.setAttribute.call(this, name, value);
};

function theme() {
  const named = HUES.flatMap((hue) => [`ansi-${hue}`, `ansi-bright-${hue}`]);
  const found = coloursOf(["terminal", "ink", "accent", "accent-soft", ...named]);
  const hues = HUES.flatMap((hue) => [
    [hue, found[`ansi-${hue}`]],
    [`bright${hue[0].toUpperCase()}${hue.slice(1)}`, found[`ansi-bright-${hue}`]],
  ]);
  return {
    background: found.terminal,
    foreground: found.ink,
    cursor: found.accent,
    cursorAccent: found.terminal,
    selectionBackground: found["accent-soft"],
    ...Object.fromEntries(hues),
  };
}

/** Links that programs print lead to pages only, and these do not learn where they were opened from. */
const LINKS = {
  activate: (_event, address) => {
    if (/^https?:/i.test(address)) open(address, "_blank", "noopener,noreferrer");
  },
};

export class Screen {
  #terminal;
  #fit = new FitAddon();
  #sizes;
  #leaves = [];
  #fitting = null;
  #replays = 0;
  #isClosed = false;
  #lastKey = "";

  /**
   * In `place`, with a `label`. `onTyped(data)` gets what is typed: without it, nothing can be, and keys move
   * the text. `onSized(columns, rows)` is told of each new size; without it, the size is `{columns, rows}`.
   */
  constructor(place, { label, hint, size, onTyped, onSized, onTitled }) {
    const isLog = !onTyped;
    this.#terminal = new Terminal({
      cols: size?.columns ?? 80,
      rows: size?.rows ?? 24,
      convertEol: isLog && !size,
      disableStdin: isLog,
      cursorInactiveStyle: isLog ? "none" : "outline",
      scrollback: SCROLLBACK,
      fontFamily: getComputedStyle(place).fontFamily,
      fontSize: FONT_SIZE,
      minimumContrastRatio: CONTRAST,
      theme: theme(),
      linkHandler: LINKS,
    });
    const terminal = this.#terminal;
    terminal.loadAddon(this.#fit);
    withStyles(() => terminal.open(place));
    terminal.textarea.setAttribute("aria-label", label);
    if (hint) terminal.textarea.setAttribute("aria-describedby", hint);
    terminal.attachCustomKeyEventHandler((event) => this.#isForTerminal(event, isLog));
    if (onTyped) terminal.onData((data) => (this.#replays && REPLY.test(data)) || onTyped(data));
    if (onTitled) terminal.onTitleChange(onTitled);
    if (onSized) {
      terminal.onResize(({ cols, rows }) => onSized(cols, rows));
      this.#sizes = new ResizeObserver(() => this.#fitSoon());
      this.#sizes.observe(place);
      this.fit();
    }
    const recoloured = () => {
      terminal.options.theme = theme();
    };
    this.#leaves = [onColours(recoloured), () => this.#sizes?.disconnect()];
  }

  write(text) {
    if (!this.#isClosed) this.#terminal.write(text);
  }

  /**
   * Show what was printed before: what a program once asked its terminal in it is not answered again. What
   * somebody types meanwhile is sent.
   */
  replay(text) {
    if (this.#isClosed) return;
    this.#replays += 1;
    this.#terminal.write(text, () => {
      this.#replays -= 1;
    });
  }

  clear() {
    if (!this.#isClosed) this.#terminal.reset();
  }

  focus() {
    this.#terminal.focus();
  }

  /** Take no input for a while. */
  set isDeaf(isDeaf) {
    this.#terminal.options.disableStdin = isDeaf;
  }

  /** Have the text read aloud as it is printed, by those who listen to the page. */
  set isReadAloud(isReadAloud) {
    this.#terminal.options.screenReaderMode = isReadAloud;
  }

  get size() {
    return { columns: this.#terminal.cols, rows: this.#terminal.rows };
  }

  /** All of the text that is kept. */
  get text() {
    const { active } = this.#terminal.buffer;
    const lines = Array.from({ length: active.length }, (_, row) => active.getLine(row));
    return lines
      .reduce((text, line) => `${text}${line.isWrapped ? "" : "\n"}${line.translateToString(true)}`, "")
      .trim();
  }

  fit() {
    const wanted = this.#fit.proposeDimensions();
    if (wanted?.cols > 1 && wanted.rows > 1) this.#terminal.resize(wanted.cols, wanted.rows);
  }

  close() {
    this.#isClosed = true;
    clearTimeout(this.#fitting);
    for (const leave of this.#leaves) leave();
    this.#terminal.dispose();
  }

  #fitSoon() {
    clearTimeout(this.#fitting);
    this.#fitting = setTimeout(() => this.fit(), FITTING_MS);
  }

  /** Escape and then Tab lead out; a selection is copied, not interrupted; in a log, keys move the text. */
  #isForTerminal(event, isLog) {
    if (event.type !== "keydown") return true;
    const isAfterEscape = this.#lastKey === "Escape";
    if (!["Shift", "Control", "Alt", "Meta"].includes(event.key)) this.#lastKey = event.key;
    if (event.key === "Tab" && (isLog || isAfterEscape)) return false;
    if (isLog) return this.#scroll(event);
    const letter = event.ctrlKey && !event.altKey && event.key.toLowerCase();
    if (letter === "v") return false; // the browser pastes
    if (letter === "c" && (this.#terminal.hasSelection() || event.shiftKey)) {
      event.preventDefault();
      document.execCommand("copy"); // also where pages may not write to the clipboard
      this.#terminal.clearSelection();
      return false;
    }
    return true;
  }

  #scroll(event) {
    const move = {
      ArrowUp: () => this.#terminal.scrollLines(-1),
      ArrowDown: () => this.#terminal.scrollLines(1),
      PageUp: () => this.#terminal.scrollPages(-1),
      PageDown: () => this.#terminal.scrollPages(1),
      Home: () => this.#terminal.scrollToTop(),
      End: () => this.#terminal.scrollToBottom(),
    }[event.key];
    if (move) {
      event.preventDefault();
      move();
    }
    return false;
  }
}
