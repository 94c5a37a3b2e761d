// The current (or last) task, its progress, and the field for writing to the agent.
import { html, useState } from "../vendor/htm/preact.js";
import { hasEnded } from "./follow.js";
import { Badge, Failure, useAsking } from "./parts.js";

const COMMAND_WORDS = { continue: "Continue while it runs", kill: "Kill the command" };

export function TaskBar({ following, connection, may }) {
  const { task, tasks } = following;
  const [ask, { isBusy, failure }] = useAsking();
  if (!task) return null;
  const where = { sessionId: following.value.session.id, taskId: task.id };
  const state = task.status === "running" || task.activity === "resumable" ? task.activity : task.status;
  const calling = (operation, more) => () => ask(() => connection.call(operation, { ...where, ...more }));
  const maySteer = may("task:steer");
  const queued = tasks.filter((one) => one.status === "pending" && one.id !== task.id).length;
  return html`<section class="task" aria-label="Task">
    <div class="line">
      <${Badge} of=${state} />
      <span class="input" title=${task.input}>${task.input}</span>
      ${queued > 0 && html`<span class="quiet small">${queued} queued</span>`}
      ${
        maySteer &&
        task.activity === "resumable" &&
        !hasEnded(task) &&
        html`<button type="button" disabled=${isBusy} onClick=${calling("task.resume")}>Resume</button>`
      }
      ${
        maySteer &&
        following.value.isCommandLong &&
        Object.entries(COMMAND_WORDS).map(
          ([action, words]) => html`<button
            type="button"
            key=${action}
            disabled=${isBusy}
            onClick=${calling("task.command", { action })}
          >
            ${words}
          </button>`,
        )
      }
      ${
        maySteer &&
        !hasEnded(task) &&
        html`<button type="button" class="danger" disabled=${isBusy} onClick=${calling("task.cancel")}>
          Cancel
        </button>`
      }
    </div>
    <progress max="100" value=${task.progress} aria-label="Progress">${task.progress} %</progress>
    <${Failure} of=${failure} />
  </section>`;
}

export function Composer({ following, connection, isConnected }) {
  const [text, setText] = useState("");
  const [isNewTask, setIsNewTask] = useState(false);
  const [ask, { isBusy, failure }] = useAsking();
  const { task } = following;
  const isTalking = task && !hasEnded(task) && !isNewTask;
  const sessionId = following.value.session.id;
  const send = (event) => {
    event?.preventDefault();
    if (!text.trim() || isBusy || !isConnected) return;
    ask(async () => {
      if (isTalking) await connection.call("task.message", { sessionId, taskId: task.id, text });
      else await connection.call("task.create", { sessionId, input: text });
      setText("");
      setIsNewTask(false);
    });
  };
  const keys = (event) => event.key === "Enter" && !event.shiftKey && !event.isComposing && send(event);
  return html`<form class="composer" onSubmit=${send}>
    <${Failure} of=${failure} />
    <label>
      <span class="hidden">${isTalking ? "Message" : "Task"}</span>
      <textarea
        rows="2"
        value=${text}
        onInput=${(event) => setText(event.currentTarget.value)}
        onKeyDown=${keys}
        placeholder=${isTalking ? "Tell the agent something …" : "What should the agent do?"}
      ></textarea>
    </label>
    <footer>
      ${
        task && !hasEnded(task)
          ? html`<label class="check small">
              <input
                type="checkbox"
                checked=${isNewTask}
                onChange=${(event) => setIsNewTask(event.currentTarget.checked)}
              />${" "}
              as a new task, after this one
            </label>`
          : html`<span class="quiet small">Enter sends, Shift + Enter starts a new line</span>`
      }
      ${
        isTalking &&
        following.pending.length > 0 &&
        html`<span class="small warning">A message rejects the pending approval.</span>`
      }
      <button class="primary" disabled=${isBusy || !isConnected || !text.trim()}>
        ${isTalking ? "Send" : "Start task"}
      </button>
    </footer>
  </form>`;
}
