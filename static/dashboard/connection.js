// The one socket of the page: calls with their answers, events, and what becomes of it when the line breaks.
import { io } from "../vendor/socket.io-client/socket.io.js";
import { isRunOut, Refusal, renew } from "./credentials.js";
import { Store } from "./store.js";

const PATH = new URL("socket.io", document.baseURI).pathname; // the page may stand below a path
const PATIENCE_MS = 60_000;
const EXPIRED = new Set(["TOKEN_EXPIRED", "AUTHENTICATION_FAILED"]);

/** `state`: connecting, connected, lost (it tries again), refused (it does not; `reason` says why). */
export class Connection {
  constructor(credentials, onLoggedOut) {
    this.status = new Store({ state: "connecting", reason: "" });
    this.following = null;
    this.opened = null;
    this.onEvent = () => {};
    this.onGone = () => {};
    this.onTrouble = () => {};
    this.onLoggedOut = onLoggedOut;
    this.credentials = credentials;
    this.socket = io({
      path: PATH,
      auth: (answer) => answer(this.#handshake()),
      transports: ["websocket", "polling"],
    });
    this.socket.on("connect", () => this.status.set({ state: "connected", reason: "" }));
    this.socket.on("disconnect", (reason) => this.#lost(reason));
    this.socket.on("connect_error", (error) => this.#refused(error));
    this.socket.onAny((_type, event) => event?.sessionId && this.onEvent(event));
  }

  /** The answer to a call. Throws a Refusal. */
  async call(operation, request = {}) {
    let answer;
    try {
      answer = await this.socket.timeout(PATIENCE_MS).emitWithAck(operation, request);
    } catch {
      throw new Refusal({ code: "NO_ANSWER", message: "The server did not answer. Is it still there?" });
    }
    if (answer.error) throw new Refusal(answer.error);
    return answer;
  }

  /** Follow a session from behind a cursor. `cursor()` is asked again whenever the line was broken. */
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

  close() {
    this.socket.close();
  }

  #handshake() {
    const { token } = this.credentials;
    if (!this.following) return { token };
    return { token, sessionId: this.following.sessionId, ...this.following.cursor() };
  }

  #lost(reason) {
    this.status.set({ state: "lost", reason: "The connection broke; trying again." });
    if (reason === "io server disconnect") this.#renewed(); // credentials run out, or the server stops
  }

  #refused(error) {
    const refusal = error.data?.error;
    if (!refusal) {
      this.status.set({ state: "lost", reason: "The server cannot be reached; trying again." });
    } else if (EXPIRED.has(refusal.code)) {
      this.#renewed(new Refusal(refusal));
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
      if (isRunOut(this.credentials) || (refusal && this.credentials.refreshToken))
        this.credentials = await renew(this.credentials);
      else if (refusal) throw refusal;
      this.socket.connect();
    } catch (failure) {
      if (failure instanceof Refusal) this.onLoggedOut(failure.message);
      else setTimeout(() => this.#renewed(refusal), 2000);
    }
  }
}
