// What the browser tells somebody who looks elsewhere, as far as they want it.
import { html, useState } from "../vendor/htm/preact.js";

const NOTICES = {
  "task.completed": { wish: "taskCompleted", words: () => "The task is completed." },
  "task.failed": { wish: "taskFailed", words: (event) => `The task failed: ${event.error.message}` },
};

/** Whether this browser may tell anything: `granted`, `denied`, `default` (nobody has said), `impossible`. */
const permission = () => ("Notification" in window ? Notification.permission : "impossible");

/** Tell of an event of a session, if somebody who is not looking wants to know. */
export function notify(event, session, wanted) {
  const notice = NOTICES[event.type];
  if (!notice || !wanted[notice.wish] || event.isSubtask) return;
  tell(session.name, { body: notice.words(event), tag: event.id });
}

/** Tell of something that waits for the person, in whatever session; `open` leads there. */
export function notifyOfWaiting({ sessionName, approval, question, taskId }, wanted, open) {
  if (!wanted.approvalRequired) return;
  const body = `It waits: ${approval?.description ?? question ?? "the task was interrupted"}`;
  tell(sessionName, { body, tag: approval?.id ?? taskId }, open);
}

function tell(title, options, open = () => {}) {
  if (!document.hidden || permission() !== "granted") return;
  try {
    const shown = new Notification(title, options);
    shown.onclick = () => {
      window.focus();
      open();
      shown.close();
    };
  } catch {
    // Android's browsers want a service worker for it; the page itself shows everything
  }
}

/** Asks the browser's permission, where it has not been given. */
export function Permission() {
  const [given, setGiven] = useState(permission);
  if (given === "granted") return null;
  if (given !== "default")
    return html`<p class="quiet small">
      This browser lets the page tell nothing; its settings for this address may change that.
    </p>`;
  const ask = async () => setGiven(await Notification.requestPermission());
  return html`<div>
    <button type="button" class="small" onClick=${ask}>Allow it in this browser</button>
  </div>`;
}
