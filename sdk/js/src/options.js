/**
 * What every call takes as its last argument.
 *
 * @typedef {object} CallOptions
 * @property {AbortSignal} [signal] Gives the call up; it then throws the signal's reason.
 * @property {number} [timeoutMs] For how long to try, in all; then the error's code is `TIMEOUT`. Default: the
 *   client's, which is ten minutes. Uploads and downloads have none unless they are given one.
 * @property {string} [idempotencyKey] For calls that create something: a key of your own in place of a random
 *   one, so that the call can be repeated after your program has been started again.
 */

/**
 * @typedef {object} ClientOptions
 * @property {string} [apiKey]
 * @property {string} [baseURL] Where the server is, also below a path; default `http://localhost:3000`.
 * @property {string} [accessToken] In place of a key, what a login gave.
 * @property {string} [refreshToken] Renews the access token whenever it has expired.
 * @property {(tokens: Tokens) => unknown} [onTokens] Told the new tokens before they are used, and awaited: a
 *   refresh token works once, so store the new one.
 * @property {number} [timeoutMs] For how long a call tries, in all; default 600,000.
 * @property {number} [maxRetries] How often a call that can safely be repeated is repeated; default 4.
 * @property {number} [reconnectForMs] For how long to try to get a lost connection back before streams of events
 *   fail with `CONNECTION_FAILED`; default 600,000. `Infinity` never gives up.
 * @property {number} [mostWaiting] How many events a stream keeps for a reader that is slower than they come, at
 *   least 1; default 1,000. Streams of sessions get the rest when there is room again, others fail with
 *   `FELL_BEHIND`.
 * @property {(change: "away" | "back") => unknown} [onConnection] Told when a connection for events is lost, and
 *   when it is there again. Must not throw.
 * @property {typeof globalThis.fetch} [fetch] In place of the global one.
 */

/** @typedef {import("./generated/api.js").Tokens} Tokens */

export const TIMEOUT_MS = 600_000;
export const MAX_RETRIES = 4;
export const RECONNECT_FOR_MS = 600_000;
export const MOST_WAITING = 1000;
export const BASE_URL = "http://localhost:3000";
