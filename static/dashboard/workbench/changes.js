// What a task has changed since it began, file by file, with comments that go to the agent.
import { html, useEffect, useRef, useState } from "../../vendor/htm/preact.js";
import { hasEnded } from "../follow.js";
import { Empty, Failure, useAsking } from "../parts.js";
import { useStore } from "../store.js";
import { plural, titleOf } from "../words.js";
import { ChangedFiles } from "./changed_files.js";
import { commentsOf, messageOf } from "./comments.js";
import { placeOf } from "./documents.js";
import { Icon } from "./icons.js";
import { patchOf } from "./patch.js";
import { saveText } from "./requests.js";
import { Undoing } from "./restoring.js";
import { usePaced } from "./tree.js";

const READ_EVERY_MS = 3000;
const SHORT = 90;
const LONGEST_FILE_NAME = 50;

export function Panel({ following, connection, isConnected, caller, may, isShown, show, target }) {
  const { session, filesVersion } = following.value;
  const tasks = following.tasks.filter((task) => task.startedAt && !task.parentId);
  const [wanted, setWanted] = useState(null);
  const task = tasks.find(({ id }) => id === wanted) ?? tasks.at(-1);
  const [found, setFound] = useState(null);
  const [isUndoing, setIsUndoing] = useState(false);
  const [said, setSaid] = useState("");
  const heading = useRef(null);
  useEffect(() => void (target?.taskId && setWanted(target.taskId)), [target]);
  useEffect(() => setSaid(""), [task?.id, task?.status]);
  const [ask, { failure, isBusy }] = useAsking();
  const version = usePaced(filesVersion, () => READ_EVERY_MS);
  const comments = commentsOf(placeOf(caller, session.id));
  const load = () =>
    ask(async () => {
      const asked = { sessionId: session.id, taskId: task.id };
      setFound({ taskId: task.id, ...(await connection.call("task.diff", asked)) });
    });
  const state = task?.status;
  useEffect(() => {
    if (task && isConnected && isShown) load();
  }, [task?.id, state, version, isConnected, isShown]);
  if (!task)
    return html`<section class="panel" aria-label="Changes">
      <${Empty} title="No task has begun yet">
        What a task changes is shown here, line by line, and you can comment on it.
      <//>
    </section>`;
  const isOld = found?.taskId !== task.id;
  const mayUndo = may("file:write") && hasEnded(task) && !isOld && found.files.length > 0;
  const savePatch = () =>
    ask(async () => {
      const asked = { sessionId: session.id, taskId: task.id };
      const read = (path, context) => connection.call("task.diff", { ...asked, path, context });
      const { text, omitted } = await patchOf(found, read);
      if (text) saveText(text, `${nameOf(titleOf(task.input))}.patch`);
      const left =
        omitted && `${plural(omitted, "file")} that ${omitted === 1 ? "is" : "are"} no text, or too long`;
      setSaid(
        text
          ? `Saved; “git apply” makes the same change elsewhere.${left ? ` Not in it: ${left}.` : ""}`
          : `Nothing can be saved as a patch: ${left || "only generated files have changed"}.`,
      );
    });
  const undone = (words) => {
    setSaid(words);
    setTimeout(() => heading.current?.focus()); // the button goes with the changes
  };
  return html`<section class="panel changes" aria-label="Changes">
    <h2 class="hidden" tabindex="-1" ref=${heading}>Changes</h2>
    ${
      tasks.length > 1 &&
      html`<label>
        Task
        <select value=${task.id} onChange=${(event) => setWanted(event.currentTarget.value)}>
          ${tasks
            .toReversed()
            .map(({ id, input }) => html`<option value=${id}>${titleOf(input).slice(0, SHORT)}</option>`)}
        </select>
      </label>`
    }
    ${
      failure?.code === "RESOURCE_CONFLICT"
        ? html`<${Empty} title=${hasEnded(task) ? "Nothing to compare with" : "Nothing to compare with yet"}>
            ${hasEnded(task) ? failure.message : "What the task changes is shown here."}
          <//>`
        : html`<${Failure} of=${failure} again=${load} />`
    }
    <p class="small said" role="status">${said}</p>
    ${isOld && isBusy && html`<p class="quiet small loading" role="status">Comparing …</p>`}
    ${
      !isOld &&
      html`<${Difference}
        key=${task.id}
        ...${{ found, task, comments, connection, following, show, may, session, target }}
        onUndo=${mayUndo ? () => setIsUndoing(true) : null}
        onSave=${() => savePatch()}
      />`
    }
    ${
      isUndoing &&
      html`<${Undoing}
        ...${{ connection, task }}
        sessionId=${session.id}
        isFollowed=${Boolean(found?.until)}
        onClose=${() => setIsUndoing(false)}
        onSaid=${undone}
      />`
    }
  </section>`;
}

/** What a task is called, as a part of a file's name. */
const nameOf = (title) =>
  title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, "-")
    .slice(0, LONGEST_FILE_NAME)
    .replace(/^-|-$/g, "") || "changes";

function Difference({ found, task, comments, connection, following, show, may, session, target, ...around }) {
  const { onUndo, onSave } = around;
  const { list } = useStore(comments);
  const { files } = found;
  const load = async (path, context) => {
    const asked = { sessionId: session.id, taskId: task.id, path, context };
    return (await connection.call("task.diff", asked)).diff;
  };
  const place = useRef(null);
  useEffect(() => {
    if (!target?.path) return;
    const file = place.current.querySelector(`[data-path=${CSS.escape(target.path)}]`);
    file?.scrollIntoView({ block: "start" });
  }, [target]);
  if (!files.length)
    return html`<${Empty} title="Nothing has changed">
      ${hasEnded(task) ? "All files are as the task found them." : "The task has changed no file yet."}
    <//>`;
  const maySay = may(hasEnded(task) ? "task:write" : "task:steer");
  const since = found.until ? "until the next task" : "since the task began";
  return html`<div class="difference" ref=${place}>
    <${ChangedFiles} ...${{ found, show, list, load }} since=${since} comments=${maySay ? comments : null}>
      <span class="actions">
        <button type="button" class="small" onClick=${onSave}>Save as patch</button>
        ${onUndo && html`<button type="button" class="small" onClick=${onUndo}>Undo all changes</button>`}
      </span>
    <//>
    ${
      list.length > 0 &&
      maySay &&
      html`<${Send} ...${{ list, comments, task, connection, following, session }} />`
    }
  </div>`;
}

function Send({ list, comments, task, connection, following, session }) {
  const [ask, { isBusy, failure }] = useAsking();
  const isTalking = !hasEnded(task) || !task.parentId; // one that has ended goes on
  const send = () => {
    if (isBusy) return;
    ask(async () => {
      const text = messageOf(list);
      const sessionId = session.id;
      if (isTalking) await connection.call("task.message", { sessionId, taskId: task.id, text });
      else
        await connection.call("task.create", { sessionId, input: text, config: { enableCheckpoints: true } });
      comments.clear();
    });
  };
  return html`<footer class="send">
    <${Failure} of=${failure} />
    <p class="small">
      <${Icon} of="comment" /> ${list.length} ${list.length === 1 ? "comment" : "comments"}, not sent yet.
      ${
        isTalking &&
        following.pending.length > 0 &&
        html`<span class="warning">Sending rejects the pending approval.</span>`
      }
    </p>
    <button type="button" class="small" onClick=${() => comments.clear()}>Remove all</button>
    <button type="button" class="primary small" aria-disabled=${isBusy} onClick=${send}>
      ${isTalking ? "Send to the agent" : `Start a task with ${list.length === 1 ? "it" : "them"}`}
    </button>
  </footer>`;
}
