// Going back to a message of a task, and undoing it.
import { html, useState } from "../../vendor/htm/preact.js";
import { Confirm } from "../forms.js";
import { Failure, useAsking } from "../parts.js";

/** Makes a message the last one of its task, after a question. */
export function GoBack({ connection, session, taskId, messageId }) {
  const [isAsking, setIsAsking] = useState(false);
  const goBack = (form) =>
    connection.call("task.rewind", {
      sessionId: session.id,
      taskId,
      messageId,
      files: !form.has("keeps-files"),
    });
  return html`<button type="button" class="plain small" onClick=${() => setIsAsking(true)}>
      Go back to here
    </button>
    ${
      isAsking &&
      html`<${Confirm}
        title="Go back to this message?"
        word="Go back"
        onConfirmed=${goBack}
        onClose=${() => setIsAsking(false)}
      >
        <span>
          What came after it is taken back: messages, the to-do list, the mode, and the files, as the last
          checkpoint before it has them. The task then waits for what you say. It can be undone until then.
        </span>
        <label class="check">
          <input type="checkbox" name="keeps-files" /> Leave the files as they are
        </label>
      <//>`
    }`;
}

/** Brings back what the last rewind of a task has taken back. */
export function Undo({ connection, session, taskId }) {
  const [ask, { isBusy, failure }] = useAsking();
  const undo = () => ask(() => connection.call("task.reinstate", { sessionId: session.id, taskId }));
  return html`<button type="button" class="plain small" disabled=${isBusy} onClick=${undo}>Undo</button>
    <${Failure} of=${failure} />`;
}
