// Going back to a checkpoint, after saying which files change; the one of a task's start undoes the task.
import { html, useEffect, useState } from "../../vendor/htm/preact.js";
import { Confirm, Dialog } from "../forms.js";
import { dayOf, Empty, Failure, useAsking } from "../parts.js";
import { plural, titleOf } from "../words.js";

export const FIRST = "before the task"; // the reason of a task's first checkpoint

const MOST_NAMED = 12; // files that a question names
const PAGE = 500;
const BACK = {
  created: ["will be deleted", "bad"],
  modified: ["will be as it was", "wait"],
  deleted: ["will be back", "good"],
};

/** Asks, and says what will change, before anything does; `children` say what becomes of the files. */
export function Restoring({
  connection,
  sessionId,
  checkpoint,
  title,
  word,
  done,
  onClose,
  onSaid,
  children,
}) {
  const [files, setFiles] = useState(null);
  const [ask, { failure }] = useAsking();
  const where = { sessionId, checkpointId: checkpoint.id };
  useEffect(() => {
    ask(async () => setFiles((await connection.call("checkpoint.compare", where)).files));
  }, []);
  const restore = async () => {
    const { files: changed, savedAs } = await connection.call("checkpoint.restore", where);
    const before = savedAs ? " What was there before is a checkpoint, too." : "";
    onSaid(`${done}: ${plural(changed.length, "file")} changed.${before}`);
  };
  return html`<${Confirm} title=${title} word=${word} onConfirmed=${restore} onClose=${onClose}>
    <span>${children} Their present state is saved as a checkpoint first.</span>
    <${Failure} of=${failure} />
    ${!files && !failure && html`<span class="quiet small" role="status">Comparing …</span>`}
    ${files?.length === 0 && html`<strong>Nothing would change.</strong>`}
    ${
      files?.length > 0 &&
      html`<span class="named small">
        ${files.slice(0, MOST_NAMED).map(
          ({ path, kind }) => html`<span key=${path}>
            <code>${path.slice(1)}</code> <span class=${BACK[kind][1]}>${BACK[kind][0]}</span>
          </span>`,
        )}
        ${
          files.length > MOST_NAMED &&
          html`<span>and ${plural(files.length - MOST_NAMED, "more file")}</span>`
        }
      </span>`
    }
  <//>`;
}

/** Asks before everything that a task has changed is undone. `isFollowed`: another task began after it. */
export function Undoing({ connection, sessionId, task, isFollowed, onClose, onSaid }) {
  const [start, setStart] = useState(undefined);
  const [ask, { failure }] = useAsking();
  const find = () => ask(async () => setStart(await startOf(connection, sessionId, task)));
  useEffect(() => void find(), []);
  if (start)
    return html`<${Restoring}
      ...${{ connection, sessionId, onClose, onSaid }}
      checkpoint=${start}
      title="Undo what this task has changed?"
      word="Undo all changes"
      done="Undone"
    >
      All files become as they were when “${titleOf(task.input)}” began, ${dayOf(task.startedAt)}.
      What ${isFollowed ? "later tasks and people" : "people"} have changed in them since then is lost, too.
    <//>`;
  return html`<${Dialog} title="Undo what this task has changed?" onClose=${onClose}>
    ${(close) => html`<div class="form">
      <${Failure} of=${failure} again=${find} />
      ${
        start === undefined &&
        !failure &&
        html`<p class="quiet small" role="status">Looking for its beginning …</p>`
      }
      ${
        start === null &&
        html`<${Empty} title="The state before it was not kept">
          Its options said that it should keep no checkpoints, so there is nothing to go back to.
        <//>`
      }
      <footer><button type="button" onClick=${close}>Close</button></footer>
    </div>`}
  <//>`;
}

/**
 * The checkpoint of a task's start. Where nothing had changed since the last one, none was saved: that one is
 * it. Null if the task keeps none. Throws a Refusal.
 */
async function startOf(connection, sessionId, task) {
  if (!task.config.enableCheckpoints) return null;
  let before = null;
  for (let offset = 0; ; offset += PAGE) {
    const { data, pagination } = await connection.call("checkpoint.list", { sessionId, offset, limit: PAGE });
    const first = data.findLast(({ taskId, reason }) => taskId === task.id && reason === FIRST);
    before ??= data.find(({ createdAt }) => new Date(createdAt) <= new Date(task.startedAt)) ?? null;
    if (first) return first;
    if (before || offset + PAGE >= pagination.total) return before;
  }
}
