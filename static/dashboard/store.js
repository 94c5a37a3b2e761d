// A value that components subscribe to. Changes within one frame are announced together.
import { useEffect, useState } from "../vendor/htm/preact.js";

const FRAME_MS = 16;

export class Store {
  #followers = new Set();
  #telling = null;

  constructor(value) {
    this.value = value;
  }

  set(change) {
    this.value = { ...this.value, ...change };
    this.tell();
  }

  /** Notify subscribers soon; also call it after changing the value in place. */
  tell() {
    this.#telling ??= setTimeout(() => {
      this.#telling = null;
      for (const follower of this.#followers) follower();
    }, FRAME_MS);
  }

  follow(follower) {
    this.#followers.add(follower);
    return () => this.#followers.delete(follower);
  }
}

/** The store's value; the component is rendered again when it changes. */
export function useStore(store) {
  const [, again] = useState(0);
  useEffect(() => store.follow(() => again((count) => count + 1)), [store]);
  return store.value;
}
