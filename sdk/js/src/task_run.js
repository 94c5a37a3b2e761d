import { pendingOf, settle } from "./decisions.js";
import { RooCodeError, TIMEOUT } from "./errors.js";

/** @import * as Api from "./generated/api.js" */
/** @import { ApprovalsArea } from "./generated/areas.js" */
/** @import { Decide } from "./decisions.js" */
/** @import { AnyEvent, Events, EventOf } from "./events.js" */
/** @import { CallOptions } from "./options.js" */
/** @import { Tasks } from "./tasks.js" */

/**
 * What is told of a task as it goes on. A callback may return a promise.
 *
 * @typedef {object} Callbacks
 * @property {(progress: number, event: EventOf<"task.progress">) => unknown} [onProgress] 0 to 100; `event.step`
 *   says what is being done.
 * @property {(result: Api.TaskResult, event: EventOf<"task.completed">) => unknown} [onComplete]
 * @property {(error: Api.TaskError, event: EventOf<"task.failed">) => unknown} [onFail]
 * @property {Decide} [onApproval] Asked what the agent may do.
 * @property {(event: AnyEvent) => unknown} [onEvent] Every event of the task, before the callbacks above.
 * @property {(error: unknown) => unknown} [onError] Told if the task cannot be followed to its end, or a callback
 *   fails. Without it, `wait()` throws the error; if nobody waits, it is an unhandled rejection.
 */

/** @typedef {Api.Task & TaskRun} Task A task as it was when it was asked for, and what can be done with it. */
/** @typedef {{ tasks: Tasks, events: Events, approvals: ApprovalsArea }} Areas */

/** @type {ReadonlySet<string>} */
const ENDINGS = new Set(["task.completed", "task.failed", "task.cancelled"]);
/** @type {ReadonlySet<string>} */
const ENDED = new Set(["completed", "failed", "cancelled"]);

/** What can be done with a task. */
export class TaskRun {
  /** @type {string} */
  #id;
  /** @type {string} */
  #sessionId;
  /** @type {Areas} */
  #areas;
  /** @type {number | undefined} The `seq` of an event before the task's first one. */
  #before;
  /** @type {Promise<void>} */
  #reporting = Promise.resolve();

  /** @param {Api.Task} task @param {Areas} areas @param {number} [before] */
  constructor(task, areas, before) {
    this.#id = task.id;
    this.#sessionId = task.sessionId;
    this.#areas = areas;
    this.#before = before;
  }

  /** @param {Api.Task} task @param {Areas} areas @param {number} [before] @returns {Task} */
  static of(task, areas, before) {
    return Object.assign(new TaskRun(task, areas, before), task);
  }

