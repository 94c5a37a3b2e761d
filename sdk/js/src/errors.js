/** The SDK's own codes; all others are the server's: docs/errors.md. */
export const CONNECTION_FAILED = "CONNECTION_FAILED";
export const TIMEOUT = "TIMEOUT";
export const VALIDATION_ERROR = "VALIDATION_ERROR";
export const FELL_BEHIND = "FELL_BEHIND";

/** A call or a stream of events that came to nothing: refused by the server, or the server was not reached. */
export class RooCodeError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   * @param {{ status?: number, details?: Record<string, unknown>, requestId?: string, cause?: unknown }} [facts]
   */
  constructor(code, message, { status, details = {}, requestId, cause } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "RooCodeError";
    /** The server's stable code, such as `RESOURCE_NOT_FOUND`, or one of the SDK's: `CONNECTION_FAILED`,
     * `TIMEOUT`, `FELL_BEHIND`. */
    this.code = code;
    /** The HTTP status, if the refusal came over HTTP. */
    this.status = status;
    /** The facts: for a malformed request `field` and `reason`. */
    this.details = details;
    /** Finds the call in the server's log. */
    this.requestId = requestId;
  }

  /** For how many seconds to wait before trying again, if the server says so. */
  get retryAfter() {
    const { retryAfter } = this.details;
    return typeof retryAfter === "number" ? retryAfter : undefined;
  }
}

/**
 * The error in an answer, or undefined if it has none.
 *
 * @param {any} body `{error: {code, message, details, requestId}}`
 * @param {{ status?: number, requestId?: string | null }} [facts] of the response that brought it
 */
export function refusal(body, { status, requestId } = {}) {
  const error = body?.error;
  if (typeof error?.code !== "string") return undefined;
  return new RooCodeError(error.code, explained(error.message, error.details), {
    status,
    details: error.details ?? {},
    requestId: error.requestId ?? requestId ?? undefined,
  });
}

/**
 * The message, with what is wrong in which field, and which names there are, where the details say so.
 *
 * @param {string} message
 * @param {{ field?: string, reason?: string, fields?: { field?: string, reason?: string }[], known?: string[] }} [details]
 */
function explained(message, details = {}) {
  const mistakes = Array.isArray(details.fields) ? details.fields : [details];
  const reasons = mistakes
    .filter(({ reason }) => reason)
    .map(({ field, reason }) => (field ? `${field}: ${reason}` : `${reason}`).replace(/\.$/, ""));
  const text = reasons.length ? `${message}: ${reasons.join("; ")}` : message;
  if (!Array.isArray(details.known)) return text;
  return `${text}. There are: ${details.known.join(", ")}`;
}

/** @param {unknown} error @param {string[]} codes */
export function hasCode(error, ...codes) {
  return error instanceof RooCodeError && codes.includes(error.code);
}
