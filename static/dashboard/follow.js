// The state derived from a session's events: its tasks, approvals, changed files, and the story to read.
import { Screen } from "./conversation/ansi.js";
import { Store } from "./store.js";

const HISTORY = 2000;
const MOST_EVENTS = 5000;
const MOST_ITEMS = 5000;
const MOST_LINES = 100_000; // of the output of one call
const BEFORE_NAMED = 50; // events before one that a link leads to
const TOLD_BY_CALLS = new Set([
  "tool",
  "command",
  "command_output",
  "use_mcp_server",
  "mcp_server_request_started",
  "mcp_server_response",
  "browser_action_launch",
  "browser_action",
  "codebase_search_result",
  "api_req_started",
  "api_req_retry_delayed",
  "condense_context",
  "sliding_window_truncation",
  "checkpoint_saved",
  "subtask_result",
  "api_req_failed",
  "mistake_limit_reached",
  "auto_approval_max_req_reached",
]); // messages of S2 whose content the story shows by other events
const CONFIRMATIONS = new Set(["api_req_failed", "mistake_limit_reached", "auto_approval_max_req_reached"]);
const ENDED = new Set(["completed", "failed", "cancelled"]);

export const hasEnded = (task) => ENDED.has(task.status);

function nothing(session) {
  return {
    session,
    start: 0, // events up to this number were not requested
    removed: 0, // events up to this number are in the log no longer
    seq: 0,
    now: 0, // when the last event happened, by this browser's clock
    lastEventId: undefined,
    isLoading: true,
    isWorkedOn: false, // it had a task already when it was opened
    tasks: new Map(),
    approvals: new Map(),
    story: [], // what is shown from top to bottom: messages, calls, ends of tasks
    calls: new Map(),
    changes: new Map(), // by path: how the file has changed
    filesVersion: 0,
    draft: "", // what was written for the agent in another place than its field
    cloning: null, // the step of a clone that is under way, as its last event tells it
    sharesVersion: 0, // how often this page was told that somebody was let in, or out
    events: [],
    writing: new Map(), // by their ids: messages and calls that the agent is writing
    messages: new Map(), // by their ids: the numbers of the events that told them
    begun: new Set(), // tasks whose first message, their input, is in the story
    question: null,
    isCommandLong: false, // the task waits for a command, which a person may continue or kill
  };
}

/** An opened session. */
export class Following extends Store {
  constructor(connection, session) {
    super(nothing(session));
    this.connection = connection;
    this.asked = new Set(); // tasks that were not in those lists
    this.known = 0; // the lists that were requested include everything up to this number
  }

  /** Load the story: its last events, from its beginning, or from some before the one with this number. */
  async open({ whole = false, from = Number.POSITIVE_INFINITY } = {}) {
    const { session } = this.value;
    const sessionId = session.id;
    const opening = Symbol(sessionId);
    this.opening = opening;
    this.connection.opened = this;
    this.connection.onEvent = () => {}; // late events of the previous session do not belong to this one
    await this.connection.unfollow();
    Object.assign(this.value, nothing(session));
    this.tell();
    const { pagination } = await this.connection.call("event.list", { sessionId, limit: 1 });
    this.known = pagination.head;
    const earliest = pagination.first - 1;
    const start = whole
      ? earliest
      : Math.max(earliest, Math.min(pagination.head - HISTORY, from - BEFORE_NAMED));
    this.value.start = this.value.seq = start;
    this.value.removed = earliest;
    const [tasks, approvals] = await Promise.all([
      this.connection.call("task.list", { sessionId, limit: 100 }),
      this.connection.call("approval.list", { sessionId, status: "pending", limit: 100 }),
    ]);
    if (this.connection.opened !== this || this.opening !== opening) return; // another was opened
    this.value.isWorkedOn = tasks.data.length > 0;
    for (const task of tasks.data.reverse()) this.value.tasks.set(task.id, task);
    for (const approval of approvals.data) this.value.approvals.set(approval.id, approval);
    this.connection.onEvent = (event) => this.#take(event);
    await this.connection.follow(sessionId, () => this.#cursor());
    this.set({ isLoading: false });
  }

  /** Ask what the caller may do in the session: somebody may have given them another access. */
  async askAccess() {
    try {
      const { session } = await this.connection.call("session.get", { sessionId: this.value.session.id });
      this.set({ session });
    } catch (refusal) {
      const isTold = refusal.code === "RESOURCE_NOT_FOUND"; // by the connection
      if (!isTold) this.connection.onTrouble(refusal);
    }
  }

  get tasks() {
    return [...this.value.tasks.values()];
  }

  get task() {
    const { tasks } = this;
    return tasks.find((task) => task.status === "running") ?? tasks.at(-1) ?? null;
  }

  /** The task that messages go to: the current one or, of a subtask, the one that has asked for it. */
  get talkedTo() {
    let { task } = this;
    while (task?.parentId) task = this.value.tasks.get(task.parentId);
    return task ?? null;
  }

  get pending() {
    return [...this.value.approvals.values()].filter((approval) => approval.status === "pending");
  }

  /** Where to resume: the last event, by its id if known, because a restored log reuses numbers. */
  #cursor() {
    const { seq, lastEventId } = this.value;
    return lastEventId ? { lastSeq: seq, lastEventId } : { lastSeq: seq };
  }

