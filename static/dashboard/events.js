// The event log: all stored events with their numbers, newest first.
import { html, useState } from "../vendor/htm/preact.js";
import { Empty, timeOf } from "./parts.js";

const WINDOW = 100;
const ENVELOPE = new Set(["id", "type", "sessionId", "timestamp", "seq"]);

/** An event's fields without its envelope. */
function contentOf(event) {
  const content = Object.entries(event).filter(([name]) => !ENVELOPE.has(name));
  return JSON.stringify(Object.fromEntries(content), null, 2);
}

export function Panel({ following }) {
  const { events, seq } = following.value;
  const [shown, setShown] = useState(WINDOW);
  const newest = events.slice(-shown).reverse();
  return html`<section class="panel events" aria-label="Events">
    <p class="quiet small">
      Stored and numbered without holes; this page has them up to <strong>${seq}</strong>. If the line breaks
      it goes on from there.
    </p>
    ${!events.length && html`<${Empty} title="No events yet">All events of the session are listed here.<//>`}
    <ol>
      ${newest.map(
        (event) => html`<li key=${event.id}>
          <details>
            <summary>
              <span class="seq">${event.seq}</span> <code>${event.type}</code>${" "}
              <time class="quiet small">${timeOf(event.timestamp)}</time>
            </summary>
            <pre class="code" tabindex="0">${contentOf(event)}</pre>
          </details>
        </li>`,
      )}
    </ol>
    ${
      events.length > shown &&
      html`<button type="button" onClick=${() => setShown(shown + WINDOW)}>Show earlier events</button>`
    }
  </section>`;
}
