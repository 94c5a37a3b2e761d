/**
 * An event emitter with the methods of Node's, for browsers too.
 *
 * @template {{ [Name in keyof Events]: unknown[] }} Events
 */
export class Emitter {
  /** @type {Map<keyof Events, { listener: Function, once: boolean }[]>} */
  #listeners = new Map();

  /** @template {keyof Events} Name @param {Name} name @param {(...given: Events[Name]) => unknown} listener */
  on(name, listener) {
    return this.#add(name, { listener, once: false });
  }

  /** @template {keyof Events} Name @param {Name} name @param {(...given: Events[Name]) => unknown} listener */
  addListener(name, listener) {
    return this.on(name, listener);
  }

  /** @template {keyof Events} Name @param {Name} name @param {(...given: Events[Name]) => unknown} listener */
  once(name, listener) {
    return this.#add(name, { listener, once: true });
  }

  /** @template {keyof Events} Name @param {Name} name @param {(...given: Events[Name]) => unknown} listener */
  off(name, listener) {
    const added = [...(this.#listeners.get(name) ?? [])];
    const last = added.findLastIndex((each) => each.listener === listener);
    if (last >= 0) this.#listeners.set(name, added.toSpliced(last, 1));
    return this;
  }

  /** @template {keyof Events} Name @param {Name} name @param {(...given: Events[Name]) => unknown} listener */
  removeListener(name, listener) {
    return this.off(name, listener);
  }

  /** @param {keyof Events} [name] */
  removeAllListeners(name) {
    if (name === undefined) this.#listeners.clear();
    else this.#listeners.delete(name);
    return this;
  }

  /** @param {keyof Events} name */
  listenerCount(name) {
    return this.#listeners.get(name)?.length ?? 0;
  }

  /**
   * Call the listeners in their order; returns whether there are any.
   *
   * @template {keyof Events} Name
   * @param {Name} name
   * @param {Events[Name]} given
   */
  emit(name, ...given) {
    const added = this.#listeners.get(name) ?? [];
    for (const { listener, once } of added) {
      if (once) this.off(name, /** @type {any} */ (listener));
      listener.apply(this, given);
    }
    return added.length > 0;
  }

  /** @param {keyof Events} name @param {{ listener: Function, once: boolean }} added */
  #add(name, added) {
    this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), added]);
    return this;
  }
}
