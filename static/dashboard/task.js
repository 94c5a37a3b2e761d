// The current (or last) task, its progress and cost, and the field for writing to the agent.
import { html, useEffect, useRef, useState } from "../vendor/htm/preact.js";
import { Todos, todosIn } from "./conversation/items.js";
import { hasEnded } from "./follow.js";
import { Badge, Failure, useAsking } from "./parts.js";
import { dollars, plural, stateOf, stateWords, titleOf, tokens } from "./words.js";

const COMMAND_WORDS = { continue: "Continue while it runs", kill: "Kill the command" };

export function TaskBar({ following, connection, may, show }) {
  const { task, tasks } = following;
  const [ask, { isBusy, failure }] = useAsking();
  if (!task) return null;
  const where = { sessionId: following.value.session.id, taskId: task.id };
  const calling = (operation, more) => () => ask(() => connection.call(operation, { ...where, ...more }));
  const maySteer = may("task:steer");
  const queued = tasks.filter((one) => one.status === "pending" && one.id !== task.id).length;
  const todos = todosIn(task.todos ?? "");
  const button = (words, operation, more, kind) => html`<button
    type="button"
    key=${words}
    class=${kind}
    disabled=${isBusy}
    onClick=${calling(operation, more)}
  >
    ${words}
  </button>`;
  return html`<section class="task" aria-label="Task">
    <div class="line">
      <${Badge} of=${stateOf(task)} words=${stateWords(task)} />
      <span class="input" title=${task.input}>${titleOf(task.input)}</span>
      ${
        maySteer &&
        ["failed", "cancelled"].includes(task.status) &&
        !task.parentId &&
        task.retryCount !== undefined &&
        button("Retry", "task.retry", {})
      }
      ${
        maySteer &&
        !hasEnded(task) &&
        html`${task.activity === "resumable" && button("Resume", "task.resume", {}, "primary")}
          ${
            following.value.isCommandLong &&
            Object.entries(COMMAND_WORDS).map(([action, words]) => button(words, "task.command", { action }))
          }
          ${task.status === "running" && button("Stop", "task.interrupt", {})}
          ${button("Cancel", "task.cancel", {}, "danger")}`
      }
    </div>
    ${
      !hasEnded(task) &&
      html`<progress max="100" value=${task.progress} aria-label="Progress">${task.progress} %</progress>`
    }
    <div class="facts quiet small">
      ${
        todos.length > 0 &&
        html`<details>
          <summary>${todos.filter(({ state }) => state === "done").length} of ${todos.length} done</summary>
          <${Todos} of=${task.todos} />
        </details>`
      }
      <${Cost} of=${[task.usage]} words="This task" />
      ${tasks.length > 1 && html`<${Cost} of=${tasks.map(({ usage }) => usage)} words="Session" />`}
      ${queued > 0 && html`<span>${queued} queued</span>`}
      ${
        tasks.length > 1 &&
        html`<button type="button" class="plain small" onClick=${() => show("tasks")}>
          ${plural(tasks.length, "task")}
        </button>`
      }
    </div>
    <${Failure} of=${failure} />
  </section>`;
}

/** Tokens and money of one or several tasks; nothing, where no model was asked. */
export function Cost({ of, words }) {
  const sum = (field) => of.reduce((total, usage) => total + (usage?.[field] ?? 0), 0);
  const [sent, written, cost] = [sum("totalTokensIn"), sum("totalTokensOut"), sum("totalCost")];
  if (!sent && !written) return null;
  const exactly = `${sent.toLocaleString("en")} tokens to the model, ${written.toLocaleString("en")} from it`;
  return html`<span title=${exactly}>
    ${words}: ${tokens(sent + written)} tokens${cost ? `, ${dollars(cost)}` : ""}
  </span>`;
}

const MOST_IMAGES = 20;
const dataUrl = (file) =>
  new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });

const USUAL = {
  checkpoints: true,
  minutes: "",
  dollars: "",
  check: "",
  protect: "",
  priority: "medium",
  after: [],
};
const linesOf = (text) =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);

/** The fields of a new task that differ from what is usual. */
function optionsOf({ checkpoints, minutes, dollars, check, protect, priority, after }) {
  const config = {};
  const [commands, patterns] = [linesOf(check), linesOf(protect)];
  if (commands.length || patterns.length)
    config.checks = { commands: commands.map((command) => ({ command })), protect: patterns };
  if (dollars) config.maxCost = Number(dollars);
  if (checkpoints) config.enableCheckpoints = true;
  if (minutes) config.timeout = Math.round(minutes * 60);
  return {
    ...(Object.keys(config).length && { config }),
    ...(priority !== USUAL.priority && { priority }),
    ...(after.length && { dependencies: after }),
  };
}

const PRIORITIES = { high: "High", medium: "Usual", low: "Low" };

