// The items of a conversation: messages, calls, and what is to be told besides.
import { Component, html, useEffect, useState } from "../../vendor/htm/preact.js";
import { addressOf } from "../address.js";
import { Parameters } from "../approvals.js";
import { Dialog } from "../forms.js";
import { Copy, Diff, durationOf, timeOf } from "../parts.js";
import { CALLS, DECISIONS, ruleWords, STOPPERS, tokens, toolWords } from "../words.js";
import { Coloured, languageFor, Markdown } from "./markdown.js";
import { Output } from "./output.js";
import { GoBack, Undo } from "./rewinding.js";

/** An item is rendered again when it has changed, not whenever the list has. */
export class Item extends Component {
  shouldComponentUpdate(next) {
    const { item, version, named } = this.props;
    return next.item !== item || next.version !== version || next.named !== named;
  }

  render({ item, named, ...around }) {
    const Kind = { message: Said, call: Called, note: Noted }[item.kind];
    const content = html`<${Kind} item=${item} ...${around} />`;
    const isSub = Boolean(around.tasks.get(item.taskId)?.parentId);
    const classes = ["item", isSub && "sub", named && item.seq === named && "named"]
      .filter(Boolean)
      .join(" ");
    return html`<li class=${classes} data-key=${item.key} data-seq=${item.seq} tabindex="-1">${content}</li>`;
  }
}

/** A way to this place of the conversation, which others may be given. */
const Place = ({ item, session }) => html`<${Copy}
  words="Copy a link to this"
  shown="Link"
  text=${() => new URL(addressOf({ session: session.id, at: item.seq }), location.href).href}
/>`;

function Said({ item, session, connection, tasks, may }) {
  const { message, isMine, isTask, time, taskId } = item;
  const images = message.images ?? [];
  const kind = message.say ?? message.ask;
  if (kind === "reasoning") return html`<${Thought} of=${message.text} />`;
  const { text, suggestions } = wordsOf(message, kind);
  const isResult = kind === "completion_result";
  const isError = ["error", "diff_error", "rooignore_error"].includes(kind);
  const who = isResult
    ? "Result"
    : isTask
      ? "Task"
      : isMine
        ? "You"
        : kind === "followup"
          ? "Question"
          : "Agent";
  const kinds = ["message", isMine && "mine", isResult && "result", isError && "error"].filter(Boolean);
  return html`<article class=${kinds.join(" ")} aria-label=${`${who}, ${timeOf(time)}`}>
    <header>
      <span class="who">${who}</span> <time class="quiet small">${timeOf(time)}</time>
      <span class="tools">
        ${text && html`<${Copy} words="Copy message" text=${text} />`} <${Place} ...${{ item, session }} />
        ${
          may("task:steer") &&
          may("file:write") &&
          !tasks.get(taskId)?.parentId &&
          html` <${GoBack} ...${{ connection, session, taskId, messageId: message.id }} />`
        }
      </span>
    </header>
    ${text && (isMine ? html`<p class="said-text">${text}</p>` : html`<${Markdown} of=${text} />`)}
    ${
      suggestions?.length > 0 &&
      html`<ul class="suggested quiet small">${suggestions.map((one) => html`<li>${one}</li>`)}</ul>`
    }
    ${images.length > 0 && html`<${Images} of=${images} />`}
  </article>`;
}

/** A message's text; what S2's clients get as JSON is taken apart. */
function wordsOf(message, kind) {
  const text = message.text ?? "";
  if (kind === "browser_action_result") return { text: "" };
  if (kind !== "followup") return { text };
  try {
    const { question, suggest } = JSON.parse(text);
    return { text: question, suggestions: (suggest ?? []).map(({ answer }) => answer) };
  } catch {
    return { text };
  }
}

const Thought = ({ of }) => html`<details class="thought quiet">
  <summary>Thinking <span class="small">${of.trim().split("\n")[0].slice(0, 100)}</span></summary>
  <${Markdown} of=${of} />
</details>`;

