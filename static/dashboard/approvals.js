// What waits for a person: a tool call to approve, or a question to answer.
import { html, useState } from "../vendor/htm/preact.js";
import { blocksAsDiff, Diff, Failure, useAsking } from "./parts.js";

const EDITS = new Set(["write_to_file", "apply_diff", "insert_content", "search_and_replace"]);

/** The label of the approving button. */
function primaryWord(toolName) {
  if (EDITS.has(toolName)) return "Save";
  return toolName === "execute_command" ? "Run" : "Approve";
}

export function Approvals({ following, connection, may }) {
  const { question, session } = following.value;
  const { pending } = following;
  if (!pending.length && !question) return null;
  return html`<section class="waiting" aria-label="Waits for a person" aria-live="polite">
    ${pending.map(
      (approval) => html`<${Approval} key=${approval.id} ...${{ approval, connection, session, may }} />`,
    )}
    ${question && html`<${Question} ...${{ question, following, connection, session, may }} />`}
  </section>`;
}

function Approval({ approval, connection, session, may }) {
  const [feedback, setFeedback] = useState("");
  const [ask, { isBusy, failure }] = useAsking();
  const answer = (action) =>
    ask(() =>
      connection.call("approval.respond", {
        sessionId: session.id,
        approvalId: approval.id,
        action,
        ...(feedback && { feedback }),
      }),
    );
  return html`<div class="approval">
    <p><strong>${approval.description}</strong> <span class="quiet small">${approval.toolName}</span></p>
    <${Parameters} of=${approval.parameters} />
    ${
      may("approval:respond")
        ? html`<div class="answer">
            <button type="button" class="primary" disabled=${isBusy} onClick=${() => answer("approve")}>
              ${primaryWord(approval.toolName)}
            </button>
            <button type="button" class="danger" disabled=${isBusy} onClick=${() => answer("reject")}>
              Reject
            </button>
            <input
              aria-label="What the agent should know"
              placeholder="Tell the agent why (optional)"
              value=${feedback}
              onInput=${(event) => setFeedback(event.currentTarget.value)}
            />
          </div>`
        : html`<p class="quiet small">It waits for somebody who may answer it.</p>`
    }
    <${Failure} of=${failure} />
  </div>`;
}

/** A tool's parameters; long texts in a separate box. */
export function Parameters({ of }) {
  const entries = Object.entries(of ?? {});
  if (entries.length === 1 && entries[0][0] === "command")
    return html`<pre class="code" tabindex="0">$ ${of.command}</pre>`;
  return entries.map(([name, content]) => {
    const text = typeof content === "string" ? content : JSON.stringify(content);
    if (name === "diff") return html`<${Diff} text=${blocksAsDiff(text)} />`;
    return text.includes("\n")
      ? html`<pre class="code" tabindex="0" aria-label=${name}>${text}</pre>`
      : html`<p class="parameter small"><span class="quiet">${name}</span> <code>${text}</code></p>`;
  });
}

function Question({ question, following, connection, session, may }) {
  const [ask, { isBusy, failure }] = useAsking();
  const say = (text) =>
    ask(() => connection.call("task.message", { sessionId: session.id, taskId: following.task.id, text }));
  return html`<div class="approval">
    <p><strong>${question.text}</strong></p>
    ${
      may("task:steer")
        ? html`<div class="answer">
              ${question.suggestions.map(
                (text) => html`<button type="button" disabled=${isBusy} onClick=${() => say(text)}>
                  ${text}
                </button>`,
              )}
            </div>
            <p class="quiet small">Or write your own answer below.</p>`
        : html`<p class="quiet small">It waits for somebody who may answer it.</p>`
    }
    <${Failure} of=${failure} />
  </div>`;
}