  #take(event) {
    const state = this.value;
    if (event.sessionId !== state.session.id) return;
    if (event.type === "log.reset") return void this.#restart();
    if (event.type === "log.cut") {
      if (state.seq < event.first - 1) Object.assign(state, { seq: event.first - 1, lastEventId: undefined });
      return this.set({ removed: event.first - 1 });
    }
    if (event.seq && event.seq <= state.seq) return;
    // Until the session is followed, the overview tells of some of its events; all come again in their order.
    if (state.isLoading && event.seq > state.seq + 1) return;
    if (event.seq) {
      state.seq = event.seq;
      state.lastEventId = event.id;
      state.events.push(event);
      if (state.events.length > MOST_EVENTS) state.events.splice(0, MOST_EVENTS / 5);
    }
    const isNew = !event.seq || event.seq > this.known;
    state.now = isNew ? Date.now() : Date.parse(event.timestamp); // clocks may differ
    if (isNew) {
      TASK[event.type]?.(state, event);
      if (event.taskId && !state.tasks.has(event.taskId)) this.#learnOf(event.taskId);
      this.connection.onNews(event, state.session);
    }
    STORY[event.type]?.(state, event);
    if (event.type === "session.deleted") this.connection.onGone();
    if (state.story.length > MOST_ITEMS) {
      for (const old of state.story.splice(0, MOST_ITEMS / 5)) state.calls.delete(old.callKey);
    }
    this.tell();
  }

  /** Something happens in a task that is not among the last ones, which were asked for. */
  async #learnOf(taskId) {
    if (this.asked.has(taskId)) return;
    this.asked.add(taskId);
    try {
      const { task } = await this.connection.call("task.get", { sessionId: this.value.session.id, taskId });
      this.value.tasks.set(task.id, task);
      this.tell();
    } catch (refusal) {
      this.connection.onTrouble(refusal);
    }
  }

  /** The log is a different one than before: discard everything and load it again. */
  async #restart() {
    try {
      await this.open();
    } catch (failure) {
      return this.connection.onTrouble(failure);
    }
    await this.askAccess();
  }
}

const moved = (change) => (state, event) => {
  const task = state.tasks.get(event.taskId);
  if (task) state.tasks.set(task.id, { ...task, ...change(event) });
};

