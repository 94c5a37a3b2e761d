import { TasksArea } from "./generated/areas.js";
import { TaskRun } from "./task_run.js";

/** @import * as Api from "./generated/api.js" */
/** @import { ApprovalsArea } from "./generated/areas.js" */
/** @import { Events } from "./events.js" */
/** @import { Http } from "./http.js" */
/** @import { CallOptions } from "./options.js" */
/** @import { Callbacks, Task } from "./task_run.js" */

/** Tasks: create them, follow them, talk to them. */
export class Tasks extends TasksArea {
  #events;
  #approvals;

  /** @param {Http} http @param {Events} events @param {ApprovalsArea} approvals */
  constructor(http, events, approvals) {
    super(http);
    this.#events = events;
    this.#approvals = approvals;
  }

  /**
   * Create a task and start it; returns as soon as it is stored. The callbacks are called as it goes on, one after
   * the other: the next event waits until a callback's promise is settled.
   *
   * @param {string} sessionId
   * @param {Omit<Api.TaskCreate, "sessionId"> & Callbacks} request
   * @param {CallOptions} [options]
   * @returns {Promise<Task>}
   */
  async create(sessionId, request, options) {
    const { onProgress, onComplete, onFail, onApproval, onEvent, onError, ...asked } = request;
    const made = await this.call("task.create", { ...asked, sessionId }, options);
    const before = Number(new URL(made.websocket).searchParams.get("lastSeq"));
    const run = this.#run(made.task, before);
    run.report({ onProgress, onComplete, onFail, onApproval, onEvent, onError });
    return run;
  }

  /**
   * Get a task, with its status, progress and result, and with the methods to follow it.
   *
   * @param {string} sessionId
   * @param {string} taskId
   * @param {CallOptions} [options]
   * @returns {Promise<Task>}
   */
  async get(sessionId, taskId, options) {
    return this.#run((await this.call("task.get", { sessionId, taskId }, options)).task);
  }

  /**
   * Wait until a task has ended, and return it: its `status` says how, `result` or `error` what came of it.
   *
   * @param {string} sessionId
   * @param {string} taskId
   * @param {{ signal?: AbortSignal, timeoutMs?: number }} [options]
   */
  async wait(sessionId, taskId, options) {
    return (await this.get(sessionId, taskId, { signal: options?.signal })).wait(options);
  }

  /** @param {Api.Task} task @param {number} [before] @returns {Task} */
  #run(task, before) {
    return TaskRun.of(task, { tasks: this, events: this.#events, approvals: this.#approvals }, before);
  }
}
