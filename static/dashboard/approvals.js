// What waits for a person: a tool call to approve, or a question to answer.
import { html, useEffect, useRef, useState } from "../vendor/htm/preact.js";
import { Coloured, languageFor, Markdown } from "./conversation/markdown.js";
import { blocksAsDiff, changedLines, Diff, Failure, useAsking, whenOf } from "./parts.js";
import { answersTo, fallbackWords } from "./words.js";

const EDITS = new Set(["write_to_file", "apply_diff", "insert_content", "search_and_replace"]);

export function Approvals({ following, connection, may }) {
  const { question, session } = following.value;
  const { pending } = following;
  if (!pending.length && !question) return null;
  const around = { connection, session, may };
  return html`<section class="waiting" aria-label="Waits for a person" aria-live="polite">
    ${pending.map(
      (approval) => html`<${Approval}
        key=${approval.id}
        approval=${approval}
        ...${around}
        config=${session.config}
      />`,
    )}
    ${question && html`<${Question} question=${question} taskId=${question.taskId} ...${around} />`}
  </section>`;
}

const REVIEW_S = 60; // as long as a model may take, if the policy does not say

const FIELD = ".composer textarea";
const TOUCHED = matchMedia("(pointer: coarse)"); // there a field with the focus brings up a keyboard

/**
 * Whoever has answered is led to the field for the agent once what was answered is gone, and not to what is
 * asked next: that must not be answered by a key that is pressed once too often.
 */
function useWayOn() {
  const isAnswered = useRef(false);
  const onward = () => {
    if (document.activeElement === document.body && !TOUCHED.matches) document.querySelector(FIELD)?.focus();
  };
  useEffect(() => () => void (isAnswered.current && setTimeout(onward)), []);
  return isAnswered;
}

