// The story of a session: messages, tool calls, and how tasks ended. Of a long one, the end is shown first.
import { html, useEffect, useLayoutEffect, useRef, useState } from "../vendor/htm/preact.js";
import { Parameters } from "./approvals.js";
import { Diff, Empty, timeOf, withDuration } from "./parts.js";

const WINDOW = 150;
const NEAR_PX = 80;

export function Story({ following }) {
  const { story, writing, start, isLoading } = following.value;
  const [shown, setShown] = useState(WINDOW);
  const view = useRef(null);
  const isAtEnd = useRef(true);
  useEffect(() => setShown(WINDOW), [following]);
  useLayoutEffect(() => {
    if (isAtEnd.current) view.current.scrollTop = view.current.scrollHeight;
  });
  const scrolled = ({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
    isAtEnd.current = scrollHeight - scrollTop - clientHeight < NEAR_PX;
  };
  const items = story.slice(-shown);
  const earlier = story.length - items.length;
  return html`<div class="story" ref=${view} onScroll=${scrolled} tabindex="0" aria-label="Story">
    ${
      start > 0 &&
      html`<button type="button" onClick=${() => following.open({ whole: true })}>
        Load the first ${start} events too
      </button>`
    }
    ${
      earlier > 0 &&
      html`<button type="button" onClick=${() => setShown(shown + WINDOW)}>
        Show ${Math.min(WINDOW, earlier)} earlier of ${earlier}
      </button>`
    }
    ${
      !story.length &&
      !isLoading &&
      html`<${Empty} title="Nothing has happened yet">
        Give the agent a task below, or run a command in its workspace.
      <//>`
    }
    <ol aria-live="polite" aria-relevant="additions">
      ${items.map(
        (item) => html`<${ITEMS[item.kind]}
          key=${item.key}
          item=${item}
          state=${item.state}
          length=${item.output?.length}
        />`,
      )}
      ${writing && html`<li class="message"><p>${writing.text}<span class="caret"></span></p></li>`}
    </ol>
  </div>`;
}

function Said({ item: { message, isMine, isTask, time } }) {
  const isResult = message.say === "completion_result";
  const images = message.images ?? [];
  const text = message.say === "browser_action_result" ? "" : (message.text ?? message.ask ?? "");
  const who = isTask ? "Task" : isMine ? "You" : "Agent";
  const kinds = ["message", isMine && "mine", isResult && "result", message.say === "error" && "error"];
  return html`<li class=${kinds.filter(Boolean).join(" ")}>
    <header>
      <span class="who">${isResult ? "Result" : who}</span>${" "}
      <time class="quiet small">${timeOf(time)}</time>
    </header>
    ${text && html`<${Text} of=${text} />`}
    ${images.map((image) => html`<img src=${image} alt="" />`)}
  </li>`;
}

/** Text with `code` formatted. */
function Text({ of }) {
  const parts = of.split(/(`[^`\n]+`)/);
  const isCode = (part) => part.length > 2 && part[0] === "`";
  return html`<p>
    ${parts.map((part) => (isCode(part) ? html`<code>${part.slice(1, -1)}</code>` : part))}
  </p>`;
}

const STATES = {
  asking: "waits for an answer",
  running: "running",
  done: "done",
  failed: "failed",
  rejected: "rejected",
  expired: "expired",
  cancelled: "cancelled",
  approved: "approved",
  interrupted: "interrupted",
};

function Called({ item }) {
  const { toolName, parameters, state, result, error, output, changes, verdict, taskId } = item;
  if (toolName === "attempt_completion" && !error) return null;
  const text = result?.output ?? output;
  const what = parameters?.command ?? parameters?.path ?? "";
  const isOpen =
    Boolean(error || parameters?.command) || changes.length > 0 || state === "failed" || state === "rejected";
  return html`<li class="call ${state}">
    <details open=${isOpen}>
      <summary>
        <span class="mark" aria-hidden="true"></span>
        <span class="tool">${toolName}</span> <code>${what}</code>
        <span class="quiet small">
          ${withDuration(STATES[state], item.executionTime)}${taskId ? "" : " · run by hand"}
        </span>
      </summary>
      ${verdict?.status === "rejected" && html`<${Rejected} of=${verdict} />`}
      ${error && html`<p class="small error">${error}</p>`}
      ${changes.map((change) => html`<${Changed} key=${change.path} ...${change} />`)}
      ${!parameters?.command && !changes.length && html`<${Parameters} of=${parameters} />`}
      ${text && !changes.length && html`<pre class="code" tabindex="0">${text}</pre>`}
    </details>
  </li>`;
}

const Rejected = ({ of: { resolvedBy, feedback } }) => html`<p class="quiet small">
  Rejected by ${resolvedBy ?? "the server"}${feedback ? `: ${feedback}` : ""}
</p>`;

const Changed = ({ path, status, added, removed, diff }) => html`<div class="changed">
  <p class="small">
    <span class="badge ${status}">${status}</span> <code>${path}</code>
    ${
      status === "modified" &&
      html` <span class="plus">+${added}</span> <span class="minus">−${removed}</span>`
    }
  </p>
  ${diff && html`<${Diff} text=${diff} />`}
</div>`;

const ENDS = {
  "task.completed": ["completed", "Task completed"],
  "task.failed": ["failed", "Task failed"],
  "task.cancelled": ["cancelled", "Task cancelled"],
  "task.resumable": ["resumable", "Task interrupted; it can be resumed"],
};

function Ended({ item: { type, event, time } }) {
  const [kind, words] = ENDS[type];
  const error = event.error ? `${event.error.code}: ${event.error.message}` : "";
  return html`<li class="end ${kind}">
    <span>${words}</span>
    <span class="quiet small">${error}${event.reason ?? ""}</span>
    <time class="quiet small">${timeOf(time)}</time>
  </li>`;
}

const ITEMS = { message: Said, call: Called, end: Ended };
