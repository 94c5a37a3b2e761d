// Comments on lines of changes, collected until they are sent to the agent as one message.
import { html, useLayoutEffect, useRef, useState } from "../../vendor/htm/preact.js";
import { Store } from "../store.js";
import { plural } from "../words.js";

const MOST_QUOTED = 12; // lines of a range that are repeated in the message
const MOST_TITLE = 80; // characters of a comment in the title
const MOST_NAMED = 3; // files in the title

let numbers = 0;

/** The comments on one session's changes. */
class Comments extends Store {
  constructor() {
    super({ list: [] });
  }

  add(comment) {
    numbers += 1;
    this.set({ list: [...this.value.list, { number: numbers, ...comment }] });
  }

  change(number, text) {
    this.set({ list: this.value.list.map((each) => (each.number === number ? { ...each, text } : each)) });
  }

  remove(number) {
    this.set({ list: this.value.list.filter((each) => each.number !== number) });
  }

  clear() {
    this.set({ list: [] });
  }
}

const kept = new Map();

/** A person's comments on a session that were not sent yet. */
export function commentsOf(place) {
  if (!kept.has(place)) kept.set(place, new Comments());
  return kept.get(place);
}

addEventListener("beforeunload", (event) => {
  if ([...kept.values()].some(({ value }) => value.list.length)) event.preventDefault();
});

const linesOf = ({ from, to }) => (from === to ? `line ${from}` : `lines ${from} to ${to}`);

export const whereOf = (comment) => `${linesOf(comment)}${comment.side === "before" ? " (removed)" : ""}`;

/** The message to the agent that says all of them. */
export function messageOf(comments) {
  const parts = comments.map((comment) => {
    const quoted = comment.quote.slice(0, MOST_QUOTED).map((line) => `> ${line}`);
    if (comment.quote.length > MOST_QUOTED) quoted.push("> …");
    return [`\`${comment.path.slice(1)}\`, ${whereOf(comment)}:`, ...quoted, "", comment.text].join("\n");
  });
  return [headingOf(comments), `Please work on ${comments.length === 1 ? "it" : "them"}.`, ...parts].join(
    "\n\n",
  );
}

/** What the comments are about, in one line: it is the title of a task that begins with them. */
function headingOf(comments) {
  const [{ path, text }] = comments;
  if (comments.length === 1) {
    const [first] = text.split("\n");
    const words = first.length > MOST_TITLE ? `${first.slice(0, MOST_TITLE).trimEnd()} …` : first;
    return `Comment on ${path.slice(1)}: ${words}`;
  }
  const names = [...new Set(comments.map((comment) => comment.path.slice(1)))];
  const more = names.length - MOST_NAMED;
  const named = names.slice(0, MOST_NAMED).join(", ");
  return `${comments.length} comments on ${named}${more > 0 ? ` and ${plural(more, "more file")}` : ""}`;
}

/** A comment that is being written, or changed. */
export function Writing({ where, text: first = "", word = "Add comment", onDone, onCancel }) {
  const [text, setText] = useState(first);
  const field = useRef(null);
  useLayoutEffect(() => field.current.focus(), []);
  const send = (event) => {
    event?.preventDefault();
    if (text.trim()) onDone(text.trim());
  };
  const keys = (event) => {
    if (event.key === "Escape") onCancel();
    else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) send();
    else return;
    event.stopPropagation();
  };
  return html`<form class="writing" onSubmit=${send} onKeyDown=${keys}>
    <label>
      Comment on ${where}
      <textarea
        ref=${field}
        rows="3"
        maxlength="20000"
        value=${text}
        onInput=${(event) => setText(event.currentTarget.value)}
      ></textarea>
    </label>
    <footer>
      <span class="quiet small">Ctrl + Enter adds it</span>
      <button type="button" class="small" onClick=${onCancel}>Cancel</button>
      <button class="primary small" aria-disabled=${!text.trim()}>${word}</button>
    </footer>
  </form>`;
}

/** A comment below its lines. */
export function Comment({ comment, comments, onGone }) {
  const [isChanging, setIsChanging] = useState(false);
  if (isChanging)
    return html`<${Writing}
      where=${whereOf(comment)}
      text=${comment.text}
      word="Change comment"
      onDone=${(text) => {
        comments.change(comment.number, text);
        setIsChanging(false);
      }}
      onCancel=${() => setIsChanging(false)}
    />`;
  const remove = () => {
    comments.remove(comment.number);
    onGone();
  };
  return html`<div class="comment">
    <p class="quiet small">Your comment on ${whereOf(comment)}, not sent yet</p>
    <p>${comment.text}</p>
    <footer>
      <button type="button" class="plain small" onClick=${() => setIsChanging(true)}>Edit</button>
      <button type="button" class="plain small" onClick=${remove}>Remove</button>
    </footer>
  </div>`;
}
