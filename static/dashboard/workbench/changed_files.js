// Files that differ, each with its changed lines: of a task, or of checkpoints.
import { html, useEffect, useMemo, useRef, useState } from "../../vendor/htm/preact.js";
import { Failure, useAsking } from "../parts.js";
import { plural } from "../words.js";
import { Hunks } from "./hunks.js";
import { filesOf } from "./patch.js";

const FEW = 3; // lines around a change
const WHOLE = 10_000;
const LOOK = "roocode.changes"; // how this browser's user likes to see them
const LOOKS = { unified: "Unified", split: "Side by side" };
const LEAST_WIDE_PX = 500; // for two columns
const MOST_FILES = 200; // that are shown at first

/**
 * `found` has the `files` and their `diff`; `since` are words on what is compared. `load(path, context)`
 * reads more of one file's diff; it is null where that cannot be done, `comments` where nothing can be said.
 * `children` are what can be done with all of them.
 */
export function ChangedFiles({ found, since, load = null, show, comments = null, list = [], children }) {
  const [look, setLook] = useState(() => localStorage.getItem(LOOK) ?? "unified");
  const [isRoomy, setIsRoomy] = useState(false);
  const place = useRef(null);
  const parsed = useMemo(() => filesOf(found.diff), [found.diff]);
  useEffect(() => {
    const watcher = new ResizeObserver(([{ contentRect }]) => setIsRoomy(contentRect.width >= LEAST_WIDE_PX));
    watcher.observe(place.current);
    return () => watcher.disconnect();
  }, []);
  const written = found.files.filter((file) => !file.isGenerated);
  const generated = found.files.filter((file) => file.isGenerated);
  const around = { parsed, list, load, show, comments, isWide: isRoomy && look === "split" };
  const sum = (name) => written.reduce((total, file) => total + (file[name] ?? 0), 0);
  const chosen = (next) => {
    setLook(next);
    localStorage.setItem(LOOK, next);
  };
  return html`<header class="summary" ref=${place}>
      <p>
        <strong>${plural(written.length, "file")}</strong>${" "}
        <span class="plus">+${sum("added")}</span> <span class="minus">−${sum("removed")}</span>
        <span class="quiet small"> ${since}</span>
      </p>
      ${children}
      ${
        isRoomy &&
        html`<div class="looks" role="group" aria-label="Show">
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
        </div>`
      }
    </header>
    <${FileList} files=${written} ...${around} />
    ${
      generated.length > 0 &&
      html`<details class="generated" open=${!written.length}>
        <summary>
          <span class="fold" aria-hidden="true"></span>
          <strong>${plural(generated.length, "generated file")}</strong>
          <span class="quiet small">named by .gitignore, or left behind by tools</span>
        </summary>
        <${FileList} files=${generated} ...${around} isFolded />
      </details>`
    }`;
}

/** Files, the first of them at first; with `isFolded` their lines are shown once somebody asks for them. */
function FileList({ files, parsed, list, ...around }) {
  const [shown, setShown] = useState(MOST_FILES);
  return html`${files.slice(0, shown).map(
    (file) => html`<${ChangedFile}
      key=${file.path}
      ...${{ file, ...around }}
      list=${list.filter((comment) => comment.path === file.path)}
      part=${parsed.get(file.path)}
    />`,
  )}
  ${
    files.length > shown &&
    html`<button type="button" class="small more" onClick=${() => setShown(shown + MOST_FILES)}>
      Show ${Math.min(MOST_FILES, files.length - shown)} more files
    </button>`
  }`;
}

function ChangedFile({ file, part, load, show, isWide, comments, list, isFolded = false }) {
  const { path, kind, added, removed } = file;
  const [whole, setWhole] = useState(null); // the file with all its lines, once somebody asks for it
  const [ask, { isBusy, failure }] = useAsking();
  const isBinary = added === undefined;
  useEffect(() => setWhole(null), [added, removed]);
  const readMore = (context) =>
    ask(async () => setWhole(filesOf(await load(path, context)).get(path) ?? { hunks: [] }));
  const { hunks } = whole ?? part ?? { hunks: [] };
  return html`<details class="changed-file" open=${!isBinary && !isFolded} data-path=${path}>
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
        load &&
        !isBinary &&
        !whole &&
        part &&
        kind === "modified" &&
        html`<button type="button" class="plain small" disabled=${isBusy} onClick=${() => readMore(WHOLE)}>
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
        ? html`<${Hunks} ...${{ path, hunks, isWide, comments }} list=${list} />`
        : html`<p class="quiet small nothing">
            ${
              isBinary
                ? "Not a text file."
                : added + removed === 0
                  ? "It is empty, or can be executed now and could not before."
                  : !load
                    ? "The comparison is too long to show this file."
                    : html`<button type="button" class="small" onClick=${() => readMore(FEW)}>
                      Show the changes of this file
                    </button>`
            }
          </p>`
    }
  </details>`;
}

const firstChange = (hunks) =>
  hunks[0]?.lines.find(({ kind, after }) => kind === "added" && after)?.after ?? hunks[0]?.start ?? 1;