/** What a rule is about, in words. */
const aboutOf = ({ command, path, server, tool }) =>
  command
    ? `“${command}”`
    : path
      ? path.replace(/^\//, "")
      : server
        ? `the MCP server ${server}`
        : (tool ?? "");

/** The answers that would make such questions unnecessary, in words, and how each is given. */
function lastingAnswers({ toolName, rules = [] }, isOwner, hasConfig) {
  const about = rules.map(aboutOf).join(", ");
  const answers = rules.length
    ? [{ words: `always allow ${about} in this session`, more: { remember: "session" } }]
    : [];
  if (EDITS.has(toolName) && hasConfig)
    answers.push({
      words: "always allow changes to files in this session",
      rule: { decision: "always", group: "edit" },
    });
  if (rules.length && isOwner)
    answers.push({ words: `always allow ${about} in all my sessions`, more: { remember: "always" } });
  return answers;
}

/** `config` is that of the session, where it is known and its rules may be added to. */
export function Approval({ approval, connection, session, may, config }) {
  const [feedback, setFeedback] = useState("");
  const [ask, { isBusy, failure }] = useAsking();
  const isAnswered = useWayOn();
  const { toolName } = approval;
  const [approving, rejecting] = answersTo(toolName);
  const answer = (action, { rule, more } = {}) =>
    ask(async () => {
      isAnswered.current = true;
      if (rule)
        await connection.call("session.update", {
          sessionId: session.id,
          config: { approvals: [...config.approvals, rule] },
        });
      await connection.call("approval.respond", {
        sessionId: session.id,
        approvalId: approval.id,
        action,
        ...(feedback && { feedback }),
        ...more,
      });
    });
  const lasting = may("session:write")
    ? lastingAnswers(approval, session.access === "owner", Boolean(config))
    : [];
  const isCommand = approval.description === `Run: ${approval.parameters?.command}`; // which is shown below
  return html`<div class="approval" data-approval=${approval.id}>
    <p title=${toolName}>
      <strong>${isCommand ? "Run a command" : approval.description}</strong>
    </p>
    <${Parameters} of=${approval.parameters} said=${approval.description} />
    ${
      may("approval:respond")
        ? html`<div class="answer">
              <button
                type="button"
                class="primary"
                data-waiting
                disabled=${isBusy}
                onClick=${() => answer("approve")}
              >
                ${approving}
              </button>
              <button type="button" class="danger" disabled=${isBusy} onClick=${() => answer("reject")}>
                ${rejecting}
              </button>
              <input
                aria-label="What the agent should know"
                placeholder="A note for the agent (optional)"
                value=${feedback}
                onInput=${(event) => setFeedback(event.currentTarget.value)}
              />
            </div>
            ${lasting.map(
              (one) => html`<p key=${one.words}>
                <button
                  type="button"
                  class="plain small"
                  disabled=${isBusy}
                  onClick=${() => answer("approve", one)}
                >
                  ${approving}, and ${one.words}
                </button>
              </p>`,
            )}`
        : html`<p class="quiet small">It waits for somebody who may answer it.</p>`
    }
    <${Otherwise} ...${approval} />
    <${Failure} of=${failure} />
  </div>`;
}

/** What becomes of it if nobody answers, and when. */
function Otherwise({ unanswered, expiresAt }) {
  if (!unanswered || !expiresAt) return null;
  const { then, review } = unanswered;
  const reviewS = then === "review" ? (review?.within ?? REVIEW_S) : 0; // people come before the model
  const until = new Date(expiresAt).getTime() - reviewS * 1000;
  return html`<p class="quiet small">
    If nobody has answered by ${whenOf(until)}, ${fallbackWords(then)}.
  </p>`;
}

/** A tool's parameters, long texts in a separate box; without the path where it has been `said` already. */
export function Parameters({ of, said = "" }) {
  const entries = Object.entries(of ?? {});
  if (entries.length === 1 && entries[0][0] === "command")
    return html`<pre class="code" tabindex="0">$ ${of.command}</pre>`;
  const isReplaced = typeof of?.search === "string" && typeof of.replace === "string" && !of.use_regex;
  return entries.map(([name, content]) => {
    if (isReplaced && name === "replace") return null;
    if (name === "path" && said.includes(content)) return null;
    if (isReplaced && name === "search")
      return html`<${Diff} text=${changedLines(of.search.split("\n"), of.replace.split("\n")).join("\n")} />`;
    if (name === "files" && content.every?.((file) => file?.path && typeof file.diff === "string"))
      return content.map((file) => html`<${Parameters} of=${file} />`);
    const text = typeof content === "string" ? content : JSON.stringify(content);
    if (name === "content" && of.path)
      return html`<${Coloured} text=${text} language=${languageFor(of.path)} label=${of.path} />`;
    if (name === "diff") return html`<${Diff} text=${blocksAsDiff(text)} />`;
    return text.includes("\n")
      ? html`<pre class="code" tabindex="0" aria-label=${name}>${text}</pre>`
      : html`<p class="parameter small"><span class="quiet">${name}</span> <code>${text}</code></p>`;
  });
}

/** With `isOwnField` it has a field for an answer in one's own words; in a session that is below. */
export function Question({ question, taskId, connection, session, may, isOwnField = false }) {
  const [ask, { isBusy, failure }] = useAsking();
  const [own, setOwn] = useState("");
  const isAnswered = useWayOn();
  const say = (text) => {
    isAnswered.current = true;
    return ask(() => connection.call("task.message", { sessionId: session.id, taskId, text }));
  };
  const send = (event) => {
    event.preventDefault();
    if (own.trim()) say(own);
  };
  return html`<div class="approval question">
    <${Markdown} of=${question.text} />
    ${
      may("task:steer")
        ? html`<div class="answer">
              ${question.suggestions.map(
                (text, place) => html`<button
                  type="button"
                  data-waiting=${place === 0}
                  disabled=${isBusy}
                  onClick=${() => say(text)}
                >
                  ${text}
                </button>`,
              )}
            </div>
            ${
              isOwnField
                ? html`<form class="answer" onSubmit=${send}>
                    <input
                      aria-label="Your answer"
                      placeholder="Your own answer"
                      value=${own}
                      onInput=${({ currentTarget }) => setOwn(currentTarget.value)}
                    />
                    <button class="primary" disabled=${isBusy || !own.trim()}>Answer</button>
                  </form>`
                : html`<p class="quiet small">Or write your own answer below.</p>`
            }`
        : html`<p class="quiet small">It waits for somebody who may answer it.</p>`
    }
    <${Failure} of=${failure} />
  </div>`;
}
