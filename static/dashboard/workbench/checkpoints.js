// The checkpoints of a session: saved, compared with now or with each other, and restored.
import { html, useEffect, useRef, useState } from "../../vendor/htm/preact.js";
import { Dialog, Field, Form } from "../forms.js";
import { dayOf, Empty, Failure, useAsking } from "../parts.js";
import { titleOf } from "../words.js";
import { ChangedFiles } from "./changed_files.js";
import { FIRST, Restoring } from "./restoring.js";

const PAGE = 50;
const SHORT = 12; // characters of an id

const shortOf = ({ id }) => id.slice(0, SHORT);

/** The last event that tells of a checkpoint: then the list is another. */
const newsOf = (events) => events.findLast(({ type }) => type.startsWith("checkpoint."))?.id;

export function Panel({ following, connection, isConnected, may, isShown, show, target }) {
  const { session, events } = following.value;
  const sessionId = session.id;
  const [list, setList] = useState(null);
  const [total, setTotal] = useState(0);
  const [chosen, setChosen] = useState(null); // {from, to} that are compared; `to` is null for now
  const [dialog, setDialog] = useState(null);
  const [said, setSaid] = useState("");
  const [ask, { failure, isBusy }] = useAsking();
  const news = newsOf(events);
  const place = useRef(null);
  const load = (offset = 0, limit = PAGE) =>
    ask(async () => {
      const page = await connection.call("checkpoint.list", { sessionId, offset, limit });
      setList((before) => (offset ? [...before, ...page.data] : page.data));
      setTotal(page.pagination.total);
    });
  useEffect(() => {
    if (isConnected && isShown) load(0, Math.max(PAGE, list?.length ?? 0));
  }, [isConnected, isShown, news]);
  useEffect(() => {
    const item = target && place.current?.querySelector(`[data-id="${target.checkpointId}"]`);
    item?.scrollIntoView({ block: "nearest" });
  }, [target, list]);
  const aimed = target?.checkpointId;
  const mayWrite = may("file:write");
  const close = () => setDialog(null);
  if (chosen)
    return html`<${Comparison}
      ...${{ chosen, list, connection, sessionId, show, setChosen }}
      news=${news}
      onClose=${() => {
        const { id } = chosen.from;
        setChosen(null);
        setTimeout(() => place.current?.querySelector(`[data-id="${id}"] button`)?.focus());
      }}
    />`;
  return html`<section class="panel checkpoints" aria-label="Checkpoints" ref=${place}>
    <header>
      <p class="quiet small">A checkpoint is the state of all files at one moment.</p>
      ${
        mayWrite &&
        html`<button type="button" class="primary small" onClick=${() => setDialog({ kind: "save" })}>
          Save one now
        </button>`
      }
    </header>
    <p class="small said" role="status">${said}</p>
    <${Failure} of=${failure} again=${() => load()} />
    ${
      list?.length === 0 &&
      html`<${Empty} title="No checkpoints yet">
        Save one now. A task saves them before it begins and after each change, unless its options say
        otherwise.
      <//>`
    }
    <ol>
      ${(list ?? []).map(
        (one) => html`<li key=${one.id} data-id=${one.id} class=${one.id === aimed ? "aimed" : ""}>
          <div>
            <strong>${nameOf(one)}</strong>
            <p class="quiet small">
              <time datetime=${one.createdAt}>${dayOf(one.createdAt)}</time> · <code>${shortOf(one)}</code>
              ${one.taskId && ` · ${taskWords(following.value.tasks.get(one.taskId))}`}
            </p>
          </div>
          <div class="actions">
            <button
              type="button"
              class="small"
              aria-label=${`Compare “${one.reason}”, ${dayOf(one.createdAt)}`}
              onClick=${() => setChosen({ from: one, to: null })}
            >
              Compare
            </button>
            ${
              mayWrite &&
              html`<button
                type="button"
                class="small"
                aria-label=${`Restore “${one.reason}”, ${dayOf(one.createdAt)}`}
                onClick=${() => setDialog({ kind: "restore", checkpoint: one })}
              >
                Restore
              </button>`
            }
          </div>
        </li>`,
      )}
    </ol>
    ${
      list?.length < total &&
      html`<button type="button" class="small" disabled=${isBusy} onClick=${() => load(list.length)}>
        Show more
      </button>`
    }
    ${
      dialog?.kind === "save" &&
      html`<${Saving} ...${{ connection, sessionId }} onClose=${close} onSaid=${setSaid} />`
    }
    ${
      dialog?.kind === "restore" &&
      html`<${Restoring}
        ...${{ connection, sessionId }}
        checkpoint=${dialog.checkpoint}
        title="Restore this checkpoint?"
        word="Restore"
        done="Restored"
        onClose=${close}
        onSaid=${setSaid}
      >
        All files become as they were at “${dialog.checkpoint.reason}”, ${dayOf(dialog.checkpoint.createdAt)}.
      <//>`
    }
  </section>`;
}

/** A task saves one before it begins, and one after each call that changed something. */
const nameOf = ({ taskId, reason }) => {
  if (!taskId) return reason;
  return reason === FIRST ? "Before the task" : `After: ${reason}`;
};

const taskWords = (task) => (task ? `task: ${titleOf(task.input).slice(0, 60)}` : "by a task");

function Saving({ connection, sessionId, onClose, onSaid }) {
  const save = async (given, close) => {
    const reason = given.get("reason").trim();
    const asked = reason ? { sessionId, reason } : { sessionId };
    const { checkpoint } = await connection.call("checkpoint.create", asked);
    onSaid(checkpoint ? "Saved." : "Nothing has changed since the last checkpoint.");
    close();
  };
  return html`<${Dialog} title="Save a checkpoint" onClose=${onClose}>
    ${(close) => html`<${Form} word="Save" onCancel=${close} onSend=${(given) => save(given, close)}>
      <${Field} label="What for" name="reason" maxlength="500" autofocus placeholder="before I try …" />
    <//>`}
  <//>`;
}

