import { EventStream } from "./event_stream.js";

/** @import * as Api from "./generated/api.js" */
/** @import { AnyEvent } from "./events.js" */
/** @import { SessionFeeds } from "./session_feeds.js" */

const PAGE = 1000;

/**
 * Where one is in a session's log.
 *
 * @typedef {object} Cursor
 * @property {number} lastSeq
 * @property {string} [lastEventId] tells whether the log is still the same
 */

/**
 * @typedef {object} Log
 * @property {(cursor: Cursor, limit: number) => Promise<Api.EventPage>} read
 * @property {number} mostWaiting how many events wait for a slow reader
 */

/**
 * The events of a session, each once and in order, over any number of disconnects.
 *
 * A reader that is slower than the events does not make them pile up: what does not fit is left out, and read
 * from the log when there is room.
 */
export class SessionStream extends EventStream {
  #sessionId;
  #feeds;
  #log;
  /** @type {Cursor} What was taken in, but is perhaps still to be read. */
  #taken = { lastSeq: 0 };
  /** @type {Cursor} */
  #read = { lastSeq: 0 };
  #isBehind = false;
  /** @type {{ resolve: () => void, reject: (error: unknown) => void }} */
  #beginning = { resolve() {}, reject() {} };
  /** @type {Promise<void>} */
  #ready = new Promise((resolve, reject) => {
    this.#beginning = { resolve, reject };
  });

  /**
   * @param {string} sessionId
   * @param {SessionFeeds} feeds
   * @param {Log} log
   * @param {Partial<Cursor> & { signal?: AbortSignal }} from
   */
  constructor(sessionId, feeds, log, { lastSeq, lastEventId, signal }) {
    super(() => feeds.leave(sessionId, this), log.mostWaiting);
    this.#sessionId = sessionId;
    this.#feeds = feeds;
    this.#log = log;
    this.#ready.catch(() => {}); // who reads is told
    this.heed(signal);
    if (!this.isOver) this.#begin(lastSeq, lastEventId).catch((error) => this.fail(error));
  }

  /** The last event that was read: where to go on from, in this program or in another one. */
  get lastSeq() {
    return this.#read.lastSeq;
  }

  get lastEventId() {
    return this.#read.lastEventId;
  }

  /** Return when everything that happens from now on will come. Throws what the stream fails with before. */
  ready() {
    return this.#ready;
  }

  /** The server sends what comes after the cursor. */
  confirm() {
    this.#beginning.resolve();
  }

  /** @override @param {unknown} error */
  fail(error) {
    this.#beginning.reject(error);
    super.fail(error);
  }

  /** @override */
  end() {
    super.end();
    this.#beginning.resolve();
  }

  /** What has to be sent next comes after this; undefined while the log is read instead. */
  get cursor() {
    return this.#isBehind ? undefined : this.#taken;
  }

  /** @param {number | undefined} lastSeq @param {string | undefined} lastEventId */
  async #begin(lastSeq, lastEventId) {
    if (lastSeq === undefined) {
      // Also says at once whether the session can be followed.
      const { pagination } = await this.#log.read({ lastSeq: 0 }, 1);
      this.#taken = { lastSeq: pagination.head };
    } else {
      this.#taken = { lastSeq, lastEventId };
    }
    this.#read = this.#taken;
    if (!this.isOver) this.#feeds.join(this.#sessionId, this);
  }

  /**
   * Take what the connection brings.
   *
   * @param {AnyEvent} event
   * @param {boolean} isBeginning whether what the connection brings may not yet fit to what was asked for
   */
  take(event, isBeginning) {
    if (this.isOver || this.#isBehind) return;
    if (event.type === "log.reset") {
      this.#startOver(event);
    } else if (event.type === "log.cut") {
      this.#leap(event);
    } else if (event.seq === undefined || event.seq === null) {
      if (!this.isFull) this.add(event);
    } else if (event.seq === this.#taken.lastSeq + 1 && !this.isFull) {
      this.#takeNext(event);
    } else if (event.seq > this.#taken.lastSeq && !isBeginning) {
      this.#isBehind = true;
      this.wake();
    }
  }

  /** @param {AnyEvent} event */
  #takeNext(event) {
    this.#taken = { lastSeq: /** @type {number} */ (event.seq), lastEventId: event.id };
    this.add(event);
    if (event.type === "session.deleted") this.end();
  }

  /** @param {AnyEvent & { first?: number | null }} reset */
  #startOver(reset) {
    this.#taken = { lastSeq: (reset.first ?? 1) - 1 };
    this.add(reset);
  }

  /**
   * Go on with the first event that is there; another reader may have been told, who was before it.
   *
   * @param {AnyEvent & { first: number }} cut
   */
  #leap(cut) {
    if (cut.first - 1 <= this.#taken.lastSeq) return;
    this.#taken = { lastSeq: cut.first - 1 };
    this.add(cut);
  }

  /** @protected @override @param {AnyEvent} event */
  noteRead(event) {
    if (event.type === "log.reset") this.#read = { lastSeq: 0 };
    else if (typeof event.seq === "number") this.#read = { lastSeq: event.seq, lastEventId: event.id };
  }

  /** @protected @override */
  get hasMore() {
    return this.#isBehind;
  }

  /** @protected @override */
  async refill() {
    const page = await this.#log.read(this.#taken, Math.min(PAGE, this.#log.mostWaiting));
    const { head, first, hasMore, reset } = page.pagination;
    const told = { sessionId: this.#sessionId, head, first };
    if (reset) this.#startOver(/** @type {any} */ ({ type: "log.reset", ...told }));
    else if (first > 1) this.#leap(/** @type {any} */ ({ type: "log.cut", ...told }));
    for (const event of page.data) this.#takeNext(/** @type {any} */ (event));
    if (!hasMore) {
      this.#isBehind = false;
      this.#feeds.join(this.#sessionId, this);
    }
  }
}
