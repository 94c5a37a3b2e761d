import { Connection } from "./connection.js";
import { Emitter } from "./emitter.js";
import { CONNECTION_FAILED, hasCode, RooCodeError } from "./errors.js";
import { reach } from "./server.js";

/** @import { ProfileEntry, ProfileSettings, RooCodeAPIEvents, RooCodeSettings, StartOptions } from "./extension_types.js" */
/** @import { ClientOptions } from "./options.js" */

const PASSING = ["SERVER_OVERLOAD", "RATE_LIMIT_EXCEEDED"];
const RETRY_MS = 500;

/**
 * S2's API, the Roocode extension's, over a server: the same methods, and the same events with the same arguments.
 *
 * Each event comes once and in order, over any number of disconnects. For that, events are held back until the
 * server has said where in the log they end: a round trip.
 *
 * @extends {Emitter<RooCodeAPIEvents>}
 */
export class RooCodeAPI extends Emitter {
  #connection;
  /** @type {{ sessionId?: string, lastSeq?: number }} Where to resume: all events up to there were emitted. */
  #place;
  /** @type {{ name: string, given: any[] }[]} Events whose place is not known yet. */
  #held = [];
  #isSettling = false;
  #mustSettle = false;
  /** @type {RooCodeError | undefined} */
  #failure;
  /** @type {{ resolve: () => void, reject: (error: RooCodeError) => void }} */
  #opening = { resolve() {}, reject() {} };
  /** @type {Promise<void>} */
  #ready = new Promise((resolve, reject) => {
    this.#opening = { resolve, reject };
  });

  /** @param {ClientOptions & { sessionId?: string, lastSeq?: number }} [options] Without a session, the first task opens one. */
  constructor({ sessionId, lastSeq, ...options } = {}) {
    super();
    this.#place = { sessionId, lastSeq };
    this.#ready.catch(() => {}); // `connectionFailed` has it
    this.#connection = new Connection(
      reach(options).server,
      "/extension",
      {
        onOpen: () => this.#open(),
        onEvent: (name, given) => this.#hold(name, given),
        onFailure: (error) => this.#fail(error),
      },
      () => this.#place,
    );
  }

  /** Where the connection works, and what has been emitted: enough to go on from in another program. */
  get session() {
    return { ...this.#place };
  }

  /** Return when the server is there. Throws RooCodeError, if it cannot be reached or refuses. */
  ready() {
    return this.#ready;
  }

  close() {
    this.#failure ??= new RooCodeError(CONNECTION_FAILED, "The connection has been closed");
    this.#connection.close();
  }

  /**
   * Start a task and return its id.
   *
   * @param {StartOptions} options
   * @returns {Promise<string>}
   */
  startNewTask(options) {
    return this.#call("startNewTask", options);
  }

  /**
   * Send a message to the current task.
   *
   * @param {string} message
   * @param {string[]} [images]
   * @returns {Promise<void>}
   */
  async sendMessage(message, images) {
    await this.#call("sendMessage", message, images);
  }

  /** Save, approve, run, try again, go on: what the button stands for now. @returns {Promise<void>} */
  async pressPrimaryButton() {
    await this.#call("pressPrimaryButton");
  }

  /** Reject, kill, end: what the button stands for now. @returns {Promise<void>} */
  async pressSecondaryButton() {
    await this.#call("pressSecondaryButton");
  }

  /** @param {string} taskId @returns {Promise<void>} */
  async resumeTask(taskId) {
    await this.#call("resumeTask", taskId);
  }

  /** @returns {Promise<void>} */
  async cancelCurrentTask() {
    await this.#call("cancelCurrentTask");
  }

  /** @param {string} [lastMessage] @returns {Promise<void>} */
  async clearCurrentTask(lastMessage) {
    await this.#call("clearCurrentTask", lastMessage);
  }

  /** @returns {Promise<string[]>} */
  getCurrentTaskStack() {
    return this.#call("getCurrentTaskStack");
  }

  /** @param {string} taskId @returns {Promise<boolean>} */
  isTaskInHistory(taskId) {
    return this.#call("isTaskInHistory", taskId);
  }

  /** @returns {Promise<RooCodeSettings>} */
  getConfiguration() {
    return this.#call("getConfiguration");
  }

  /** @param {RooCodeSettings} values @returns {Promise<void>} */
  async setConfiguration(values) {
    await this.#call("setConfiguration", values);
  }

  /** @returns {Promise<string[]>} */
  getProfiles() {
    return this.#call("getProfiles");
  }

  /** @param {string} name @returns {Promise<ProfileEntry | undefined>} */
  async getProfileEntry(name) {
    return (await this.#call("getProfileEntry", name)) ?? undefined;
  }

  /** @param {string} name @param {ProfileSettings} [profile] @param {boolean} [activate] @returns {Promise<string>} */
  createProfile(name, profile, activate) {
    return this.#call("createProfile", name, profile, activate);
  }

  /** @param {string} name @param {ProfileSettings} profile @param {boolean} [activate] @returns {Promise<string>} */
  updateProfile(name, profile, activate) {
    return this.#call("updateProfile", name, profile, activate);
  }

  /** @param {string} name @param {ProfileSettings} profile @param {boolean} [activate] @returns {Promise<string>} */
  upsertProfile(name, profile, activate) {
    return this.#call("upsertProfile", name, profile, activate);
  }

  /** @param {string} name @returns {Promise<void>} */
  async deleteProfile(name) {
    await this.#call("deleteProfile", name);
  }

  /** @returns {Promise<string | undefined>} */
  async getActiveProfile() {
    return (await this.#call("getActiveProfile")) ?? undefined;
  }

  /** @param {string} name @returns {Promise<string>} */
  setActiveProfile(name) {
    return this.#call("setActiveProfile", name);
  }

  /** Whether the server accepts work. @returns {Promise<boolean>} */
  isReady() {
    return this.#call("isReady");
  }

  /** @param {string} method @param {unknown[]} given @returns {Promise<any>} */
  async #call(method, ...given) {
    if (this.#failure !== undefined) throw this.#failure;
    const { result } = await this.#connection.emit(method, ...given);
    this.#settle(); // it may have opened a session
    return result;
  }

  #open() {
    this.#held = []; // sent again
    this.#opening.resolve();
    if (this.#place.sessionId !== undefined) this.#settle();
  }

  /** @param {string} name @param {any[]} given */
  #hold(name, given) {
    if (name === "error") return; // of the whole connection, which is about to be closed
    this.#held.push({ name, given });
    this.#settle();
  }

  /** Find out where the events that are held back end, then emit them. */
  #settle() {
    this.#mustSettle = true;
    if (this.#isSettling) return;
    this.#isSettling = true;
    this.#mustSettle = false;
    this.#connection.ask(
      "getSession",
      [],
      ({ result }) => {
        this.#settled(this.#mustSettle);
        this.#release(result);
      },
      (error) => {
        if (hasCode(error, ...PASSING)) setTimeout(() => this.#settled(true), RETRY_MS);
        else this.#settled(false); // there is no session yet; or no connection, and the next one begins anew
      },
    );
  }

  /** @param {boolean} isAskedAgain */
  #settled(isAskedAgain) {
    this.#isSettling = false;
    if (isAskedAgain && this.#failure === undefined) this.#settle();
  }

  /** @param {{ sessionId: string, lastSeq: number }} place All events up to there came before it. */
  #release(place) {
    this.#place = place;
    for (const { name, given } of this.#held.splice(0)) {
      this.emit(/** @type {any} */ (name), .../** @type {any} */ (given));
    }
  }

  /** @param {RooCodeError} error */
  #fail(error) {
    this.#failure = error;
    this.#opening.reject(error);
    if (!this.emit("connectionFailed", error)) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}
