// The entries of the server's log that this page has: as far back as was asked for, and those written since.
import { Store } from "../store.js";

const PAGE = 200;
const MOST = 20_000;
const SAME = 100; // so many of the newest are compared with what comes, which may have been read already

const nameOf = (entry) => JSON.stringify(entry);

/** `entries`, newest first; `cursor`: where older ones may be; `number`: how many came after the reading. */
export class LogEntries extends Store {
  #turn = 0;
  #waiting = null; // what is written while the newest are read

  constructor(connection) {
    super({ entries: [], cursor: null, isReading: true, failure: null, number: 0 });
    this.connection = connection;
    this.filter = {};
  }

  /** Begin anew, with another filter or after a break. */
  async start(filter) {
    this.filter = filter;
    this.#waiting = [];
    const turn = ++this.#turn;
    this.set({ isReading: true, failure: null });
    await this.#read(turn, undefined, []);
    if (turn !== this.#turn) return;
    const waiting = this.#waiting ?? [];
    this.#waiting = null;
    for (const entry of waiting) this.take(entry);
  }

  /** Go on with what is older. */
  more() {
    const { cursor, isReading, entries } = this.value;
    if (!cursor || isReading || entries.length >= MOST) return undefined;
    this.set({ isReading: true, failure: null });
    return this.#read(this.#turn, cursor, entries);
  }

  /** An entry has been written. */
  take(entry) {
    if (this.#waiting) return void this.#waiting.push(entry);
    const { entries, number } = this.value;
    const name = nameOf(entry);
    if (entries.slice(0, SAME).some((known) => nameOf(known) === name)) return;
    this.set({ entries: [entry, ...entries.slice(0, MOST - 1)], number: number + 1 });
  }

  /** One answer looks through a part of the log only: it may find nothing, and say where to go on. */
  async #read(turn, from, before) {
    let cursor = from;
    try {
      do {
        const request = { ...this.filter, limit: PAGE, ...(cursor && { cursor }) };
        const page = await this.connection.call("log.list", request);
        if (turn !== this.#turn) return;
        cursor = page.nextCursor;
        const newer = from ? this.value.entries : before; // more may have been written meanwhile
        this.set({ entries: [...newer, ...page.entries], cursor });
        if (page.entries.length) break;
      } while (cursor);
      this.set({ isReading: false });
    } catch (failure) {
      if (turn === this.#turn) this.set({ isReading: false, failure });
    }
  }
}
