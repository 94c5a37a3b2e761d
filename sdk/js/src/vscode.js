// What code for the Roocode extension asks VS Code for, so that it runs without VS Code.
import { RooCodeAPI } from "./extension.js";

/** @import { ClientOptions } from "./options.js" */

const ROO_CODE = "RooVeterinaryInc.roo-cline";

/** @type {ClientOptions & { sessionId?: string, lastSeq?: number }} */
let chosen = {};

/**
 * Say where the server is and who asks. Without it, the environment does: `ROOCODE_URL` and `ROOCODE_KEY`.
 *
 * @param {ClientOptions & { sessionId?: string, lastSeq?: number }} options
 */
export function configure(options) {
  chosen = options;
}

/**
 * An extension as VS Code hands it out.
 *
 * @template Api
 */
class Extension {
  /** @type {Api | undefined} */
  #api;
  #start;

  /** @param {string} id @param {() => Promise<Api>} start */
  constructor(id, start) {
    this.id = id;
    this.#start = start;
  }

  get isActive() {
    return this.#api !== undefined;
  }

  /** The API, once it is active. */
  get exports() {
    return this.#api;
  }

  /** Connect to the server, once, and return the API. @returns {Promise<Api>} */
  async activate() {
    this.#api ??= await this.#start();
    return this.#api;
  }
}

/** @type {Extension<RooCodeAPI> | undefined} */
let rooCode;

export const extensions = {
  /**
   * The Roocode extension; there is no other.
   *
   * @template [Api=RooCodeAPI]
   * @param {string} id
   * @returns {Extension<Api> | undefined}
   */
  getExtension(id) {
    if (id !== ROO_CODE) return undefined;
    rooCode ??= new Extension(id, connect);
    return /** @type {any} */ (rooCode);
  },
};

async function connect() {
  /** @type {{ process?: { env: Record<string, string | undefined> } }} */
  const { process } = /** @type {any} */ (globalThis);
  const { ROOCODE_URL: baseURL, ROOCODE_KEY: apiKey } = process?.env ?? {};
  const api = new RooCodeAPI({ baseURL, apiKey, ...chosen });
  await api.ready();
  return api;
}
