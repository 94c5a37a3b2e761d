// The page's only socket: calls and their answers, events, and reconnecting.
import { io } from "../vendor/socket.io-client/socket.io.js";
import { Refusal, renew } from "./credentials.js";
import { Store } from "./store.js";

const PATH = new URL("socket.io", document.baseURI).pathname; // the page may be served below a path
const PATIENCE_MS = 60_000;
/** What may be asked again after a while. */
const READS = new Set(["file.list", "file.read", "session.get", "session.list", "inbox.list"]);
const ENDED = "Your login has ended. If logging in again is refused, ask an administrator.";
const EXPIRED = new Set(["TOKEN_EXPIRED", "AUTHENTICATION_FAILED"]);

/**
 * `state`: connecting, connected, lost (it tries again), refused (it does not; `reason` says why).
 * `pause`: why reading waits for a while, as the server has asked.
 */
export class Connection {
  #pauses = new Map(); // by operation: a promise that resolves when it may be called again
  #waiting = new Map(); // calls that wait for that, without duplicates

  #isRenewed = false; // the login, since the last time that the server knew it

  constructor(onLoggedOut) {
    this.status = new Store({ state: "connecting", reason: "", pause: "" });
    this.following = null;
    this.opened = null;
    this.onEvent = () => {}; // events of the session that is followed, and some of the others
    this.onAnyEvent = () => {};
    this.onNews = () => {}; // told of what happens in the opened session while it is followed
    this.onGone = () => {};
    this.onTrouble = () => {};
    this.onLoggedOut = onLoggedOut;
    this.socket = io({
      path: PATH,
      auth: (answer) => answer(this.#handshake()),
      transports: ["websocket", "polling"],
    });
    this.socket.on("connect", () => this.#connected());
    this.socket.on("disconnect", (reason) => this.#lost(reason));
    this.socket.on("connect_error", (error) => this.#refused(error));
    this.socket.on("error", ({ error }) => this.#ended(error));
    this.socket.onAny((_type, event) => {
      if (!event?.sessionId) return;
      this.onEvent(event);
      this.onAnyEvent(event);
    });
  }

  /** The answer to a call; after a rate limit, reading calls wait and are repeated. Throws a Refusal. */
  async call(operation, request = {}) {
    if (this.#pauses.has(operation)) return this.#later(operation, request);
    try {
      return await this.#ask(operation, request);
    } catch (refusal) {
      if (!refusal.retryAfter || !READS.has(operation)) throw refusal;
      this.#pause(operation, refusal);
      return this.#later(operation, request);
    }
  }

  async #ask(operation, request) {
    let answer;
    try {
      answer = await this.socket.timeout(PATIENCE_MS).emitWithAck(operation, request);
    } catch {
      throw new Refusal({
        code: "NO_ANSWER",
        message: "The server did not answer. Check whether it is running.",
      });
    }
    if (answer.error) throw new Refusal(answer.error);
    return answer;
  }

  #pause(operation, { message, retryAfter }) {
    if (this.#pauses.has(operation)) return;
    const ended = new Promise((end) => setTimeout(end, retryAfter * 1000)).then(() => {
      this.#pauses.delete(operation);
      if (!this.#pauses.size) this.status.set({ pause: "" });
    });
    this.#pauses.set(operation, ended);
    this.status.set({ pause: `${message}; the page goes on by itself.` });
  }

  #later(operation, request) {
    const key = JSON.stringify([operation, request]);
    if (!this.#waiting.has(key)) {
      const answer = this.#pauses.get(operation).then(() => {
        this.#waiting.delete(key);
        return this.call(operation, request);
      });
      this.#waiting.set(key, answer);
    }
    return this.#waiting.get(key);
  }

  /** Follow a session from a cursor. `cursor()` is called again after each reconnect. */
  async follow(sessionId, cursor) {
    await this.unfollow();
    this.following = { sessionId, cursor };
    return this.call("event.subscribe", { sessionId, ...cursor() });
  }

  async unfollow() {
    const { following } = this;
    this.following = null;
    if (following && this.socket.connected) {
      await this.call("event.unsubscribe", { sessionId: following.sessionId }).catch(() => {});
    }
  }

  /** Leave a session that is shared with the caller; while it is asked, its end is no news. */
  async leave(sessionId) {
    const { following } = this;
    this.following = null;
    try {
      await this.call("session.leave", { sessionId });
    } catch (refusal) {
      this.following = following;
      throw refusal;
    }
  }

  close() {
    this.socket.close();
  }

  #handshake() {
    if (!this.following) return {}; // who it is, the browser's cookies say
    return { sessionId: this.following.sessionId, ...this.following.cursor() };
  }

  #connected() {
    this.#isRenewed = false;
    this.status.set({ state: "connected", reason: "" });
  }

  /** The session that is followed is open to the caller no more; the connection goes on. */
  #ended({ code, details }) {
    if (code !== "RESOURCE_NOT_FOUND" || !this.following || details.id !== this.following.sessionId) return;
    this.following = null;
    this.onGone();
  }

  #lost(reason) {
    this.status.set({ state: "lost", reason: "The connection was lost; reconnecting." });
    if (reason === "io server disconnect") this.socket.connect(); // token expired, or server stops
  }

  #refused(error) {
    const refusal = error.data?.error;
    if (!refusal) {
      this.status.set({ state: "lost", reason: "The server cannot be reached; reconnecting." });
    } else if (EXPIRED.has(refusal.code)) {
      this.#renewed(new Refusal(refusal));
    } else if (refusal.details?.retryAfter) {
      this.status.set({ state: "lost", reason: refusal.message });
      setTimeout(() => this.socket.connect(), refusal.details.retryAfter * 1000);
    } else if (refusal.code === "RESOURCE_NOT_FOUND") {
      this.following = null;
      this.onGone();
      this.socket.connect();
    } else {
      this.status.set({ state: "refused", reason: refusal.message });
    }
  }

  async #renewed(refusal) {
    try {
      if (this.#isRenewed) throw refusal;
      await renew();
      this.#isRenewed = true;
      this.socket.connect();
    } catch (failure) {
      const isFinal = failure instanceof Refusal && !failure.retryAfter;
      if (isFinal) this.onLoggedOut(failure.code === "AUTHENTICATION_FAILED" ? ENDED : failure.message);
      else setTimeout(() => this.#renewed(refusal), (failure.retryAfter ?? 2) * 1000);
    }
  }
}
