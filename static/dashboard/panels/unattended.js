// What happens to questions that nobody answers, for each kind of question, in plain words.
import { html, useRef, useState } from "../../vendor/htm/preact.js";
import { Choice, Field, Form } from "../forms.js";
import { Failure, useAsking } from "../parts.js";
import { fallbackWords } from "../words.js";

const KINDS = {
  edit: "Changing files",
  command: "Running a command",
  question: "A question of the agent",
  read: "Reading files",
  browser: "Using the browser",
  mcp: "A tool of an MCP server",
  modes: "Another mode, or a subtask",
  mistakes: "Going on after many steps without success",
  failedRequest: "Asking the model again after a failure",
  budget: "Going on beyond the limits",
};
const FALLBACKS = {
  refuse: "It is refused",
  allow: "It is allowed",
  review: "A model decides",
  fail: "The task fails",
};
const OF_QUESTIONS = {
  answer: "It gets this answer",
  allow: "It gets its first suggestion",
  review: "A model answers",
  refuse: "The agent decides for itself",
  fail: "The task fails",
};
const DEFAULT_MIN = 10;
const MOST_MIN = 43_200; // thirty days

const fallbacksOf = (kind) => (kind === "question" ? OF_QUESTIONS : FALLBACKS);

export function Unattended({ session, change, mayChange }) {
  const { unattended, unattendedPolicy } = session.config;
  const entries = Object.entries(KINDS).filter(([kind]) => unattendedPolicy?.[kind]);
  const policy = Object.fromEntries(entries.map(([kind]) => [kind, unattendedPolicy[kind]]));
  const [kind, setKind] = useState("command");
  const [ask, { isBusy, failure }] = useAsking();
  const save = (next) => change({ config: { unattendedPolicy: next } });
  const heading = useRef(null);
  const remove = (gone) => {
    const { [gone]: _, ...rest } = policy;
    return ask(async () => {
      await save(rest);
      heading.current?.focus(); // the button is gone
    });
  };
  return html`<section>
    <h2 tabindex="-1" ref=${heading}>When nobody answers</h2>
    <p class="quiet small">
      ${
        unattended
          ? "Nobody is waited for, as chosen above: what is not listed here is refused at once."
          : "What is not listed here waits for a person."
      }
      ${" "}The rules above come first: this is about what would be asked.
    </p>
    <ol class="rows">
      ${entries.map(
        ([name, words]) => html`<li key=${name}>
          <div>
            <strong>${words}:</strong> ${sentence(name, policy[name])}
            ${saidOf(policy[name]) && html`<p class="quiet small">“${saidOf(policy[name])}”</p>`}
          </div>
          ${
            mayChange &&
            html`<div class="actions">
              <button
                type="button"
                class="small"
                aria-label=${`Change: ${words}`}
                onClick=${() => setKind(name)}
              >
                Change
              </button>
              <button
                type="button"
                class="small"
                disabled=${isBusy}
                aria-label=${`Remove: ${words}`}
                onClick=${() => remove(name)}
              >
                Remove
              </button>
            </div>`
          }
        </li>`,
      )}
    </ol>
    <${Failure} of=${failure} />
    ${
      mayChange &&
      html`<${Entry}
        kind=${kind}
        known=${policy[kind]}
        onKind=${setKind}
        onSave=${(entry) => save({ ...policy, [kind]: entry })}
      />`
    }
  </section>`;
}

const saidOf = ({ answer, review }) => answer ?? review?.instructions;

/** What becomes of such a question, and when. */
function sentence(kind, { after, then }) {
  const words = fallbackWords(then, kind === "question");
  return after ? `after ${spanWords(after)} ${words}` : `${words}, and nobody is asked`;
}

function spanWords(seconds) {
  if (seconds % 60) return `${seconds} s`;
  const minutes = seconds / 60;
  return minutes === 1 ? "a minute" : `${minutes.toLocaleString("en")} minutes`;
}

/** The words that an entry may have, by what happens. */
const WORDS = {
  answer: { field: "answer", label: "The answer", required: true },
  refuse: { field: "answer", label: "What the agent is told (optional)" },
  review: { field: "review.instructions", label: "What the model is to decide by (optional)" },
};

/** One kind of question: what happens, after how long, and the words that belong to it. */
function Entry({ kind, known, onKind, onSave }) {
  const [chosen, setChosen] = useState({});
  const usual = known?.then ?? (kind === "question" ? "answer" : "refuse");
  const then = chosen.kind === kind ? chosen.fallback : usual;
  const place = `config.unattendedPolicy.${kind}`;
  const words = WORDS[then];
  const send = (given) => {
    const said = words && given.get(`${place}.${words.field}`).trim();
    const review = { ...known?.review, instructions: said || undefined };
    return onSave({
      after: Math.round(Number(given.get(`${place}.after`)) * 60),
      then,
      ...(words?.field === "answer" && said && { answer: said }),
      ...(then === "review" && { review }),
    });
  };
  return html`<${Form} word=${known ? "Change it" : "Add it"} done="Saved." onSend=${send}>
    <${Choice}
      label="If nobody answers"
      name="kind"
      options=${KINDS}
      chosen=${kind}
      onChange=${({ currentTarget }) => onKind(currentTarget.value)}
    />
    <div class="pair">
      <${Choice}
        label="This happens"
        key=${`then ${kind}`}
        name=${`${place}.then`}
        options=${fallbacksOf(kind)}
        chosen=${then}
        onChange=${({ currentTarget }) => setChosen({ kind, fallback: currentTarget.value })}
      />
      <${Field}
        label="After how many minutes"
        key=${`after ${kind}`}
        name=${`${place}.after`}
        type="number"
        required
        min="0"
        max=${MOST_MIN}
        step="any"
        defaultValue=${known ? known.after / 60 : DEFAULT_MIN}
        hint="0: nobody is asked."
      />
    </div>
    ${
      words &&
      html`<${Field}
        as="textarea"
        rows="2"
        key=${`${kind} ${words.field}`}
        label=${words.label}
        name=${`${place}.${words.field}`}
        required=${words.required}
        maxlength="10000"
        defaultValue=${(words.field === "answer" ? known?.answer : known?.review?.instructions) ?? ""}
      />`
    }
  <//>`;
}
