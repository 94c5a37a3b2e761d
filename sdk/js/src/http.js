import { CONNECTION_FAILED, hasCode, RooCodeError, refusal, TIMEOUT } from "./errors.js";
import { backoff, pause } from "./pause.js";
import { addressed, routeOf } from "./routes.js";

/** @import { Credentials } from "./credentials.js" */
/** @import { Operations } from "./generated/contract.js" */
/** @import { Route } from "./generated/routes.js" */
/** @import { CallOptions } from "./options.js" */
/** @import { RouteName } from "./routes.js" */

/** The longest that a call waits because a limit of the server asks it to. */
const LONGEST_WAIT_S = 90;
const UNANSWERED = [CONNECTION_FAILED, "SERVER_OVERLOAD", "BAD_GATEWAY"];
/** Refused before anything was done. */
const NOT_BEGUN = "RATE_LIMIT_EXCEEDED";
const FIRST_CALL_UNDER_WAY = "IDEMPOTENCY_KEY_IN_USE";
const GATEWAY_STATUSES = [502, 503, 504];

/** Asks the server over HTTP, and repeats what can safely be repeated. */
export class Http {
  #baseURL;
  #credentials;
  #timeoutMs;
  #maxRetries;
  #fetch;

  /**
   * @param {object} given
   * @param {string} given.baseURL
   * @param {Credentials} given.credentials
   * @param {number} given.timeoutMs
   * @param {number} given.maxRetries
   * @param {typeof globalThis.fetch} given.fetch
   */
  constructor({ baseURL, credentials, timeoutMs, maxRetries, fetch }) {
    this.#baseURL = baseURL;
    this.#credentials = credentials;
    this.#timeoutMs = timeoutMs;
    this.#maxRetries = maxRetries;
    this.#fetch = fetch;
  }

