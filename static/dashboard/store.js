// A value that components follow. Changes within one frame are told together.
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

  /** Tell the followers soon; also after the value was changed in place. */
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

/** The store's value; the component is drawn again when it changes. */
export function useStore(store) {
  const [, again] = useState(0);
  useEffect(() => store.follow(() => again((count) => count + 1)), [store]);
  return store.value;
}