  /** @internal @param {Callbacks} callbacks */
  report(callbacks) {
    const { onError, ...others } = callbacks;
    if (Object.values(others).every((each) => each === undefined)) return;
    this.#reporting = this.#report(others).catch((error) => {
      if (onError === undefined) throw error;
      onError(error);
    });
  }

  /**
   * Wait until the task has ended and its callbacks have been called; return it: its `status` says how it ended,
   * `result` or `error` what came of it. Throws RooCodeError: `TIMEOUT`, if it takes longer; or the signal's reason.
   * The task itself goes on.
   *
   * @param {{ signal?: AbortSignal, timeoutMs?: number }} [options]
   * @returns {Promise<Task>}
   */
  async wait({ signal, timeoutMs } = {}) {
    const limit = Number.isFinite(timeoutMs) ? AbortSignal.timeout(timeoutMs ?? 0) : undefined;
    const signals = [signal, limit].filter((each) => each !== undefined);
    try {
      const both = AbortSignal.any(signals);
      for await (const _ of this.events({ signal: both })) {
        // It has ended when its events have.
      }
      await orGiveUp(this.#reporting, both);
      return await this.#areas.tasks.get(this.#sessionId, this.#id, { signal: both });
    } catch (error) {
      if (signal?.aborted || !limit?.aborted) throw error;
      throw new RooCodeError(TIMEOUT, `The task has not ended within ${timeoutMs} ms`, { cause: error });
    }
  }

  /**
   * The task's events, each once and in order, until it has ended: those of a task that was created here from the
   * first one, those of another from now on.
   *
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {AsyncGenerator<AnyEvent, void, void>}
   */
  async *events({ signal } = {}) {
    const stream = this.#areas.events.follow(this.#sessionId, { lastSeq: this.#before, signal });
    if (this.#before === undefined) {
      await stream.ready();
      const { status } = await this.#areas.tasks.get(this.#sessionId, this.#id, { signal });
      if (ENDED.has(status)) {
        stream.end();
        return;
      }
    }
    for await (const event of stream) {
      if (event.taskId !== this.#id) continue;
      yield event;
      if (ENDINGS.has(event.type)) return;
    }
  }

  [Symbol.asyncIterator]() {
    return this.events();
  }

  /**
   * Send the agent a message: the answer to its question, a remark, or what comes next. A task that has ended goes on
   * with it; `wait()` and `events()` are then about the new turn.
   *
   * @param {string} text
   * @param {Omit<Api.TaskSay, "sessionId" | "taskId" | "text"> & CallOptions} [options]
   */
  async message(text, { signal, timeoutMs, idempotencyKey, ...more } = {}) {
    const bounds = { signal, timeoutMs, idempotencyKey };
    const { status } = await this.#areas.tasks.get(this.#sessionId, this.#id, { signal });
    const isTakenUp = ENDED.has(status);
    const head = isTakenUp ? await this.#head({ signal }) : undefined;
    const answer = await this.#areas.tasks.message(this.#sessionId, this.#id, { text, ...more }, bounds);
    if (isTakenUp) this.#before = head;
    return answer;
  }

  /** Stop what the task is doing, and leave it to be resumed. @param {CallOptions} [options] */
  interrupt(options) {
    return this.#areas.tasks.interrupt(this.#sessionId, this.#id, options);
  }

  /** Stop the task and everything it has started. @param {CallOptions} [options] */
  cancel(options) {
    return this.#areas.tasks.cancel(this.#sessionId, this.#id, options);
  }

  /**
   * Queue a failed or cancelled task again. `wait()` and `events()` are then about the new attempt.
   *
   * `budget` has the budgets that it gets in place of its own: `maxCost`, `maxTokens`, `maxRequests`.
   *
   * @param {{maxCost?: number, maxTokens?: number, maxRequests?: number}} [budget]
   * @param {CallOptions} [options]
   */
  async retry(budget, options) {
    const head = await this.#head(options);
    const task = await this.#areas.tasks.retry(this.#sessionId, this.#id, budget, options);
    this.#before = head;
    return task;
  }

  /** @param {CallOptions} [options] */
  async #head(options) {
    return (await this.#areas.events.list(this.#sessionId, { limit: 1 }, options)).pagination.head;
  }

  /** Go on with an interrupted task. @param {CallOptions} [options] */
  resume(options) {
    return this.#areas.tasks.resume(this.#sessionId, this.#id, options);
  }

  /** What the task has changed. @param {Omit<Api.TaskCompare, "sessionId" | "taskId">} [request] @param {CallOptions} [options] */
  diff(request, options) {
    return this.#areas.tasks.diff(this.#sessionId, this.#id, request, options);
  }

  /** @param {Omit<Callbacks, "onError">} callbacks */
  async #report({ onProgress, onComplete, onFail, onApproval, onEvent }) {
    /** @type {Promise<void>[]} */
    const deciding = [];
    for await (const event of this.events()) {
      await onEvent?.(event);
      if (event.type === "task.progress") await onProgress?.(event.progress, event);
      if (event.type === "task.completed") await onComplete?.(event.result, event);
      if (event.type === "task.failed") await onFail?.(event.error, event);
      if (event.type === "approval.required" && onApproval !== undefined) {
        deciding.push(settle(this.#areas.approvals, pendingOf(event), onApproval));
      }
    }
    await Promise.all(deciding);
  }
}

/** @param {Promise<void>} work @param {AbortSignal} signal */
async function orGiveUp(work, signal) {
  signal.throwIfAborted();
  /** @type {() => void} */
  let giveUp = () => {};
  const aborted = new Promise((_, reject) => {
    giveUp = () => reject(signal.reason);
    signal.addEventListener("abort", giveUp, { once: true });
  });
  try {
    await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}