function Images({ of }) {
  const [opened, setOpened] = useState(null);
  return html`<div class="images">
    ${of.map(
      (image, place) => html`<button
        type="button"
        class="image"
        aria-label=${`Enlarge image ${place + 1}`}
        onClick=${() => setOpened(image)}
      >
        <img src=${image} alt="" />
      </button>`,
    )}
    ${
      opened &&
      html`<${Dialog} title="Image" onClose=${() => setOpened(null)}>
        ${(close) => html`<img class="enlarged" src=${opened} alt="As it was sent" />
          <footer><button type="button" onClick=${close}>Close</button></footer>`}
      <//>`
    }
  </div>`;
}

const SECOND_MS = 1000;

/** For how long something has been under way, second by second. */
function Elapsed({ since }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), SECOND_MS);
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.max(0, Math.round((now - since) / SECOND_MS));
  const words = seconds < 60 ? `${seconds} s` : durationOf(seconds * SECOND_MS);
  return html`<span class="elapsed"> · ${words}</span>`;
}

const EXIT = /^Exit code (-?\d+) after ([\d.]+) s\.[^\n]*\n?/;
const READERS = new Set(["read_file", "list_files", "search_files", "list_code_definition_names"]);

function Called({ item, session, show, version }) {
  const { toolName, parameters, state, result, changes, verdict, taskId, screen, end } = item;
  const error = item.error ?? end?.error;
  if (toolName === "attempt_completion" && !error) return null;
  if (toolName === "ask_followup_question") return null; // the question is a message
  if (toolName === "update_todo_list" && !error) return html`<${Todos} of=${parameters?.todos} />`;
  const what = parameters?.command ?? parameters?.path ?? parameters?.question ?? "";
  const isCommand = Boolean(parameters?.command);
  const decided = verdictWords(verdict);
  const isOpen = Boolean(error) || isCommand || changes.length > 0 || state === "failed" || Boolean(decided);
  const printed = isCommand ? screen.lines.length > 1 || screen.lines[0].length > 0 : false;
  const text = (isCommand && result?.output.replace(EXIT, "")) || result?.output;
  const code = end?.exitCode ?? result?.exitCode ?? undefined;
  const isRunning = state === "running" || state === "background";
  const place = html`<${Place} ...${{ item, session }} />`;
  return html`<article class="call ${state}" aria-label=${`${toolWords(toolName)} ${what}`}>
    <details open=${isOpen}>
      <summary>
        <span class="mark" aria-hidden="true"></span>
        <span class="tool" title=${toolName}>${toolWords(toolName)}</span> <code>${what}</code>
        <span class="quiet small state">
          ${code ? html`<span class="error">exit code ${code}</span> · ` : ""}${CALLS[state]}${
            state === "stopped" ? ` ${STOPPERS[end.stoppedBy] ?? ""}` : ""
          }${
            item.executionTime === undefined
              ? isRunning && item.begunAt && html`<${Elapsed} since=${item.begunAt} />`
              : ` · ${durationOf(item.executionTime)}`
          }${taskId ? "" : " · run by hand"}
        </span>
      </summary>
      ${decided && html`<p class="quiet small verdict">${decided}</p>`}
      ${error && html`<p class="small ${state === "interrupted" ? "quiet" : "error"}">${error}</p>`}
      ${changes.map((change) => html`<${Changed} key=${change.path} ...${change} show=${show} />`)}
      ${!isCommand && !changes.length && !READERS.has(toolName) && html`<${Parameters} of=${parameters} />`}
      ${
        isCommand
          ? printed && (item.isWhole || !text || isRunning || !taskId)
            ? html`<${Output} screen=${screen} version=${version} isRunning=${isRunning}>
                ${place}
              <//>`
            : text && html`<${Output} text=${text}>${place}<//>`
          : text && !changes.length && html`<${Found} ...${{ toolName, parameters, text, state }} />`
      }
      ${!isCommand && html`<p class="tools">${place}</p>`}
    </details>
  </article>`;
}

/** What a call that reads has found: a file in the colours of its language, else as it is. */
function Found({ toolName, parameters, text, state }) {
  if (state === "failed") return html`<p class="small error">${text}</p>`;
  return toolName === "read_file" && text.length < 20_000
    ? html`<${Coloured} text=${text} language=${languageFor(parameters?.path)} label="Content" />`
    : html`<${Output} text=${text} />`;
}

const VERDICTS = { approved: "Approved", rejected: "Rejected" };
const REMEMBERED = { session: ", for this session", always: ", for all sessions of theirs" };

/** Who or what has decided and why; nothing if a person has approved without a word. */
function verdictWords({ status, resolvedBy, remembered, reviewedBy, byRule, feedback } = {}) {
  const word = VERDICTS[status];
  if (!word) return "";
  if (byRule) return `${word} by a rule: ${DECISIONS[byRule.decision].toLowerCase()} ${ruleWords(byRule)}`;
  if (reviewedBy) return feedback ?? `${word} by the reviewing model ${reviewedBy}`;
  if (!resolvedBy) return `${word}: ${feedback ?? "nobody answered."}`; // which says why in a sentence
  const isPlain = status === "approved" && !feedback && !(remembered in REMEMBERED);
  return isPlain
    ? ""
    : `${word} by ${resolvedBy}${REMEMBERED[remembered] ?? ""}${feedback ? `: ${feedback}` : ""}`;
}

const Changed = ({ path, status, added, removed, diff, show }) => html`<div class="changed">
  <p class="small">
    <span class="badge ${status}">${status}</span>${" "}
    <button type="button" class="plain path" onClick=${() => show("files", { path })}>
      ${path.replace(/^\//, "")}
    </button>
    ${
      status === "modified" &&
      html` <span class="plus">+${added}</span> <span class="minus">−${removed}</span>`
    }
  </p>
  ${diff && html`<${Diff} text=${diff} />`}
</div>`;

/** A to-do list in Markdown: `- [x] done`. */
export function todosIn(text = "") {
  return [...text.matchAll(/^\s*[-*]?\s*\[([ xX~-])\]\s*(.+)$/gm)].map(([, mark, words]) => ({
    words,
    state: /x/i.test(mark) ? "done" : mark === " " ? "open" : "doing",
  }));
}

/** What stands between backticks as code. */
const withCode = (words) =>
  words.split(/`([^`]+)`/).map((part, place) => (place % 2 ? html`<code>${part}</code>` : part));

const TODO_MARKS = { done: "✓", open: "○", doing: "◐" };
const TODO_WORDS = { done: "Done:", open: "To do:", doing: "In progress:" };

export const Todos = ({ of }) => html`<ul class="todos" aria-label="To-do list">
  ${todosIn(of).map(
    ({ words, state }) => html`<li class=${state}>
      <span aria-hidden="true">${TODO_MARKS[state]}</span>
      <span><span class="hidden">${TODO_WORDS[state]} </span>${withCode(words)}</span>
    </li>`,
  )}
</ul>`;

const NOTES = {
  "task.completed": () => ["good", "Task completed"],
  "task.failed": ({ error, isTold, isSubtask }) => [
    "bad",
    isSubtask ? "Subtask failed" : "Task failed",
    isTold ? error.code : `${error.message} (${error.code})`,
  ],
  "task.cancelled": ({ isSubtask }) => ["bad", isSubtask ? "Subtask cancelled" : "Task cancelled"],
  "task.resumable": ({ reason, interruptedBy }) => [
    "wait",
    interruptedBy === "person"
      ? "Stopped: Resume continues where it was, or say what to do instead"
      : "Interrupted: Resume continues where it was",
    interruptedBy === "person" ? "" : reason,
  ],
  "task.resumed": () => ["", "Resumed"],
  "task.reopened": ({ turn }) => ["", `Goes on: part ${turn}`],
  "task.rewound": () => ["wait", "Gone back to here: say what to do instead, or Resume"],
  "task.retried": () => ["", "Tried again, from the beginning"],
  "task.retrying": ({ attempt, delay, error }) => [
    "wait",
    `The model could not be asked; attempt ${attempt + 1} follows after ${durationOf(delay * 1000)}`,
    `${error.message} (${error.code})`,
  ],
  "task.spawned": () => ["", "A subtask was started"],
  "task.unpaused": ({ success }) => ["", success ? "The subtask is done" : "The subtask has failed"],
  "task.checked": ({ evidence: { passed, results } }) => {
    const good = results.filter((each) => each.passed).length;
    return [
      passed ? "good" : "bad",
      passed ? "Checked: done" : "Checked: not done",
      `${good} of ${results.length} passed`,
    ];
  },
  "task.condensed": ({ tokensBefore }) => [
    "",
    `The conversation was long (${tokens(tokensBefore)} tokens), so the agent continues from a summary`,
  ],
  "mode.switched": ({ mode, reason }) => ["", `Mode: ${mode}`, reason],
  "checkpoint.saved": () => ["", "Checkpoint saved"],
  "checkpoint.restored": ({ files }) => [
    "",
    "Checkpoint restored",
    `${files.length} ${files.length === 1 ? "file" : "files"}`,
  ],
  "workspace.imported": ({ files, repository }) => [
    "",
    repository ? "Repository cloned" : "Files imported",
    `${files.toLocaleString("en")} files${repository ? ` from ${repository}` : ""}`,
  ],
  "approval.required": ({ description }) => ["wait", "Whether to go on was asked", description],
};

const NOT_SHOWN = new Set(["attempt_completion", "ask_followup_question"]); // messages have what they say

/** All that an item says, to be searched. */
export function textOf({ kind, message, type, event, toolName, parameters, result, screen, changes, error }) {
  if (kind === "message") return wordsOf(message, message.say ?? message.ask).text;
  if (kind === "note") return NOTES[type](event).filter(Boolean).join(" ");
  if (NOT_SHOWN.has(toolName)) return "";
  const given = Object.values(parameters ?? {}).map((one) => (typeof one === "string" ? one : ""));
  const diffs = changes.map(({ path, diff }) => `${path}\n${diff ?? ""}`);
  return [toolWords(toolName), ...given, result?.output ?? screen.text, ...diffs, error].join("\n");
}

const CHECK_WORDS = { command: "", changed: "changed: ", protect: "not changed: " };

/** Each check of a task, how it went, and what its command printed. */
const Evidence = ({ of }) => html`<details class="quiet" open=${!of.passed}>
  <summary>Show the checks</summary>
  <ul class="todos" aria-label="Checks">
    ${of.results.map(
      ({ kind, check, passed, reason, output }) => html`<li class=${passed ? "done" : "open"}>
        <span aria-hidden="true">${passed ? "✓" : "✗"}</span>
        <span>
          <span class="hidden">${passed ? "Passed:" : "Failed:"} </span>
          ${CHECK_WORDS[kind]}<code>${check}</code> ${reason && html`<span class="small">${reason}</span>`}
          ${output && html`<pre class="small" tabindex="0">${output}</pre>`}
        </span>
      </li>`,
    )}
  </ul>
</details>`;

const ENDS = new Set(["task.completed", "task.failed", "task.cancelled"]);

function Noted({ item: { type, event, time, taskId, verdict }, connection, session, show, may }) {
  const [kind, words, more] = NOTES[type](event);
  const body = { "task.condensed": event.summary, "task.unpaused": event.result }[type];
  return html`<div class="note ${kind}">
    <p>
      <strong>${words}</strong> ${more && html`<span class="quiet small">${more}</span>`}
      ${
        type === "checkpoint.saved" &&
        html`<button
          type="button"
          class="plain small"
          onClick=${() => show("checkpoints", { checkpointId: event.checkpoint.id })}
        >
          Compare or restore
        </button>`
      }
      ${
        ENDS.has(type) &&
        !event.isSubtask &&
        may("file:read") &&
        html`<button type="button" class="plain small" onClick=${() => show("changes", { taskId })}>
          See the changes
        </button>`
      }
      ${
        type === "task.rewound" &&
        may("file:write") &&
        html`<${Undo} ...${{ connection, session, taskId }} />`
      }
      <time class="quiet small">${timeOf(time)}</time>
    </p>
    ${verdict && html`<p class="quiet small verdict">${verdictWords(verdict)}</p>`}
    ${body && html`<details class="quiet"><summary>Show it</summary><${Markdown} of=${body} /></details>`}
    ${type === "task.checked" && html`<${Evidence} of=${event.evidence} />`}
  </div>`;
}
