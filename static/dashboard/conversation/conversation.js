// What was said and done in a session, from top to bottom. Only what is in view is in the page.
import { html, useEffect, useRef, useState } from "../../vendor/htm/preact.js";
import { hasEnded } from "../follow.js";
import { Empty } from "../parts.js";
import { toolWords } from "../words.js";
import { Find } from "./finding.js";
import { Item } from "./items.js";
import { Markdown } from "./markdown.js";
import { Windowed } from "./windowed.js";

const GIVE_A_TASK =
  "Give the agent a task below. It works in this session's own folder, and asks before it changes anything.";

export function Conversation({ following, connection, route, show, may, isFinding, onFound }) {
  const { story: told, writing, start, removed, isLoading, session, tasks } = following.value;
  const story = told.some(({ takenBack }) => takenBack) ? told.filter(({ takenBack }) => !takenBack) : told;
  const [isBehind, setIsBehind] = useState(false);
  const controls = useRef(null);
  const view = useRef(null);
  const shownAt = useRef(null);
  useEffect(() => {
    const named = Number(route.at);
    if (isLoading || !named || shownAt.current === route.at) return;
    const item = story.findLast(({ seq }) => seq <= named);
    if (!item || following.value.seq < named) return; // it has not arrived yet
    shownAt.current = route.at;
    controls.current.showItem(item.key);
  });
  const { task } = following;
  const isWorking = task && !hasEnded(task) && task.status === "running" && task.activity === "active";
  const [sought, setSought] = useState(null); // the number of the item that was found
  const around = { connection, session, tasks, show, may, named: sought ?? Number(route.at) };
  const find = (item) => {
    setSought(item?.seq ?? null);
    if (item) controls.current.showItem(item.key, { isFocused: false });
  };
  const closeFind = () => {
    setSought(null);
    onFound();
    view.current.querySelector(".story").focus();
  };
  return html`<div class="conversation" ref=${view}>
    ${
      isFinding &&
      html`<${Find}
        isPart=${start > removed}
        onFound=${find}
        onClose=${closeFind}
        ...${{ story, view }}
      />`
    }
    <${Windowed}
      class="story"
      tabindex="0"
      aria-label="Conversation"
      role="region"
      items=${story}
      controls=${controls}
      onEnd=${(isAtEnd) => setIsBehind(!isAtEnd)}
      before=${
        start > removed
          ? html`<button type="button" class="small" onClick=${() => following.open({ whole: true })}>
              Load the ${removed ? "earlier" : "first"} ${(start - removed).toLocaleString("en")} events too
            </button>`
          : removed > 0 &&
            html`<p class="quiet small">
              The story begins here: ${removedWords(removed)} removed, as the server keeps events for a
              limited time. Its tasks, files and checkpoints are all there.
            </p>`
      }
      after=${html`
        ${
          !story.length &&
          !isLoading &&
          !removed &&
          html`<${Empty} title="Nothing has happened yet">
            ${may("task:write") ? GIVE_A_TASK : "What the agent says and does appears here."}
          <//>`
        }
        ${[...writing].map(([id, one]) => html`<${Writing} key=${id} of=${one} />`)}
        ${
          isWorking &&
          !writing.size &&
          html`<p class="working quiet small">
            <span class="dots" aria-hidden="true"></span> ${stepOf(task)}
          </p>`
        }
      `}
    >
      ${(item) => html`<${Item} key=${item.key} item=${item} version=${item.version} ...${around} />`}
    <//>
    ${
      isBehind &&
      html`<button type="button" class="newest small" onClick=${() => controls.current.showEnd()}>
        ↓ Newest
      </button>`
    }
  </div>`;
}

const removedWords = (number) =>
  number === 1
    ? "the first event of this session was"
    : `the first ${number.toLocaleString("en")} events of this session were`;

const stepOf = ({ step }) => (step ? `${toolWords(step)} …` : "Working …");

/** What the agent is writing at this moment. */
function Writing({ of: { say, toolName, text } }) {
  if (toolName)
    return html`<p class="working quiet small">
      <span class="dots" aria-hidden="true"></span> ${toolWords(toolName)} is being written:
      ${" "}${text.length.toLocaleString("en")} characters
    </p>`;
  if (say === "reasoning")
    return html`<p class="working quiet small">
      <span class="dots" aria-hidden="true"></span> Thinking: ${text.slice(-120)}
    </p>`;
  return html`<div class="message"><${Markdown} of=${text} isGrowing /></div>`;
}