/** How a new task is to be done. */
function Options({ options, onChange, tasks }) {
  const set = (name) => (value) => onChange({ ...options, [name]: value });
  const open = tasks.filter((task) => !hasEnded(task) && !task.parentId);
  const toggle = (id) =>
    set("after")(
      options.after.includes(id) ? options.after.filter((one) => one !== id) : [...options.after, id],
    );
  return html`<details class="options small">
    <summary>Options</summary>
    <div class="form">
      <label class="check">
        <input
          type="checkbox"
          checked=${options.checkpoints}
          onChange=${({ currentTarget }) => set("checkpoints")(currentTarget.checked)}
        />
        Keep a checkpoint before each change, to go back to
      </label>
      <div class="pair">
        <label>
          At most (minutes)
          <input
            type="number"
            min="1"
            max="43200"
            placeholder="no limit"
            value=${options.minutes}
            onInput=${({ currentTarget }) => set("minutes")(currentTarget.value)}
          />
        </label>
        <label>
          At most (US dollars)
          <input
            type="number"
            min="0.01"
            step="any"
            placeholder="no limit"
            value=${options.dollars}
            onInput=${({ currentTarget }) => set("dollars")(currentTarget.value)}
          />
        </label>
        <label>
          Priority
          <select
            value=${options.priority}
            onChange=${({ currentTarget }) => set("priority")(currentTarget.value)}
          >
            ${Object.entries(PRIORITIES).map(
              ([value, words]) =>
                html`<option value=${value} selected=${value === options.priority}>${words}</option>`,
            )}
          </select>
        </label>
      </div>
      <div class="pair">
        <label>
          Commands that must pass
          <textarea
            rows="2"
            placeholder="make test"
            value=${options.check}
            onInput=${({ currentTarget }) => set("check")(currentTarget.value)}
          ></textarea>
        </label>
        <label>
          Files that may not change
          <textarea
            rows="2"
            placeholder="tests/"
            value=${options.protect}
            onInput=${({ currentTarget }) => set("protect")(currentTarget.value)}
          ></textarea>
        </label>
      </div>
      ${
        open.length > 0 &&
        html`<fieldset>
          <legend>Begin once these are done</legend>
          ${open.map(
            (task) => html`<label class="check" key=${task.id}>
              <input
                type="checkbox"
                checked=${options.after.includes(task.id)}
                onChange=${() => toggle(task.id)}
              />
              ${titleOf(task.input).slice(0, 80)}
            </label>`,
          )}
        </fieldset>`
      }
    </div>
  </details>`;
}

const drafts = new Map(); // what was written and not sent, by person and session

export function Composer({ following, connection, isConnected, caller, isNew }) {
  const draft = `${caller.user.id} ${following.value.session.id}`;
  const [text, setText] = useState(drafts.get(draft) ?? "");
  const [images, setImages] = useState([]);
  const [isNewTask, setIsNewTask] = useState(false);
  const [options, setOptions] = useState(USUAL);
  const [ask, { isBusy, failure }] = useAsking();
  const files = useRef(null);
  const field = useRef(null);
  useEffect(() => void (isNew && field.current.focus()), []);
  useEffect(() => void (text ? drafts.set(draft, text) : drafts.delete(draft)), [text]);
  const { draft: handed } = following.value; // what was written for this session elsewhere
  useEffect(() => {
    if (!handed) return;
    setText(handed);
    following.set({ draft: "" });
  }, [handed]);
  const task = following.talkedTo;
  const isTalking = task && !isNewTask;
  const isOver = task && hasEnded(task);
  const sessionId = following.value.session.id;
  const send = (event) => {
    event?.preventDefault();
    if (!text.trim() || isBusy || !isConnected) return;
    const more = images.length ? { images } : {};
    ask(async () => {
      if (isTalking) await connection.call("task.message", { sessionId, taskId: task.id, text, ...more });
      else await connection.call("task.create", { sessionId, input: text, ...more, ...optionsOf(options) });
      setText("");
      setImages([]);
      setIsNewTask(false);
      setOptions(USUAL);
    });
  };
  const attach = (given) =>
    ask(async () => {
      const found = [...given].filter(({ type }) => /^image\/(png|jpeg|gif|webp)$/.test(type));
      const read = await Promise.all(found.map(dataUrl));
      setImages((before) => [...before, ...read].slice(0, MOST_IMAGES));
    });
  const keys = (event) => event.key === "Enter" && !event.shiftKey && !event.isComposing && send(event);
  const pasted = (event) => {
    if (!event.clipboardData.files.length) return;
    event.preventDefault();
    attach(event.clipboardData.files);
  };
  const remove = (place) => setImages((before) => before.filter((_, at) => at !== place));
  return html`<form class="composer" onSubmit=${send}>
    <${Failure} of=${failure} />
    ${
      images.length > 0 &&
      html`<ul class="attached">
        ${images.map(
          (image, place) => html`<li key=${image}>
            <img src=${image} alt=${`Image ${place + 1}`} />
            <button type="button" aria-label=${`Remove image ${place + 1}`} onClick=${() => remove(place)}>
              ×
            </button>
          </li>`,
        )}
      </ul>`
    }
    <label>
      <span class="hidden">${isTalking ? "Message" : "Task"}</span>
      <textarea
        ref=${field}
        rows=${Math.min(8, Math.max(2, text.split("\n").length))}
        value=${text}
        onInput=${(event) => setText(event.currentTarget.value)}
        onKeyDown=${keys}
        onPaste=${pasted}
        placeholder=${
          isTalking
            ? isOver
              ? "Say what comes next: the task goes on …"
              : "Tell the agent something …"
            : "What should the agent do?"
        }
      ></textarea>
    </label>
    <footer>
      <button type="button" class="small" aria-label="Attach images" onClick=${() => files.current.click()}>
        Attach
      </button>
      <input
        ref=${files}
        type="file"
        hidden
        multiple
        accept="image/png,image/jpeg,image/gif,image/webp"
        onChange=${({ currentTarget }) => {
          attach(currentTarget.files);
          currentTarget.value = "";
        }}
      />
      ${
        task
          ? html`<label class="check small">
              <input
                type="checkbox"
                checked=${isNewTask}
                onChange=${(event) => setIsNewTask(event.currentTarget.checked)}
              />${" "}
              ${isOver ? "as a new task" : "as a new task, after this one"}
            </label>`
          : html`<span class="quiet small hint">Enter sends</span>`
      }
      ${!isTalking && html`<${Options} options=${options} onChange=${setOptions} tasks=${following.tasks} />`}
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
