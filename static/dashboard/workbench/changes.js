// What a task has changed since it began, file by file, with comments that go to the agent.
import { html, useEffect, useMemo, useRef, useState } from "../../vendor/htm/preact.js";
import { hasEnded } from "../follow.js";
import { Empty, Failure, useAsking } from "../parts.js";
import { useStore } from "../store.js";
import { commentsOf, messageOf } from "./comments.js";
import { placeOf } from "./documents.js";
import { Hunks } from "./hunks.js";
import { Icon } from "./icons.js";
import { filesOf } from "./patch.js";
import { usePaced } from "./tree.js";

const READ_EVERY_MS = 3000;
const WHOLE = 10_000; // lines around a change
const LOOK = "roocode.changes"; // how this browser's user likes to see them
const LOOKS = { unified: "Unified", split: "Side by side" };
const MOST_FILES = 200; // that are shown at first
const SHORT = 90;

export function Panel({ following, connection, isConnected, caller, may, isShown, show, target }) {
  const { session, filesVersion } = following.value;
  const tasks = following.tasks.filter((task) => task.startedAt && !task.parentId);
  const [wanted, setWanted] = useState(null);
  const task = tasks.find(({ id }) => id === wanted) ?? tasks.at(-1);
  const [found, setFound] = useState(null);
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
  return html`<section class="panel changes" aria-label="Changes">
    ${
      tasks.length > 1 &&
      html`<label>
        Task
        <select value=${task.id} onChange=${(event) => setWanted(event.currentTarget.value)}>
          ${tasks
            .toReversed()
            .map(({ id, input }) => html`<option value=${id}>${input.slice(0, SHORT)}</option>`)}
        </select>
      </label>`
    }
    ${
      failure?.code === "RESOURCE_CONFLICT"
        ? html`<${Empty} title="Nothing to compare with">${failure.message}<//>`
        : html`<${Failure} of=${failure} again=${load} />`
    }
    ${isOld && isBusy && html`<p class="quiet small loading" role="status">Comparing …</p>`}
    ${
      !isOld &&
      html`<${Difference}
        key=${task.id}
        ...${{ found, task, comments, connection, following, show, may, session, target }}
      />`
    }
  </section>`;
}

function Difference({ found, task, comments, connection, following, show, may, session, target }) {
  const { list } = useStore(comments);
  const [look, setLook] = useState(() => localStorage.getItem(LOOK) ?? "unified");
  const [shown, setShown] = useState(MOST_FILES);
  const parsed = useMemo(() => filesOf(found.diff), [found.diff]);
  const { files } = found;
  const sum = (name) => files.reduce((total, file) => total + (file[name] ?? 0), 0);
  const place = useRef(null);
  useEffect(() => {
    if (!target?.path) return;
    const file = place.current.querySelector(`[data-path=${CSS.escape(target.path)}]`);
    file?.scrollIntoView({ block: "start" });
  }, [target]);
  if (!files.length)
    return html`<${Empty} title="Nothing has changed">
      ${hasEnded(task) ? "The task left all files as they were." : "The task has changed no file yet."}
    <//>`;
  const maySay = may(hasEnded(task) ? "task:write" : "task:steer");
  const chosen = (next) => {
    setLook(next);
    localStorage.setItem(LOOK, next);
  };
  return html`<div class="difference" ref=${place}>
    <header>
      <p>
        <strong>${files.length} ${files.length === 1 ? "file" : "files"}</strong>${" "}
        <span class="plus">+${sum("added")}</span> <span class="minus">−${sum("removed")}</span>
        <span class="quiet small"> ${found.until ? "until the next task" : "since the task began"}</span>
      </p>
      <div class="looks" role="group" aria-label="Show">
        ${Object.entries(LOOKS).map(
          ([name, words]) => html`<button
            type="button"
            key=${name}
            class="small"
            aria-pressed=${look === name}
            onClick=${() => chosen(name)}
          >
            ${words}
          </button>`,
        )}
      </div>
    </header>
    ${files.slice(0, shown).map(
      (file) => html`<${ChangedFile}
        key=${file.path}
        ...${{ file, task, session, connection, show, list }}
        part=${parsed.get(file.path)}
        isWide=${look === "split"}
        comments=${maySay ? comments : null}
      />`,
    )}
    ${
      files.length > shown &&
      html`<button type="button" class="small more" onClick=${() => setShown(shown + MOST_FILES)}>
        Show ${Math.min(MOST_FILES, files.length - shown)} more files
      </button>`
    }
    ${
      list.length > 0 &&
      maySay &&
      html`<${Send} ...${{ list, comments, task, connection, following, session }} />`
    }
  </div>`;
}

function ChangedFile({ file, part, task, session, connection, show, isWide, comments, list }) {
  const { path, kind, added, removed } = file;
  const [whole, setWhole] = useState(null); // the file with all its lines, once somebody asks for it
  const [ask, { isBusy, failure }] = useAsking();
  const isBinary = added === undefined;
  const said = list.filter((comment) => comment.path === path);
  useEffect(() => setWhole(null), [added, removed]);
  const load = (context) =>
    ask(async () => {
      const asked = { sessionId: session.id, taskId: task.id, path, context };
      const { diff } = await connection.call("task.diff", asked);
      setWhole(filesOf(diff).get(path) ?? { hunks: [] });
    });
  const { hunks } = whole ?? part ?? { hunks: [] };
  return html`<details class="changed-file" open data-path=${path}>
    <summary>
      <span class="fold" aria-hidden="true"></span>
      <code>${path.slice(1)}</code>
      <span class="badge ${kind}">${kind}</span>
      ${
        !isBinary &&
        html`<span class="small counts"><span class="plus">+${added}</span>${" "}
        <span class="minus">−${removed}</span></span>`
      }
    </summary>
    <div class="tools">
      ${
        !isBinary &&
        !whole &&
        part &&
        kind === "modified" &&
        html`<button type="button" class="plain small" disabled=${isBusy} onClick=${() => load(WHOLE)}>
          Show the whole file
        </button>`
      }
      ${
        kind !== "deleted" &&
        html`<button
          type="button"
          class="plain small"
          onClick=${() => show("files", { path, line: firstChange(hunks) })}
        >
          Open in the editor
        </button>`
      }
    </div>
    <${Failure} of=${failure} />
    ${
      hunks.length
        ? html`<${Hunks} ...${{ path, hunks, isWide, comments }} list=${said} />`
        : html`<p class="quiet small nothing">
            ${
              isBinary
                ? "Not a text file."
                : added + removed === 0
                  ? "It is empty, or can be executed now and could not before."
                  : html`<button type="button" class="small" onClick=${() => load(3)}>
                      Show the changes of this file
                    </button>`
            }
          </p>`
    }
  </details>`;
}

const firstChange = (hunks) =>
  hunks[0]?.lines.find(({ kind, after }) => kind === "added" && after)?.after ?? hunks[0]?.start ?? 1;

function Send({ list, comments, task, connection, following, session }) {
  const [ask, { isBusy, failure }] = useAsking();
  const isTalking = !hasEnded(task);
  const send = () => {
    if (isBusy) return;
    ask(async () => {
      const text = messageOf(list);
      const sessionId = session.id;
      if (isTalking) await connection.call("task.message", { sessionId, taskId: task.id, text });
      else await connection.call("task.create", { sessionId, input: text });
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
      ${isTalking ? "Send to the agent" : "Start a task with them"}
    </button>
  </footer>`;
}
