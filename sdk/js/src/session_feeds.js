import { Connection } from "./connection.js";
import { CONNECTION_FAILED, hasCode, refusal, TIMEOUT } from "./errors.js";
import { backoff, pause } from "./pause.js";

/** @import { Server } from "./connection.js" */
/** @import { Cursor, SessionStream } from "./session_stream.js" */

/** The streams of sessions of a client, which share one connection. It is open while there are any. */
export class SessionFeeds {
  #server;
  /** @type {Map<string, Set<SessionStream>>} */
  #streams = new Map();
  /** @type {Map<string, number>} For each session, how many requests to send it are not answered yet. */
  #asking = new Map();
  /** @type {Connection | undefined} */
  #connection;
  /** @type {Promise<void>} The server answers calls at once as they come: these must not overtake each other. */
  #turn = Promise.resolve();

  /** @param {Server} server */
  constructor(server) {
    this.#server = server;
  }

  /** Send a stream what comes after its cursor. @param {string} sessionId @param {SessionStream} stream */
  join(sessionId, stream) {
    const streams = this.#streams.get(sessionId) ?? new Set();
    this.#streams.set(sessionId, streams.add(stream));
    this.#connection ??= new Connection(this.#server, "/", {
      onOpen: () => this.#opened(),
      onEvent: (name, [event]) => this.#deliver(name, event),
      onFailure: (error) => this.#failed(error),
    });
    if (this.#connection.isOpen) this.#ask(sessionId);
  }

  /** @param {string} sessionId @param {SessionStream} stream */
  leave(sessionId, stream) {
    const streams = this.#streams.get(sessionId);
    if (!streams?.delete(stream) || streams.size > 0) return;
    this.#streams.delete(sessionId);
    if (this.#streams.size === 0) {
      this.#connection?.close();
      this.#connection = undefined;
    } else if (this.#connection?.isOpen) {
      this.#ask(sessionId);
    }
  }

  /** End all streams. */
  close() {
    for (const stream of this.#all()) stream.end();
  }

  #all() {
    return [...this.#streams.values()].flatMap((streams) => [...streams]);
  }

  #opened() {
    for (const sessionId of this.#streams.keys()) this.#ask(sessionId);
  }

  /** @param {string} name @param {any} event */
  #deliver(name, event) {
    if (name === "error") {
      this.#refused(event);
      return;
    }
    const isBeginning = this.#asking.has(event.sessionId);
    for (const stream of this.#streams.get(event.sessionId) ?? []) stream.take(event, isBeginning);
  }

  /** A session that has been deleted, or is not shared any more. @param {unknown} body */
  #refused(body) {
    const error = refusal(body);
    const sessionId = error?.details.resource === "session" ? String(error.details.id) : "";
    for (const stream of this.#streams.get(sessionId) ?? []) stream.fail(error);
  }

  /** @param {unknown} error */
  #failed(error) {
    this.#connection = undefined;
    for (const stream of this.#all()) stream.fail(error);
  }

  /** Ask the server to send a session from the earliest cursor of its streams, or not any more. @param {string} id */
  #ask(id) {
    const connection = this.#connection;
    this.#asking.set(id, (this.#asking.get(id) ?? 0) + 1);
    this.#turn = this.#turn.then(async () => {
      try {
        if (connection !== undefined && connection === this.#connection)
          await this.#subscribe(connection, id);
      } finally {
        const left = (this.#asking.get(id) ?? 1) - 1;
        if (left > 0) this.#asking.set(id, left);
        else this.#asking.delete(id);
      }
    });
  }

  /** @param {Connection} connection @param {string} sessionId */
  async #subscribe(connection, sessionId) {
    for (let attempt = 0; connection.isOpen; attempt++) {
      const streams = [...(this.#streams.get(sessionId) ?? [])];
      try {
        if (streams.length === 0) {
          await connection.emit("event.unsubscribe", { sessionId });
        } else {
          const from = earliest(streams);
          if (from !== undefined) await connection.emit("event.subscribe", { sessionId, ...from });
          for (const stream of streams) stream.confirm();
        }
        return;
      } catch (error) {
        if (hasCode(error, CONNECTION_FAILED, TIMEOUT)) return; // it is asked for again when there is one
        if (!hasCode(error, "SERVER_OVERLOAD")) {
          for (const stream of streams) stream.fail(error);
          return;
        }
        await pause(backoff(attempt));
      }
    }
  }
}

/** @param {SessionStream[]} streams @returns {Cursor | undefined} */
function earliest(streams) {
  const cursors = streams.map((stream) => stream.cursor).filter((cursor) => cursor !== undefined);
  return cursors.sort((one, other) => one.lastSeq - other.lastSeq)[0];
}
