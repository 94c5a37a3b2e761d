// Searching the workspace: lines that match, or files by name. A result leads to its line in the editor.
import { html, useEffect, useRef, useState } from "../../vendor/htm/preact.js";
import { Check } from "../forms.js";
import { Empty, Failure, Tabs, useAsking } from "../parts.js";

const MOST = 500;
const KINDS = { text: "Text", files: "File names" };

const literally = (text) => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");

/** A glob of names that have this in them, unless it is one already. */
const globOf = (text) => (/[*?[]/.test(text) ? text : text.includes("/") ? `**/*${text}*` : `*${text}*`);

export function Panel({ following, connection, isConnected, isShown, show }) {
  const { session } = following.value;
  const [kind, setKind] = useState("text");
  const [found, setFound] = useState(null);
  const [ask, { isBusy, failure }] = useAsking();
  const field = useRef(null);
  useEffect(() => void (isShown && field.current?.focus()), [isShown, kind]);
  const search = (event) => {
    event.preventDefault();
    const given = new FormData(event.currentTarget);
    const words = given.get("pattern");
    if (!words || !isConnected) return;
    const isPlain = given.get("expression") !== "on";
    const common = {
      sessionId: session.id,
      limit: MOST,
      includeHidden: given.get("hidden") === "on",
      includeIgnored: given.get("hidden") === "on",
      fileTypes:
        given
          .get("types")
          ?.split(/[\s,]+/)
          .filter(Boolean) ?? [],
    };
    ask(async () => {
      if (kind === "files") {
        const { fileTypes, ...rest } = common;
        const answer = await connection.call("search.files", { ...rest, pattern: globOf(words) });
        setFound({ kind, ...answer });
      } else {
        const pattern = isPlain ? literally(words) : words;
        const caseSensitive = given.get("case") === "on";
        const answer = await connection.call("search.text", { ...common, pattern, caseSensitive });
        setFound({ kind, ...answer, shown: expressionOf(pattern, caseSensitive) });
      }
    });
  };
  const chosen = (next) => {
    setKind(next);
    setFound(null);
  };
  return html`<section class="panel searching" aria-label="Search">
    <${Tabs} label="Search for" tabs=${KINDS} chosen=${kind} onChoose=${chosen} />
    <form onSubmit=${search}>
      <div class="line">
        <label>
          ${kind === "text" ? "Text to find" : "Name, or a part of it"}
          <input ref=${field} type="search" name="pattern" required maxlength="500" autocomplete="off" />
        </label>
        <button class="primary" aria-disabled=${isBusy || !isConnected}>Search</button>
      </div>
      ${
        kind === "text" &&
        html`<label>
          Only in files <input name="types" class="mono" placeholder="*.py, *.js" autocomplete="off" />
        </label>`
      }
      <div class="choices">
        ${
          kind === "text" &&
          html`<${Check} label="Match case" name="case" />
            <${Check} label="Regular expression" name="expression" />`
        }
        <${Check} label="Hidden and ignored files too" name="hidden" />
      </div>
    </form>
    <${Failure} of=${failure} />
    ${isBusy && html`<p class="quiet small" role="status">Searching …</p>`}
    ${!isBusy && found && html`<${Results} found=${found} show=${show} />`}
  </section>`;
}

/** What to highlight, as far as this browser understands the pattern. */
function expressionOf(pattern, isCaseSensitive) {
  try {
    return new RegExp(pattern, isCaseSensitive ? "gu" : "giu");
  } catch {
    return null;
  }
}

function Results({ found, show }) {
  const { kind, truncated } = found;
  const all = found.matches;
  if (!all.length) return html`<${Empty} title="Nothing found">Try fewer words, or other files.<//>`;
  const byPath = new Map();
  for (const each of all) byPath.set(each.path, [...(byPath.get(each.path) ?? []), each]);
  const number = kind === "files" ? "" : `${all.length} ${all.length === 1 ? "line" : "lines"} in `;
  return html`<p class="quiet small" role="status">
      ${number}${byPath.size} ${byPath.size === 1 ? "file" : "files"}${truncated ? ", and more" : ""}
    </p>
    <ol class="results">
      ${[...byPath].map(
        ([path, matches]) => html`<li key=${path}>
          <button type="button" class="file" onClick=${() => show("files", { path })}>
            ${path.slice(1)}
          </button>
          ${
            kind === "text" &&
            html`<ol>
              ${matches.map(
                ({ line, column, content }) => html`<li key=${`${line}:${column}`}>
                  <button type="button" onClick=${() => show("files", { path, line })}>
                    <span class="number">${line}</span>
                    <code><${Marked} text=${content.trimStart()} of=${found.shown} /></code>
                  </button>
                </li>`,
              )}
            </ol>`
          }
        </li>`,
      )}
    </ol>`;
}

function Marked({ text, of }) {
  if (!of) return text;
  const parts = [];
  let at = 0;
  for (const match of text.matchAll(of)) {
    if (!match[0]) break;
    parts.push(text.slice(at, match.index), html`<mark>${match[0]}</mark>`);
    at = match.index + match[0].length;
  }
  return [...parts, text.slice(at)];
}
