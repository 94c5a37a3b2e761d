/** @import { Tokens } from "./options.js" */

/** The key or token that calls and connections identify themselves with, and how it is renewed. */
export class Credentials {
  /** @type {string | undefined} */
  #token;
  /** @type {string | undefined} */
  #refreshToken;
  #onTokens;
  #refresh;
  /** @type {Promise<void> | undefined} */
  #renewing;

  /**
   * @param {object} given
   * @param {string} [given.token]
   * @param {string} [given.refreshToken]
   * @param {(tokens: Tokens) => unknown} [given.onTokens]
   * @param {(refreshToken: string) => Promise<Tokens>} given.refresh
   */
  constructor({ token, refreshToken, onTokens, refresh }) {
    this.#token = token;
    this.#refreshToken = refreshToken;
    this.#onTokens = onTokens;
    this.#refresh = refresh;
  }

  get token() {
    return this.#token;
  }

  get canRenew() {
    return this.#refreshToken !== undefined;
  }

  /** @param {Tokens} tokens */
  async keep(tokens) {
    this.#refreshToken = tokens.refreshToken;
    await this.#onTokens?.(tokens);
    this.#token = tokens.accessToken;
  }

  forget() {
    this.#token = this.#refreshToken = undefined;
  }

  /**
   * Get another token than the one that has expired. Calls at once renew it once: a refresh token that is used
   * twice ends its login.
   *
   * @param {string | undefined} expired
   */
  async renew(expired) {
    if (this.#token !== expired) return;
    this.#renewing ??= this.#renew().finally(() => {
      this.#renewing = undefined;
    });
    await this.#renewing;
  }

  async #renew() {
    const used = this.#refreshToken;
    if (used === undefined) throw new TypeError("There is no refresh token");
    await this.keep(await this.#refresh(used));
  }
}
