// What the server tells of itself: one watch for all parts of the page that look, none while it is hidden.
import { useEffect, useState } from "../vendor/htm/preact.js";
import { Store } from "./store.js";

const MOST_SAMPLES = 900; // half an hour, at the interval that servers have by default

const watches = new WeakMap();

class Watch {
  #wanted = new Map(); // by channel: how many parts of the page look at it, and their request
  #told = new Map(); // by channel: the request as it was made

  constructor(connection) {
    this.connection = connection;
    this.samples = new Store({ samples: [], failure: null });
    connection.socket.on("connect", () => {
      this.#told.clear();
      this.#settle();
    });
    connection.socket.on("system.sampled", ({ resources }) =>
      this.samples.set({ samples: [...this.samples.value.samples, resources].slice(-MOST_SAMPLES) }),
    );
    document.addEventListener("visibilitychange", () => this.#settle());
  }

  want(channel, filter) {
    const before = this.#wanted.get(channel)?.count ?? 0;
    const request = { channels: [channel], ...(filter && { filters: { [channel]: filter } }) };
    this.#wanted.set(channel, { count: before + 1, request: JSON.stringify(request) });
    this.#settle();
    return () => {
      this.#wanted.get(channel).count -= 1;
      this.#settle();
    };
  }

  /** Ask for what is looked at and not sent yet, and for an end of what is sent and not looked at. */
  #settle() {
    if (!this.connection.socket.connected) return;
    for (const [channel, { count, request }] of this.#wanted) {
      const isWanted = count > 0 && !document.hidden;
      if (isWanted && this.#told.get(channel) !== request) {
        this.#told.set(channel, request);
        this.#ask("system.watch", JSON.parse(request));
      } else if (!isWanted && this.#told.delete(channel)) {
        this.#ask("system.unwatch", { channels: [channel] });
      }
    }
  }

  #ask(operation, request) {
    this.connection.call(operation, request).then(
      () => this.samples.set({ failure: null }),
      (failure) => this.samples.set({ failure }),
    );
  }
}

function watchOf(connection) {
  if (!watches.has(connection)) watches.set(connection, new Watch(connection));
  return watches.get(connection);
}

/** Have the server send a channel's events as long as this part of the page is there and `isWanted`. */
export function useWatched(connection, channel, isWanted = true, filter = undefined) {
  useEffect(
    () => (isWanted ? watchOf(connection).want(channel, filter) : undefined),
    [connection, channel, isWanted, JSON.stringify(filter)],
  );
}

/** The samples of the machine that this page has had, oldest first, and why there are no more. */
export function useSamples(connection, isWanted) {
  useWatched(connection, "resources", isWanted);
  const { samples } = watchOf(connection);
  const [, again] = useState(0);
  useEffect(() => samples.follow(() => again((count) => count + 1)), [samples]);
  return samples.value;
}
