import { io } from "socket.io-client";
import { CONNECTION_FAILED, hasCode, RooCodeError, refusal, TIMEOUT } from "./errors.js";
import { backoff } from "./pause.js";

/** @import { Socket } from "socket.io-client" */
/** @import { Credentials } from "./credentials.js" */

/**
 * Where to connect, and who connects.
 *
 * @typedef {object} Server
 * @property {string} baseURL
 * @property {Credentials} credentials
 * @property {number} reconnectForMs
 * @property {number} mostWaiting
 * @property {(change: "away" | "back") => unknown} [onConnection]
 */

/**
 * @typedef {object} Listener
 * @property {() => void} onOpen Called each time the connection is there, again after a disconnect too.
 * @property {(name: string, given: any[]) => void} onEvent
 * @property {(error: RooCodeError) => void} onFailure The connection was refused, or could not be got back. It is
 *   closed.
 */

/** The longest that an acknowledgement is waited for. */
const ANSWER_TIMEOUT_MS = 600_000;
/** Refusals that pass. */
const TRY_LATER = ["SERVER_OVERLOAD", "RATE_LIMIT_EXCEEDED"];
const RECONNECTION = { reconnectionDelay: 50, reconnectionDelayMax: 5000, randomizationFactor: 0.5 };

/** One Socket.IO connection in one namespace, which comes back after every disconnect and renews its token. */
export class Connection {
  /** @type {Socket} */
  #socket;
  #server;
  #listener;
  /** @type {number | undefined} When the connection was lost, or first sought. */
  #lostAt = Date.now();
  #refusals = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #later;
  #isClosed = false;
  #isAway = false;

  /**
   * @param {Server} server
   * @param {string} namespace
   * @param {Listener} listener
   * @param {() => Record<string, unknown>} [handshake] What goes along with the token, each time it connects.
   */
  constructor(server, namespace, listener, handshake = () => ({})) {
    this.#server = server;
    this.#listener = listener;
    const { origin, pathname } = new URL(server.baseURL);
    this.#socket = io(`${origin}${namespace}`, {
      path: `${pathname.replace(/\/+$/, "")}/socket.io`,
      auth: (give) => give({ token: server.credentials.token, ...handshake() }),
      transports: ["websocket", "polling"],
      tryAllTransports: true,
      forceNew: true,
      ...RECONNECTION,
    });
    this.#socket.on("connect", () => this.#opened());
    this.#socket.on("connect_error", (error) => this.#refused(error));
    this.#socket.on("disconnect", (reason) => this.#lost(reason));
    this.#socket.on("error", (body) => this.#told(body));
    this.#socket.onAny((name, ...given) => {
      if (!this.#isClosed) listener.onEvent(name, given);
    });
  }

  get isOpen() {
    return this.#socket.connected;
  }

  /**
   * Emit an event and return its acknowledgement. It is sent once; while there is no connection it waits for one.
   * Throws RooCodeError.
   *
   * @param {string} name
   * @param {unknown[]} given
   * @returns {Promise<any>}
   */
  emit(name, ...given) {
    return new Promise((resolve, reject) => this.ask(name, given, resolve, reject));
  }

  /**
   * The same for those who have to know which events came before the answer: `then` is called before any event
   * that comes after it.
   *
   * @param {string} name
   * @param {unknown[]} given
   * @param {(answer: any) => void} then
   * @param {(error: RooCodeError) => void} refused
   */
  ask(name, given, then, refused) {
    this.#socket.timeout(ANSWER_TIMEOUT_MS).emit(
      name,
      ...given,
      /** @param {Error | null} cause @param {unknown} answer */ (cause, answer) => {
        if (cause) {
          const code = this.#socket.connected ? TIMEOUT : CONNECTION_FAILED;
          refused(new RooCodeError(code, `${name} was not answered: ${cause.message}`, { cause }));
          return;
        }
        const error = refusal(answer);
        if (error !== undefined) refused(error);
        else then(answer);
      },
    );
  }

  close() {
    this.#isClosed = true;
    clearTimeout(this.#later);
    this.#socket.close();
  }

  #opened() {
    this.#lostAt = undefined;
    this.#refusals = 0;
    this.#listener.onOpen();
    if (this.#isAway) {
      this.#isAway = false;
      this.#server.onConnection?.("back");
    }
  }

  /** @param {string} reason */
  #lost(reason) {
    if (this.#isClosed) return;
    if (this.#lostAt === undefined) {
      // otherwise it was never open since
      this.#lostAt = Date.now();
      this.#isAway = true;
      this.#server.onConnection?.("away");
    }
    if (reason === "io server disconnect") this.#socket.connect();
  }

  /** @param {Error & { data?: unknown }} error the network's, or the server's refusal */
  #refused(error) {
    if (this.#isClosed) return;
    const refused = refusal(error.data);
    if (refused === undefined) {
      // The socket tries again by itself.
      const forMs = Date.now() - (this.#lostAt ?? Date.now());
      if (forMs >= this.#server.reconnectForMs) this.#fail(unreachable(this.#server.baseURL, error));
    } else if (
      refused.code === "TOKEN_EXPIRED" &&
      this.#server.credentials.canRenew &&
      this.#refusals === 0
    ) {
      this.#refusals++;
      this.#renew(() => this.#socket.connect());
    } else if (TRY_LATER.includes(refused.code)) {
      const waitMs = (refused.retryAfter ?? 0) * 1000 || backoff(this.#refusals++);
      this.#later = setTimeout(() => this.#socket.connect(), waitMs);
    } else {
      this.#fail(refused);
    }
  }

  /** @param {unknown} body what the server says about the whole connection */
  #told(body) {
    if (hasCode(refusal(body), "TOKEN_EXPIRED") && this.#server.credentials.canRenew) {
      this.#renew((token) => {
        // If it is refused, the server closes the connection, and the next one says why.
        this.#socket.emit("auth.renew", { token });
      });
    }
  }

  /** @param {(token: string | undefined) => void} then */
  #renew(then) {
    const { credentials } = this.#server;
    credentials.renew(credentials.token).then(
      () => {
        if (!this.#isClosed) then(credentials.token);
      },
      (error) => this.#fail(error),
    );
  }

  /** @param {RooCodeError} error */
  #fail(error) {
    if (this.#isClosed) return;
    this.close();
    this.#listener.onFailure(error);
  }
}

/** @param {string} url @param {Error} cause */
function unreachable(url, cause) {
  return new RooCodeError(CONNECTION_FAILED, `No connection to ${url}: ${messageOf(cause)}`, { cause });
}

/** @param {unknown} error */
function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}
