import { FELL_BEHIND, RooCodeError } from "./errors.js";

/** @import { AnyEvent } from "./events.js" */

/**
 * Events to be read one by one: `for await (const event of stream)`. Leaving the loop, or `return()`, ends it.
 *
 * @implements {AsyncIterableIterator<AnyEvent, void, void>}
 */
export class EventStream {
  /** @type {AnyEvent[]} */
  #waiting = [];
  /** @type {(() => void)[]} */
  #readers = [];
  /** @type {{ error: unknown } | undefined} */
  #failure;
  #isOver = false;
  #leave;
  #mostWaiting;
  /** @type {() => void} */
  #stopListening = () => {};

  /**
   * @param {() => void} leave called once, when nobody reads any more or there is nothing more to read
   * @param {number} mostWaiting how many events wait for a slow reader
   */
  constructor(leave, mostWaiting) {
    this.#leave = leave;
    this.#mostWaiting = mostWaiting;
  }

  /** Fail when the signal says so. @param {AbortSignal | undefined} signal */
  heed(signal) {
    if (signal === undefined) return;
    const giveUp = () => this.fail(signal.reason);
    signal.addEventListener("abort", giveUp, { once: true });
    this.#stopListening = () => signal.removeEventListener("abort", giveUp);
    if (signal.aborted) giveUp();
  }

  /** @protected */
  get isFull() {
    return this.#waiting.length >= this.#mostWaiting;
  }

  get isOver() {
    return this.#isOver;
  }

  /** @param {AnyEvent} event */
  push(event) {
    if (this.#isOver) return;
    if (this.isFull) {
      const message = `More than ${this.#mostWaiting} events were not read in time`;
      this.fail(new RooCodeError(FELL_BEHIND, message));
      return;
    }
    this.add(event);
  }

  /** @protected @param {AnyEvent} event */
  add(event) {
    this.#waiting.push(event);
    this.wake();
  }

  /** Let the reader have what waits, and then this error. @param {unknown} error */
  fail(error) {
    if (this.#isOver) return;
    this.#failure = { error };
    this.end();
  }

  /** Let the reader have what waits, and nothing more. */
  end() {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stopListening();
    this.#leave();
    this.wake();
  }

  /** @protected */
  wake() {
    for (const reader of this.#readers.splice(0)) reader();
  }

  /** @protected Called with each event that is read. @param {AnyEvent} _event */
  noteRead(_event) {}

  /** @protected Whether there is more to read than what waits. */
  get hasMore() {
    return false;
  }

  /** @protected Get it. */
  async refill() {}

  /** @returns {Promise<IteratorResult<AnyEvent, void>>} */
  async next() {
    for (;;) {
      const event = this.#waiting.shift();
      if (event !== undefined) {
        this.noteRead(event);
        return { value: event, done: false };
      }
      const failure = this.#failure;
      if (failure !== undefined) {
        this.#failure = undefined;
        throw failure.error;
      }
      if (this.#isOver) return { value: undefined, done: true };
      if (this.hasMore) await this.refill();
      else await /** @type {Promise<void>} */ (new Promise((resolve) => this.#readers.push(resolve)));
    }
  }

  /** @returns {Promise<IteratorResult<AnyEvent, void>>} */
  async return() {
    this.#waiting.length = 0;
    this.end();
    return { value: undefined, done: true };
  }

  [Symbol.asyncIterator]() {
    return this;
  }
}
