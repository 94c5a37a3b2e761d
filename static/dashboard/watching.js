// What the server tells of itself: one watch for all parts of the page that look, none while it is hidden.
import { useEffect, useState } from "../vendor/htm/preact.js";
import { Store } from "./store.js";

const MOST_SAMPLES = 900; // half an hour, at the interval that servers have by default

const watches = new WeakMap();

class Watch {
  #wanted = new Map(); // by channel: how many parts of the page look at it
  #told = new Set();

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

  want(channel) {
    this.#wanted.set(channel, (this.#wanted.get(channel) ?? 0) + 1);
    this.#settle();
    return () => {
      this.#wanted.set(channel, this.#wanted.get(channel) - 1);
      this.#settle();
    };
  }

  /** Ask for what is looked at and not sent yet, and for an end of what is sent and not looked at. */
  #settle() {
    if (!this.connection.socket.connected) return;
    const isWanted = (channel) => !document.hidden && this.#wanted.get(channel) > 0;
    const missing = [...this.#wanted.keys()].filter((one) => isWanted(one) && !this.#told.has(one));
    const needless = [...this.#told].filter((one) => !isWanted(one));
    if (missing.length) this.#ask("system.watch", missing);
    if (needless.length) this.#ask("system.unwatch", needless);
    this.#told = new Set([...this.#told, ...missing].filter(isWanted));
  }

  #ask(operation, channels) {
    this.connection.call(operation, { channels }).then(
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
export function useWatched(connection, channel, isWanted = true) {
  useEffect(
    () => (isWanted ? watchOf(connection).want(channel) : undefined),
    [connection, channel, isWanted],
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
