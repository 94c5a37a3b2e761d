// Bytes to and from a workspace, over REST: what the page's socket is not for.
import { Refusal, renew } from "../credentials.js";

const EXPIRED = 401;

/** The address of one of a session's resources, relative to the page: `files/raw?path=…`, `archive`. */
export function placeOf(sessionId, resource, query = {}) {
  const asked = new URLSearchParams(query);
  return `api/v1/sessions/${sessionId}/${resource}${`${asked}` ? `?${asked}` : ""}`;
}

export const rawOf = (sessionId, path) => placeOf(sessionId, "files/raw", { path });

/** Send a request with this page's login, which is renewed once if it has run out. Throws a Refusal. */
export async function request(address, options = {}) {
  let response = await reached(address, options);
  if (response.status === EXPIRED) {
    await renew();
    response = await reached(address, options);
  }
  if (!response.ok) throw new Refusal((await response.json()).error);
  return response;
}

async function reached(address, options) {
  try {
    return await fetch(address, options);
  } catch (failure) {
    if (failure.name === "AbortError") throw failure;
    throw new Refusal({ code: "NO_ANSWER", message: "The server cannot be reached." });
  }
}

/** Have the browser save what is at an address, once the login is known to be good. */
export async function save(address) {
  await request(address, { method: "HEAD" });
  Object.assign(document.createElement("a"), { href: address, download: "" }).click();
}

/** Have the browser save a text that the page has made. */
export function saveText(text, name) {
  const href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  Object.assign(document.createElement("a"), { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href));
}

/**
 * Store a file's bytes. `onProgress` is told the part that has been sent; `ifMatch` is the tag that the file
 * must have, and with `isNew` there must be none. Returns `{file, created}`. Throws a Refusal.
 */
export async function store(sessionId, path, content, { ifMatch, isNew, onProgress, signal } = {}) {
  const headers = { "Content-Type": "application/octet-stream" };
  if (ifMatch) headers["If-Match"] = `"${ifMatch}"`;
  if (isNew) headers["If-None-Match"] = "*";
  const send = () => sent("PUT", rawOf(sessionId, path), content, { headers, onProgress, signal });
  let answer = await send();
  if (answer.status === EXPIRED) {
    await renew();
    answer = await send();
  }
  if (answer.status >= 400) throw new Refusal(answer.body.error);
  return answer.body;
}

/** Only an XMLHttpRequest tells how far an upload is. */
function sent(method, address, content, { headers, onProgress, signal }) {
  return new Promise((resolve, reject) => {
    const made = new XMLHttpRequest();
    made.open(method, address);
    for (const [name, value] of Object.entries(headers)) made.setRequestHeader(name, value);
    made.responseType = "json";
    made.upload.onprogress = ({ loaded, total }) => onProgress?.(total ? loaded / total : 0);
    made.onload = () => resolve({ status: made.status, body: made.response });
    made.onerror = () =>
      reject(new Refusal({ code: "NO_ANSWER", message: "The connection broke off; nothing was changed." }));
    made.onabort = () => reject(new DOMException("Stopped", "AbortError"));
    signal?.addEventListener("abort", () => made.abort());
    made.send(content);
  });
}
