// What a program has printed, in order and without holes, whatever the connection did meanwhile.
const PAUSE_MS = 500; // between two readings: a program may print faster than this page can follow

const wait = (duration) => new Promise((resolve) => setTimeout(resolve, duration));

/** Positions count characters as the server does: one that takes two places in a string here is one. */
const isPlain = (text) => !/[\u{10000}-\u{10ffff}]/u.test(text);
const lengthOf = (text) => (isPlain(text) ? text.length : [...text].length);
const after = (text, count) => (isPlain(text) ? text.slice(count) : [...text].slice(count).join(""));

/**
 * `read()` gives the end of the output, `{text, position}`, with the number of characters printed by then;
 * `screen` has `write(text)`, `replay(text)` and `clear()`. A refusal of `read` goes to `onRefused`.
 */
export class Transcript {
  #position = 0;
  #reading = null;
  #readAt = -PAUSE_MS;
  #waiting = []; // what came while the end was read

  constructor(read, screen, onRefused) {
    this.read = read;
    this.screen = screen;
    this.onRefused = onRefused;
  }

  /** Show what has just been printed at this position. */
  take(text, position) {
    if (this.#reading) return void this.#waiting.push([text, position]);
    const known = this.#position - position;
    if (known < 0) return void this.mend();
    const fresh = known ? after(text, known) : text;
    if (!fresh) return;
    this.#position += lengthOf(fresh);
    this.screen.write(fresh);
  }

  /** Read what was missed, if anything was. */
  mend() {
    this.#reading ??= this.#mend();
    return this.#reading;
  }

  async #mend() {
    await wait(this.#readAt + PAUSE_MS - performance.now());
    try {
      const { text, position } = await this.read();
      this.#show(text, position);
    } catch (refusal) {
      this.onRefused(refusal);
    } finally {
      this.#readAt = performance.now();
      this.#reading = null;
      for (const [text, position] of this.#waiting.splice(0)) this.take(text, position);
    }
  }

  #show(text, position) {
    const known = this.#position - (position - lengthOf(text));
    if (known < 0 || position < this.#position) this.screen.clear();
    const fresh = known > 0 && position >= this.#position ? after(text, known) : text;
    this.#position = position;
    if (fresh) this.screen.replay(fresh);
  }
}
