import { Connection } from "./connection.js";
import { EventStream } from "./event_stream.js";

/** @import * as Api from "./generated/api.js" */
/** @import { Server } from "./connection.js" */
/** @import { AnyEvent } from "./events.js" */

/** @param {string | null | undefined} cursor */
const positionOf = (cursor) => Number.parseInt(cursor ?? "0", 10) || 0;

/**
 * The events of all sessions, each once and in order, over any number of disconnects.
 *
 * A reader that is slower than the events does not make them pile up: what does not fit is left out, and sent
 * again when there is room.
 */
export class AllSessions extends EventStream {
  #connection;
  #request;
  /** @type {string | undefined} What was taken in, but is perhaps still to be read. */
  #taken;
  /** @type {string | undefined} */
  #read;
  #isBehind = false;

  /**
   * @param {Server} server
   * @param {Api.EventFollow} request
   * @param {{ onOpen?: () => void, signal?: AbortSignal }} options
   */
  constructor(server, { cursor, ...request }, { onOpen, signal }) {
    super(() => this.#connection.close(), server.mostWaiting);
    this.#request = request;
    this.#taken = this.#read = cursor ?? undefined;
    this.#connection = new Connection(server, "/", {
      onOpen: () => {
        this.#follow().then(
          () => onOpen?.(),
          (error) => this.#refused(error),
        );
      },
      onEvent: (name, [event]) => {
        if (name !== "error") this.push(event);
      },
      onFailure: (error) => this.fail(error),
    });
    this.heed(signal);
  }

  /** That of the last event that was read: where to go on from, in this program or in another one. */
  get cursor() {
    return this.#read;
  }

  /** @override @param {AnyEvent} event */
  push(event) {
    if (this.isOver || this.#isBehind) return;
    if (this.isFull) {
      this.#isBehind = true;
      return;
    }
    const { cursor } = event;
    if (event.type === "log.reset") {
      this.#taken = "0";
    } else if (cursor != null) {
      if (positionOf(cursor) <= positionOf(this.#taken)) return; // two answers crossed
      this.#taken = cursor;
    }
    this.add(event);
  }

  /** @protected @override @param {AnyEvent} event */
  noteRead(event) {
    if (event.type === "log.reset") this.#read = "0";
    else if (event.cursor != null) this.#read = event.cursor;
  }

  /** @protected @override */
  get hasMore() {
    return this.#isBehind && !this.isOver;
  }

  /** @protected @override */
  async refill() {
    try {
      await this.#connection.emit("event.unfollow", {});
      await this.#follow();
    } catch (error) {
      this.#isBehind = false; // a new connection begins at the cursor
      this.#refused(error);
    }
  }

  async #follow() {
    this.#isBehind = false;
    const answer = await this.#connection.emit("event.follow", { ...this.#request, cursor: this.#taken });
    this.#taken ??= answer.cursor;
    this.#read ??= answer.cursor;
  }

  /** @param {unknown} error */
  #refused(error) {
    if (this.#connection.isOpen) this.fail(error);
  }
}
