// A clone that is under way: asked for, watched, and told of where nobody watches it any more.
import { html, useEffect, useState } from "../../vendor/htm/preact.js";
import { placeOf, request } from "./requests.js";

/** The field that a refusal is about. */
export const PLACES = { PERMISSION_DENIED: "url", RESOURCE_NOT_FOUND: "url", TOOL_EXECUTION_FAILED: "url" };

/**
 * Have a repository cloned, and return whether it was; it may take minutes, which is why it is not asked for
 * over the socket. A refusal is thrown as long as it `isWatched`, afterwards it is told by `onTrouble`.
 */
export async function cloned(sessionId, body, { isWatched, onTrouble }) {
  try {
    await request(placeOf(sessionId, "clone"), {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    return true;
  } catch (failure) {
    if (isWatched()) throw failure;
    onTrouble({ message: `The repository was not cloned. ${failure.message}` });
    return false;
  }
}

/** How far it is; `step` is what the last event told of it. */
export function Cloning({ since, step }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return html`<div class="cloning">
    <progress aria-label="Cloning" max="100" value=${step?.percent}></progress>
    <p class="small" role="status">${step?.step ?? "Cloning"} …</p>
    <span class="quiet small" aria-hidden="true">
      ${step && `${step.percent} % · `}${Math.round((now - since) / 1000)} s
    </span>
  </div>`;
}