/** Apply an event to the task and its approvals. */
const TASK = {
  "session.updated": (state, { session }) => (state.session = { ...session, access: state.session.access }),
  "session.shared": (state) => (state.sharesVersion += 1),
  "session.unshared": (state) => (state.sharesVersion += 1),
  "task.retried": moved(({ retryCount }) => ({
    status: "pending",
    activity: "queued",
    progress: 0,
    error: undefined,
    result: undefined,
    startedAt: undefined,
    completedAt: undefined,
    retryCount,
  })),
  "task.reopened": moved(({ turn }) => ({
    status: "pending",
    activity: "queued",
    progress: 0,
    error: undefined,
    result: undefined,
    completedAt: undefined,
    turn,
  })),
  "task.rewound": moved(() => ({ error: undefined, result: undefined, completedAt: undefined })),
  "task.reinstated": (state, { task }) => state.tasks.set(task.id, task),
  "task.created": (state, event) => state.tasks.set(event.task.id, event.task),
  "task.started": moved((event) => ({ status: "running", activity: "active", startedAt: event.timestamp })),
  "task.progress": moved((event) => ({ progress: event.progress, step: event.step })),
  "task.active": moved(() => ({ activity: "active" })),
  "task.interactive": moved(() => ({ activity: "interactive" })),
  "task.idle": moved(() => ({ activity: "interactive" })),
  "task.paused": moved(() => ({ activity: "paused" })),
  "task.unpaused": moved(() => ({ activity: "active" })),
  "mode.switched": moved(({ mode }) => ({ mode })),
  "todos.updated": moved(({ todos }) => ({ todos })),
  "usage.updated": moved(({ usage, toolUsage }) => ({ usage, toolUsage })),
  "task.resumable": moved(() => ({ status: "pending", activity: "resumable" })),
  "task.resumed": moved(() => ({ status: "running", activity: "active" })),
  "task.completed": (state, event) => {
    const { timestamp: completedAt, usage, result } = event;
    moved(() => ({ status: "completed", activity: "idle", progress: 100, usage, result, completedAt }))(
      state,
      event,
    );
    for (const [id, task] of state.tasks) {
      if (!task.waitingFor?.includes(event.taskId)) continue;
      state.tasks.set(id, { ...task, waitingFor: task.waitingFor.filter((each) => each !== event.taskId) });
    }
  },
  "task.failed": moved((event) => ({ status: "failed", activity: "idle", error: event.error })),
  "task.cancelled": moved(() => ({ status: "cancelled", activity: "idle" })),
  "approval.required": (state, event) =>
    state.approvals.set(event.approvalId, { ...event, id: event.approvalId, status: "pending" }),
  "approval.resolved": (state, event) =>
    state.approvals.set(event.approvalId, { ...state.approvals.get(event.approvalId), status: event.status }),
};

const callKey = (event) => `${event.taskId ?? ""}/${event.callId}`;

function call(state, event) {
  const key = callKey(event);
  if (!state.calls.has(key)) {
    const made = {
      kind: "call",
      key: event.id,
      callKey: key,
      taskId: event.taskId,
      time: event.timestamp,
      seq: event.seq,
      version: 0,
      screen: new Screen(MOST_LINES),
      changes: [],
      toolName: event.toolName,
      parameters: event.parameters,
      state: "asking",
    };
    state.calls.set(key, made);
    state.story.push(made);
  }
  state.writing.delete(event.callId);
  const found = state.calls.get(key);
  found.version += 1;
  return found;
}

function changed(status) {
  return (state, event) => {
    state.filesVersion += 1;
    if (event.kind === "directory") return;
    if (status === "deleted") {
      for (const path of state.changes.keys())
        if (path.startsWith(`${event.path}/`)) state.changes.delete(path);
    }
    const before = state.changes.get(event.path) ?? { path: event.path, added: 0, removed: 0, diffs: [] };
    const { added = 0, removed = 0, diff } = event.changes ?? {};
    state.changes.set(event.path, {
      ...before,
      status: before.status === "created" && status === "modified" ? "created" : status,
      added: before.added + added,
      removed: before.removed + removed,
      diffs: diff ? [...before.diffs, { seq: event.seq, diff }] : before.diffs,
    });
    const running = state.story.findLast((item) => item.kind === "call" && item.state === "running");
    if (!running) return;
    running.changes.push({ path: event.path, status, added, removed, diff });
    running.version += 1;
  };
}