function Comparison({ chosen, list, connection, sessionId, show, setChosen, news, onClose }) {
  const { from, to } = chosen;
  const [found, setFound] = useState(null);
  const [ask, { failure }] = useAsking();
  const heading = useRef(null);
  const load = () =>
    ask(async () => {
      const asked = { sessionId, checkpointId: from.id, ...(to && { to: to.id }) };
      setFound(await connection.call("checkpoint.compare", asked));
    });
  useEffect(() => void load(), [from.id, to?.id, news]);
  useEffect(() => heading.current.focus(), []);
  const others = list.filter(({ id }) => id !== from.id);
  const choose = (event) => {
    const id = event.currentTarget.value;
    setFound(null);
    setChosen({ from, to: list.find((one) => one.id === id) ?? null });
  };
  return html`<section class="panel changes" aria-label="Checkpoints">
    <header class="compared">
      <button type="button" class="small" onClick=${onClose}>Back</button>
      <h2 ref=${heading} tabindex="-1">“${from.reason}”, ${dayOf(from.createdAt)}</h2>
      <label>
        compared with
        <select value=${to?.id ?? ""} onChange=${choose}>
          <option value="">now</option>
          ${others.map(
            (one) =>
              html`<option value=${one.id}>${dayOf(one.createdAt)}: ${one.reason.slice(0, 60)}</option>`,
          )}
        </select>
      </label>
    </header>
    <${Failure} of=${failure} again=${load} />
    ${!found && !failure && html`<p class="quiet small loading" role="status">Comparing …</p>`}
    ${found?.files.length === 0 && html`<${Empty} title="No difference">All files are the same.<//>`}
    ${
      found?.files.length > 0 &&
      html`<div class="difference">
        <${ChangedFiles} found=${found} show=${show} since=${to ? "between the two" : "since then"} />
      </div>`
    }
  </section>`;
}
