import { Credentials } from "./credentials.js";
import { Http } from "./http.js";
import { BASE_URL, MAX_RETRIES, MOST_WAITING, RECONNECT_FOR_MS, TIMEOUT_MS } from "./options.js";

/** @import { Server } from "./connection.js" */
/** @import { ClientOptions } from "./options.js" */

/**
 * What a client needs to reach its server over HTTP and Socket.IO.
 *
 * @param {ClientOptions} options
 * @returns {{ http: Http, server: Server }}
 */
export function reach(options) {
  const baseURL = (options.baseURL ?? BASE_URL).replace(/\/+$/, "");
  const { apiKey, accessToken, refreshToken, onTokens } = options;
  /** @type {Credentials} */
  const credentials = new Credentials({
    token: apiKey ?? accessToken,
    refreshToken,
    onTokens,
    refresh: async (used) => {
      const { tokens } = await http.call("auth.refresh", { refreshToken: used });
      return tokens;
    },
  });
  /** @type {Http} */
  const http = new Http({
    baseURL,
    credentials,
    timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
    maxRetries: options.maxRetries ?? MAX_RETRIES,
    fetch: options.fetch ?? ((input, init) => fetch(input, init)),
  });
  const reconnectForMs = options.reconnectForMs ?? RECONNECT_FOR_MS;
  const mostWaiting = options.mostWaiting ?? MOST_WAITING;
  if (!(mostWaiting >= 1)) throw new RangeError(`mostWaiting has to be at least 1, and is ${mostWaiting}`);
  const { onConnection } = options;
  return { http, server: { baseURL, credentials, reconnectForMs, mostWaiting, onConnection } };
}
