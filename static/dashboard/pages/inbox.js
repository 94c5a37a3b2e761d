// Everything that waits for the person who is logged in, over all sessions; answered here, or in its session.
import { html, useEffect, useRef, useState } from "../../vendor/htm/preact.js";
import { addressOf } from "../address.js";
import { Approval, Question } from "../approvals.js";
import { keyOf } from "../overview.js";
import { dayOf, Empty, Failure, Link, useAsking } from "../parts.js";
import { useStore } from "../store.js";
import { titleOf } from "../words.js";

const KINDS = { approval: "Approval", question: "Question", interrupted: "Interrupted" };

export function View({ overview, connection, caller, open }) {
  const { inbox, waiting, failure } = useStore(overview);
  const heading = useRef(null);
  const [last, setLast] = useState(0);
  useEffect(() => {
    // what had the focus has been answered and is gone: the next is found from the heading
    if (inbox && inbox.length < last && document.activeElement === document.body) heading.current.focus();
    setLast(inbox?.length ?? 0);
  }, [inbox]);
  return html`<section class="inbox" aria-label="Inbox">
    <header class="title">
      <h1 ref=${heading} tabindex="-1">Inbox</h1>
      <span class="quiet" role="status">${inbox && (waiting ? `${waiting} waiting` : "nothing waits")}</span>
    </header>
    <${Failure} of=${failure} again=${() => overview.look()} />
    ${
      inbox?.length === 0 &&
      html`<${Empty} title="Nothing waits for you">
        When an agent asks for approval, has a question or was interrupted, it appears here, whichever session
        it works in.
      <//>`
    }
    <ul>
      ${(inbox ?? []).map(
        (entry) => html`<li key=${keyOf(entry)} class="entry">
          <header>
            <span class="badge interactive">${KINDS[entry.kind]}</span>
            <${Link}
              class="where"
              href=${addressOf({ session: entry.sessionId })}
              onGo=${() => open(entry.sessionId)}
            >
              ${entry.sessionName}
            <//>
            <time class="quiet small">${dayOf(entry.since)}</time>
          </header>
          <p class="quiet small task-input">${titleOf(entry.taskInput)}</p>
          <${Answer} ...${{ entry, connection, caller }} />
        </li>`,
      )}
    </ul>
    ${
      waiting > (inbox?.length ?? 0) &&
      html`<p class="quiet small">The oldest ${waiting - inbox.length} appear when these are answered.</p>`
    }
  </section>`;
}

function Answer({ entry, connection, caller }) {
  const session = { id: entry.sessionId, access: entry.access };
  const may = (permission) => caller.mayIn(session, permission);
  const around = { connection, session, may };
  if (entry.kind === "approval") return html`<${Approval} approval=${entry.approval} ...${around} />`;
  if (entry.kind === "question")
    return html`<${Question}
      question=${{ text: entry.question, suggestions: entry.suggestions }}
      taskId=${entry.taskId}
      isOwnField
      ...${around}
    />`;
  return html`<${Resume} ...${{ entry, ...around }} />`;
}

function Resume({ entry, connection, session, may }) {
  const [ask, { isBusy, failure }] = useAsking();
  const where = { sessionId: session.id, taskId: entry.taskId };
  return html`<div class="approval">
    <p>This was interrupted. It continues where it was, or is ended.</p>
    ${
      may("task:steer") &&
      html`<div class="answer">
        <button
          type="button"
          class="primary"
          disabled=${isBusy}
          onClick=${() => ask(() => connection.call("task.resume", where))}
        >
          Resume
        </button>
        <button
          type="button"
          class="danger"
          disabled=${isBusy}
          onClick=${() => ask(() => connection.call("task.cancel", where))}
        >
          End it
        </button>
      </div>`
    }
    <${Failure} of=${failure} />
  </div>`;
}
