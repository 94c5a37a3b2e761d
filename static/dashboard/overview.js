// What is known of all sessions: their list, what each is doing, and what waits for the person.
import { Store } from "./store.js";

const PAGE = 50;
const SOON_MS = 250; // what happens at once is looked at once
const EVENTS = [
  "session.*",
  "approval.*",
  "task.created",
  "task.started",
  "task.interactive",
  "task.idle",
  "task.active",
  "task.answered",
  "task.resumable",
  "task.resumed",
  "task.retried",
  "task.reopened",
  "task.reinstated",
  "task.completed",
  "task.failed",
  "task.cancelled",
];

/** What a session does after an event of one of its tasks. */
const WORK = {
  "task.created": "running",
  "task.retried": "running",
  "task.reopened": "running",
  "task.started": "running",
  "task.active": "running",
  "task.resumed": "running",
  "task.interactive": "waiting",
  "task.idle": "waiting",
  "task.resumable": "interrupted",
  "task.completed": "idle",
  "task.cancelled": "idle",
  "task.failed": "failed",
};

/** After these the list of what waits is another one. */
const ASKS = new Set([
  "approval.required",
  "approval.resolved",
  "task.interactive",
  "task.idle",
  "task.answered",
  "task.active",
  "task.resumable",
  "task.resumed",
  "task.completed",
  "task.failed",
  "task.cancelled",
  "session.deleted",
  "session.shared",
  "session.unshared",
]);

export class Overview extends Store {
  #looking = null; // the look at the inbox that is due
  #reading = new Set(); // of each reading of the list that is under way, the events since it began

  constructor(connection) {
    super({ sessions: null, hasMore: false, inbox: null, waiting: 0, failure: null });
    this.connection = connection;
    this.onWaiting = () => {}; // told of each entry of the inbox that is new
  }

  /** Follow all sessions from now on; called again after each reconnect, because there is no cursor. */
  async open({ mayAnswer }) {
    this.mayAnswer = mayAnswer;
    this.connection.onAnyEvent = (event) => this.#take(event);
    try {
      await this.connection.call("event.follow", { scope: "all", types: EVENTS });
      await Promise.all([this.load(), this.look()]);
    } catch (failure) {
      this.set({ failure });
    }
  }

  /** Read the list of sessions anew, or go on with it. */
  async load(offset = 0) {
    const limit = offset ? PAGE : Math.min(100, Math.max(PAGE, this.value.sessions?.length ?? 0));
    const meanwhile = []; // events that the answer may not know of
    this.#reading.add(meanwhile);
    try {
      const page = await this.connection.call("session.list", { limit, offset });
      const before = offset ? this.value.sessions : [];
      const known = new Set(before.map(({ id }) => id));
      const sessions = [...before, ...page.sessions.filter(({ id }) => !known.has(id))];
      this.set({ sessions, hasMore: page.hasMore, failure: null });
    } catch (failure) {
      this.set({ failure });
    } finally {
      this.#reading.delete(meanwhile);
    }
    for (const event of meanwhile) this.#list(event);
  }

  /** Read what waits. */
  async look() {
    if (!this.mayAnswer) return this.set({ inbox: [], waiting: 0 });
    const { data, pagination } = await this.connection.call("inbox.list", { limit: 100 });
    const known = this.value.inbox && new Set(this.value.inbox.map(keyOf));
    this.set({ inbox: data, waiting: pagination.total });
    if (known) for (const entry of data) if (!known.has(keyOf(entry))) this.onWaiting(entry);
  }

  #lookSoon() {
    this.#looking ??= setTimeout(() => {
      this.#looking = null;
      this.look().catch(() => {}); // a lost connection mends itself and looks again
    }, SOON_MS);
  }

  #take(event) {
    if (ASKS.has(event.type)) this.#lookSoon();
    for (const meanwhile of this.#reading) meanwhile.push(event);
    this.#list(event);
  }

  /** Change the list as the event says. */
  #list(event) {
    const { type, sessionId } = event;
    if (!this.value.sessions) return;
    if (type === "session.created" || type === "session.shared") return void this.load();
    if (type === "session.deleted") return this.#change(() => [], sessionId);
    if (type === "session.unshared") return void this.load(); // it may have been somebody else's share
    if (type === "session.updated") {
      const { name, status, config, updatedAt } = event.session;
      return this.#change((session) => [{ ...session, name, status, config, updatedAt }], sessionId);
    }
    if (WORK[type] && !event.isSubtask)
      this.#change((session) => [{ ...session, work: WORK[type] }], sessionId);
    return undefined;
  }

  #change(change, sessionId) {
    const sessions = this.value.sessions.flatMap((one) => (one.id === sessionId ? change(one) : [one]));
    this.set({ sessions });
  }
}

export const keyOf = ({ kind, taskId, approval, since }) => approval?.id ?? `${kind}/${taskId}/${since}`;