/** Something to be told between messages and calls. */
const noted = (state, event) =>
  state.story.push({
    kind: "note",
    key: event.id,
    seq: event.seq,
    version: 0,
    taskId: event.taskId,
    type: event.type,
    time: event.timestamp,
    event,
  });

const ended = (state, event) => {
  state.writing.clear();
  state.question = null;
  state.isCommandLong = false;
  const isTold = event.type === "task.completed" && event.isSubtask; // when its task goes on, with its result
  if (!isTold) noted(state, event);
};

/** A failure whose reason the agent has just told is not told a second time. */
function failed(state, event) {
  const { message } = state.story.at(-1) ?? {};
  const isTold = message?.say === "error" && message.text === event.error.message;
  ended(state, isTold ? { ...event, isTold } : event);
}

/** The whole output of a command belongs to its call. */
function printed(state, { taskId, message }) {
  const run = state.story.findLast(
    (item) =>
      item.kind === "call" &&
      item.taskId === taskId &&
      (item.outputId ? item.outputId === message.id : item.toolName === "execute_command"),
  );
  if (!run) return;
  run.screen = Screen.of(message.text.replace(/\n$/, ""));
  run.isWhole = true;
  run.version += 1;
}

/** The state of a call that was cut short, by the code of its failure. */
const CUT_OFF = {
  CALL_INTERRUPTED: "interrupted",
  CALL_CANCELLED: "cancelled",
  CALL_ABANDONED: "interrupted",
};

/** Whether to go on at all was asked by a note, which is told what was decided. */
function answered(state, event) {
  const asked = state.story.findLast((item) => item.event?.approvalId === event.approvalId);
  if (asked) Object.assign(asked, { verdict: event, version: asked.version + 1 });
}

/** An interrupted call may start again with the same id. */
const begun = (state, event) =>
  Object.assign(call(state, event), {
    state: "running",
    toolName: event.toolName,
    parameters: event.parameters,
    startedAt: event.timestamp,
    begunAt: state.now,
    result: undefined,
    error: undefined,
    end: undefined,
  });

