import { RooCodeError } from "./errors.js";
import { WebhooksArea } from "./generated/areas.js";

/** @import { Events } from "./generated/contract.js" */

/**
 * What a webhook posts: `data` has the event's own fields, and `id`, `seq`, `sessionId` and `taskId`.
 *
 * @typedef {{ [Name in keyof Events]: { event: Name, timestamp: string, data: Omit<Events[Name], "type" | "timestamp"> } }[keyof Events]} WebhookPayload
 */

/** @typedef {Headers | Record<string, string | string[] | undefined>} AnyHeaders */

const TOLERANCE_S = 300;
const PREFIX = "whsec_";

/**
 * Check that a request was sent by the server, and lately; return what it says. Throws RooCodeError with the code
 * `SIGNATURE_INVALID`.
 *
 * @param {string | Uint8Array} body as it came: not parsed and written anew
 * @param {AnyHeaders} headers
 * @param {string} secret the webhook's
 * @returns {Promise<WebhookPayload>}
 * Source: Standard Webhooks, "Verifying webhook authenticity".
 */
export async function verifyWebhook(body, headers, secret) {
  const [id, timestamp, signatures] = ["id", "timestamp", "signature"].map((name) => header(headers, name));
  const age = Date.now() / 1000 - Number(timestamp);
  if (!(Math.abs(age) <= TOLERANCE_S)) throw invalid("It was not sent within the last five minutes");
  const text = typeof body === "string" ? body : new TextDecoder("utf-8", { ignoreBOM: true }).decode(body);
  const signed = new TextEncoder().encode(`${id}.${timestamp}.${text}`);
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", keyOf(secret), algorithm, false, ["verify"]);
  for (const each of (signatures ?? "").split(" ")) {
    const [version, signature] = each.split(",");
    const bytes = version === "v1" && signature ? fromBase64(signature) : undefined;
    if (bytes && (await crypto.subtle.verify("HMAC", key, bytes, signed))) return JSON.parse(text);
  }
  throw invalid("No signature is that of this secret");
}

/** Webhooks: events posted to an address. */
export class Webhooks extends WebhooksArea {
  verify = verifyWebhook;
}

/** @param {AnyHeaders} headers @param {string} name */
function header(headers, name) {
  const wanted = `webhook-${name}`;
  const found =
    headers instanceof Headers
      ? headers.get(wanted)
      : Object.entries(headers).find(([each]) => each.toLowerCase() === wanted)?.[1];
  if (typeof found !== "string") throw invalid(`It has no header ${wanted}`);
  return found;
}

/** @param {string} secret */
function keyOf(secret) {
  if (!secret.startsWith(PREFIX)) return new TextEncoder().encode(secret);
  const bytes = fromBase64(secret.slice(PREFIX.length));
  if (bytes === undefined) throw new TypeError("The secret is not base64 after whsec_");
  return bytes;
}

/** @param {string} text */
function fromBase64(text) {
  try {
    return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  } catch {
    return undefined;
  }
}

/** @param {string} reason */
function invalid(reason) {
  return new RooCodeError("SIGNATURE_INVALID", `The request is not the server's: ${reason}`);
}
