// All tasks of a session, newest first: how each has ended, what it cost, and what can be done with it.
import { html, useState } from "../../vendor/htm/preact.js";
import { hasEnded } from "../follow.js";
import { Badge, dayOf, durationOf, Empty, Failure, useAsking } from "../parts.js";
import { Cost } from "../task.js";
import { plural, stateOf, stateWords, titleOf } from "../words.js";

const SHOWN = 100;

export function Panel({ following, connection, may }) {
  const { tasks } = following;
  const [shown, setShown] = useState(SHOWN);
  const newest = tasks.slice(-shown).reverse();
  return html`<section class="panel tasks" aria-label="Tasks">
    <p class="quiet small facts">
      <span>${plural(tasks.length, "task")}</span>
      <${Cost} of=${tasks.map(({ usage }) => usage)} words="All" />
    </p>
    ${
      !tasks.length &&
      html`<${Empty} title="No tasks yet">
        Write below the conversation what the agent should do. Several tasks are done one after the other.
      <//>`
    }
    <ol>
      ${newest.map(
        (task) => html`<${Row} key=${task.id} ...${{ task, tasks, following, connection, may }} />`,
      )}
    </ol>
    ${
      tasks.length > shown &&
      html`<button type="button" class="more" onClick=${() => setShown(shown + SHOWN)}>Show more</button>`
    }
  </section>`;
}

function Row({ task, tasks, following, connection, may }) {
  const [ask, { isBusy, failure }] = useAsking();
  const where = { sessionId: following.value.session.id, taskId: task.id };
  const button = (words, operation, kind) => html`<button
    type="button"
    class=${`small ${kind}`}
    disabled=${isBusy}
    onClick=${() => ask(() => connection.call(operation, where))}
  >
    ${words}
  </button>`;
  const { startedAt, completedAt, error, parentId, priority, type, retryCount } = task;
  const tookMs = startedAt && completedAt ? new Date(completedAt) - new Date(startedAt) : undefined;
  const named = new Map(tasks.map((one) => [one.id, titleOf(one.input)]));
  const waitsFor = (task.waitingFor ?? []).map((id) => named.get(id) ?? id);
  return html`<li class="row">
    <p>
      <${Badge} of=${stateOf(task)} words=${stateWords(task)} />
      ${priority && priority !== "medium" && html` <span class="chip">${priority} priority</span>`}
      ${type && html` <span class="chip">${type}</span>`}
      ${parentId && html` <span class="chip">subtask</span>`}
      <time class="quiet small">${dayOf(task.createdAt)}</time>
    </p>
    <p class="words">${task.input}</p>
    <p class="quiet small facts">
      ${tookMs >= 0 && html`<span>${durationOf(tookMs)}</span>`}
      <span>mode ${task.mode}</span>
      <${Cost} of=${[task.usage]} words="Used" />
      ${retryCount > 0 && html`<span>tried again ${plural(retryCount, "time")}</span>`}
    </p>
    ${waitsFor.length > 0 && html`<p class="small">Waits for: ${waitsFor.join("; ")}</p>`}
    ${error && html`<p class="small error">${error.message} (${error.code})</p>`}
    ${
      may("task:steer") &&
      html`<p class="actions">
        ${task.activity === "resumable" && !hasEnded(task) && button("Resume", "task.resume", "")}
        ${!hasEnded(task) && button("Cancel", "task.cancel", "danger")}
        ${
          ["failed", "cancelled"].includes(task.status) &&
          !parentId &&
          retryCount !== undefined &&
          button("Retry", "task.retry", "")
        }
      </p>`
    }
    <${Failure} of=${failure} />
  </li>`;
}