/** Apply an event to the story. */
const STORY = {
  "message.created": (state, event) => {
    const { message, taskId } = event;
    state.messages.set(message.id, event.seq);
    state.writing.delete(message.id);
    if (message.ask === "command_output") state.isCommandLong = true;
    if (message.say === "command_output") return printed(state, event);
    if (TOLD_BY_CALLS.has(message.ask ?? message.say)) return;
    const isTask = !state.begun.has(taskId) && state.tasks.get(taskId)?.input === message.text;
    state.begun.add(taskId);
    state.story.push({
      kind: "message",
      key: event.id,
      seq: event.seq,
      version: 0,
      taskId,
      time: event.timestamp,
      message,
      isMine: event.author === "person" || message.say === "user_feedback",
      isTask,
    });
  },
  "message.delta": (state, { messageId, taskId, text, say }) => {
    const before = state.writing.get(messageId)?.text ?? "";
    state.writing.set(messageId, { taskId, say, text: before + text });
  },
  "message.discarded": (state, { messageId }) => {
    for (const [id, one] of state.writing)
      if (id === messageId || one.messageId === messageId) state.writing.delete(id);
  },
  "call.delta": (state, { callId, messageId, taskId, toolName, arguments: piece }) => {
    const before = state.writing.get(callId)?.text ?? "";
    state.writing.set(callId, { taskId, messageId, toolName, text: before + piece });
  },
  "task.retrying": (state, event) => {
    const last = state.story.at(-1);
    if (last?.type !== "task.retrying" || last.taskId !== event.taskId) return noted(state, event);
    last.event = event;
    last.version += 1;
  },
  "task.checked": noted,
  "task.condensed": noted,
  "task.spawned": noted,
  "task.unpaused": noted,
  "mode.switched": noted,
  "checkpoint.saved": noted,
  "checkpoint.restored": (state, event) => {
    state.filesVersion += 1;
    for (const { path } of event.files) state.changes.delete(path); // what has changed since is another thing
    noted(state, event);
  },
  "task.resumed": noted,
  "task.reopened": noted,
  "task.rewound": (state, event) => {
    // What came after the message is not shown until it is brought back. Calls may come again with its ids.
    const after = state.messages.get(event.messageId) ?? state.start;
    for (const item of state.story) {
      if (item.taskId !== event.taskId || item.seq <= after || item.takenBack) continue;
      item.takenBack = event.id;
      state.calls.delete(item.callKey);
    }
    noted(state, event);
  },
  "task.reinstated": (state, event) => {
    const undone = state.story.findLast(
      ({ type, taskId, takenBack }) => type === "task.rewound" && taskId === event.taskId && !takenBack,
    );
    if (!undone) return;
    for (const item of state.story) {
      if (item.takenBack !== undone.key) continue;
      item.takenBack = undefined;
      if (item.callKey) state.calls.set(item.callKey, item);
    }
    undone.takenBack = event.id;
  },
  "task.retried": (state, event) => {
    // Its calls may have the ids of those of the run before, which stay as they are.
    for (const key of [...state.calls.keys()])
      if (key.startsWith(`${event.taskId}/`)) state.calls.delete(key);
    noted(state, event);
  },
  "approval.required": (state, event) => {
    if (CONFIRMATIONS.has(event.toolName)) return noted(state, event);
    call(state, event).state = "asking";
  },
  "approval.resolved": (state, event) => {
    if (!state.calls.has(callKey(event))) return answered(state, event);
    const asked = call(state, event);
    asked.verdict = event;
    if (event.status !== "approved") asked.state = event.status;
  },
  "tool.started": (state, event) => begun(state, event),
  "tool.output": (state, event) => {
    const running = call(state, event);
    running.outputId = event.messageId;
    running.screen.write(event.text);
  },
  "command.continued": (state, event) => {
    if (state.calls.has(callKey(event))) call(state, event).state = "background";
  },
  "command.ended": (state, event) => {
    if (!state.calls.has(callKey(event))) return;
    const { stoppedBy, exitCode, executionTime } = event;
    const outcome = exitCode === 0 ? "done" : stoppedBy ? "stopped" : "failed";
    Object.assign(call(state, event), { state: outcome, end: event, executionTime });
  },
  "tool.completed": (state, event) => {
    const done = call(state, event);
    done.result = event.result;
    if (event.taskId) state.isCommandLong = false;
    if (done.end || done.state === "background") return; // the command has an end of its own
    Object.assign(done, {
      state: event.result.success ? "done" : "failed",
      executionTime: event.executionTime,
    });
  },
  "tool.failed": (state, event) => {
    if (event.code === "TOOL_FAILED") return; // the result reports it as well
    const failed = call(state, event);
    Object.assign(failed, { state: CUT_OFF[event.code] ?? "failed", error: event.error });
    if (event.taskId) state.isCommandLong = false;
  },
  "task.interactive": (state, event) => {
    const { taskId, question, suggestions } = event;
    state.question = question ? { taskId, text: question, suggestions } : null;
  },
  "task.active": (state) => (state.question = null),
  "task.resumable": (state, event) => {
    const { type, taskId } = state.story.at(-1) ?? {};
    const isTold = type === "task.rewound" && taskId === event.taskId; // which says what can be done
    if (!isTold) ended(state, event);
  },
  "task.completed": ended,
  "task.failed": failed,
  "task.cancelled": ended,
  "file.created": changed("created"),
  "file.modified": changed("modified"),
  "file.deleted": changed("deleted"),
  "workspace.cloning": (state, event) => (state.cloning = event),
  "workspace.imported": (state, event) => {
    noted(state, event);
    state.cloning = null;
    state.filesVersion += 1;
  },
  "workspace.changed": (state) => (state.filesVersion += 1),
  "file.renamed": (state, event) => {
    changed("deleted")(state, event);
    changed("created")(state, { ...event, path: event.to });
  },
};