  /**
   * Ask for an operation and return its answer. Throws RooCodeError, or the signal's reason.
   *
   * @template {keyof Operations} Name
   * @param {Name} operation
   * @param {Operations[Name]["request"]} request
   * @param {CallOptions} [options]
   * @returns {Promise<Operations[Name]["response"]>}
   */
  call(operation, request, options = {}) {
    const bounded = { timeoutMs: this.#timeoutMs, ...options };
    return this.#send(operation, { ...request }, undefined, bounded, (response) => response.json());
  }

  /**
   * Send bytes, and return the answer. They are sent once.
   *
   * @param {RouteName} operation
   * @param {Record<string, unknown>} request
   * @param {BodyInit} body
   * @param {CallOptions} [options]
   */
  upload(operation, request, body, options = {}) {
    return this.#send(operation, request, body, options, (response) => response.json());
  }

  /**
   * Ask for bytes: the response, whose body can be read as a stream, a blob, a text …
   *
   * @param {RouteName} operation
   * @param {Record<string, unknown>} request
   * @param {CallOptions & { headers?: Record<string, string> }} [options]
   * @returns {Promise<Response>}
   */
  download(operation, request, options = {}) {
    return this.#send(operation, request, undefined, options, (response) => response);
  }

  /**
   * @template Answer
   * @param {RouteName} operation
   * @param {Record<string, unknown>} request
   * @param {BodyInit | undefined} bytes
   * @param {CallOptions & { headers?: Record<string, string> }} options
   * @param {(response: Response) => Answer | Promise<Answer>} read
   * @returns {Promise<Answer>}
   */
  async #send(operation, request, bytes, options, read) {
    const route = routeOf(operation);
    const { url, body } = addressed(this.#baseURL, route, request, bytes !== undefined);
    /** @type {Record<string, string>} */
    const headers = { ...options.headers };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (bytes !== undefined) headers["Content-Type"] = "application/octet-stream";
    if (route.keyed && request.idempotencyKey === undefined) {
      headers["Idempotency-Key"] = quoted(options.idempotencyKey ?? crypto.randomUUID());
    }
    const limit = Number.isFinite(options.timeoutMs)
      ? AbortSignal.timeout(options.timeoutMs ?? 0)
      : undefined;
    const signals = [options.signal, limit].filter((each) => each !== undefined);
    const signal = signals.length > 0 ? AbortSignal.any(signals) : undefined;
    /** @type {RequestInit & { duplex?: string }} */
    const init = { method: route.method, headers, body: body ?? bytes, signal };
    if (bytes instanceof ReadableStream) init.duplex = "half";
    try {
      return await this.#repeat(url, init, route, bytes === undefined, read, signal);
    } catch (error) {
      if (options.signal?.aborted) throw options.signal.reason;
      if (limit?.aborted) {
        throw new RooCodeError(TIMEOUT, `${operation} was not answered within ${options.timeoutMs} ms`, {
          cause: error,
        });
      }
      throw error;
    }
  }

  /**
   * @template Answer
   * @param {string} url
   * @param {RequestInit} init
   * @param {Route} route
   * @param {boolean} canRepeat whether the body can be sent a second time
   * @param {(response: Response) => Answer | Promise<Answer>} read
   * @param {AbortSignal | undefined} signal
   */
  async #repeat(url, init, route, canRepeat, read, signal) {
    let hasRenewed = false;
    for (let attempt = 0; ; attempt++) {
      const { token } = this.#credentials;
      try {
        return await this.#attempt(url, init, token, read);
      } catch (error) {
        if (signal?.aborted || !canRepeat) throw error;
        if (hasCode(error, "TOKEN_EXPIRED") && this.#credentials.canRenew && !hasRenewed) {
          hasRenewed = true;
          await this.#credentials.renew(token);
          continue;
        }
        const waitMs = error instanceof RooCodeError ? waitBefore(error, route, attempt) : undefined;
        if (waitMs === undefined || attempt >= this.#maxRetries) throw error;
        await pause(waitMs, signal);
      }
    }
  }

  /**
   * @template Answer
   * @param {string} url
   * @param {RequestInit} init
   * @param {string | undefined} token
   * @param {(response: Response) => Answer | Promise<Answer>} read
   */
  async #attempt(url, init, token, read) {
    const headers = { ...init.headers, ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }) };
    /** @type {Response} */
    let response;
    let body;
    try {
      response = await this.#fetch(url, { ...init, headers });
      if (response.ok) return await read(response);
      body = await response.text();
    } catch (error) {
      if (error instanceof SyntaxError) {
        throw new RooCodeError("UNEXPECTED_ANSWER", `${url} did not answer with JSON`, { cause: error });
      }
      throw new RooCodeError(CONNECTION_FAILED, `${url} cannot be reached: ${reasonOf(error)}`, {
        cause: error,
      });
    }
    throw refused(response, body);
  }
}

/**
 * The refusal in a response that is not a success.
 *
 * @param {Response} response
 * @param {string} text its body
 */
function refused(response, text) {
  const { status } = response;
  const requestId = response.headers.get("X-Request-ID");
  let body;
  try {
    body = JSON.parse(text);
  } catch {
    body = undefined;
  }
  const error = refusal(body, { status, requestId });
  if (error !== undefined) return error;
  const code = GATEWAY_STATUSES.includes(status) ? "BAD_GATEWAY" : "UNEXPECTED_ANSWER";
  return new RooCodeError(code, `${response.url} answered ${status} without saying why`, {
    status,
    requestId: requestId ?? undefined,
  });
}

/**
 * How long to wait before a call is repeated; undefined if it must not be.
 *
 * @param {RooCodeError} error
 * @param {Route} route
 * @param {number} attempt
 */
function waitBefore(error, route, attempt) {
  const canRepeat = route.method === "GET" || route.keyed === true;
  const isWorthIt =
    error.code === NOT_BEGUN ||
    (canRepeat && UNANSWERED.includes(error.code)) ||
    (route.keyed === true && error.code === FIRST_CALL_UNDER_WAY);
  if (!isWorthIt) return undefined;
  if (error.retryAfter === undefined) return backoff(attempt);
  return error.retryAfter <= LONGEST_WAIT_S ? error.retryAfter * 1000 : undefined;
}

/** A string of a structured field (RFC 9651, 3.3.3). @param {string} text */
function quoted(text) {
  return `"${text.replaceAll(/["\\]/g, "\\$&")}"`;
}

/** @param {unknown} error */
function reasonOf(error) {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message || error.message : error.message;
}
