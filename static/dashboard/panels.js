// What can be opened beside a session, and what can be looked at of the whole server. Each is one line here,
// a module of its own that exports `Panel` or `View`, and perhaps a sheet; both are loaded when it is opened.
import { html, useEffect, useState } from "../vendor/htm/preact.js";
import { Failure } from "./parts.js";

const SCREEN = ["../vendor/@xterm/xterm/xterm.css", "instruments/instruments.css"];
const BENCH = "workbench/workbench.css";

/** The tabs beside a session, in their order; each has one panel or several. */
export const GROUPS = {
  changes: "Changes",
  files: "Files",
  terminal: "Terminal",
  tasks: "Tasks",
  settings: "Settings",
};

/**
 * The panels beside a session, in the order within their groups.
 *
 * `Panel` is given `following` (the session as its events tell it), `connection`, `isConnected`, `caller`,
 * `may(permission)`, `isShown`, `show(panel, target)`, which opens another panel, `target`, what it was
 * opened for, and `asked`, another object each time that somebody presses its tab. `needs` is the permission
 * without which it is not offered. With `isKept` it is hidden and not taken away when another is chosen.
 */
export const PANELS = {
  changes: {
    group: "changes",
    title: "Diff",
    load: () => import("./workbench/changes.js"),
    styles: BENCH,
    needs: "file:read",
    isKept: true,
  },
  checkpoints: {
    group: "changes",
    title: "Checkpoints",
    load: () => import("./workbench/checkpoints.js"),
    styles: BENCH,
    needs: "file:read",
  },
  files: {
    group: "files",
    title: "Browse",
    load: () => import("./workbench/files.js"),
    styles: BENCH,
    isKept: true,
  },
  search: {
    group: "files",
    title: "Search",
    load: () => import("./workbench/search.js"),
    styles: BENCH,
    isKept: true,
  },
  terminals: {
    group: "terminal",
    title: "Terminals",
    load: () => import("./instruments/terminals.js"),
    styles: SCREEN,
    needs: "tool:read",
    isKept: true,
  },
  processes: {
    group: "terminal",
    title: "Processes",
    load: () => import("./instruments/processes.js"),
    styles: SCREEN,
    needs: "tool:read",
  },
  command: { group: "terminal", title: "Command", load: () => import("./command.js") },
  tasks: {
    group: "tasks",
    title: "All tasks",
    load: () => import("./panels/tasks.js"),
    styles: "panels/tasks.css",
  },
  events: { group: "tasks", title: "Events", load: () => import("./events.js") },
  settings: {
    group: "settings",
    title: "Settings",
    load: () => import("./panels/settings.js"),
    styles: "panels/settings.css",
  },
};

/** The panels by their groups, in the order of the tabs; a group without a panel is left out. */
export function grouped(panels) {
  const groups = {};
  for (const group of Object.keys(GROUPS)) {
    const names = Object.keys(panels).filter((name) => panels[name].group === group);
    if (names.length) groups[group] = names;
  }
  return groups;
}

/**
 * Pages of the whole server, reached from the left: `?page=…`.
 *
 * `View` is given `connection`, `isConnected`, `caller`, `overview` and `open(sessionId)`.
 */
export const PAGES = {
  inbox: {
    title: "Inbox",
    needs: "approval:read",
    load: () => import("./pages/inbox.js"),
    styles: "pages/inbox.css",
  },
  machine: {
    title: "Machine",
    load: () => import("./instruments/machine.js"),
    styles: ["../vendor/uplot/uplot.css", "instruments/machine.css"],
    needs: "monitoring:read",
  },
  logs: {
    title: "Logs",
    load: () => import("./instruments/logs.js"),
    styles: "instruments/logs.css",
    needs: "monitoring:read",
  },
};

const base = new URL(".", import.meta.url);
const sheets = new Map();

/** Have a sheet beside this module apply, before what needs it is shown. */
function wearing(path) {
  if (!sheets.has(path)) {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = new URL(path, base);
    const loaded = new Promise((resolve, reject) => {
      link.onload = resolve;
      link.onerror = () => reject(new Error(`${path} could not be loaded`));
    });
    sheets.set(path, loaded);
    loaded.catch(() => sheets.delete(path));
    document.head.append(link);
  }
  return sheets.get(path);
}

/** What an entry's module exports, once it is there. */
function useModule({ load, styles }) {
  const [state, setState] = useState({});
  useEffect(() => {
    let isWanted = true;
    const settle = (next) => isWanted && setState(next);
    Promise.all([load(), ...[styles ?? []].flat().map(wearing)]).then(
      ([module]) => settle({ module }),
      (failure) => settle({ failure }),
    );
    return () => {
      isWanted = false;
    };
  }, [load]);
  return state;
}

/** An entry's `Panel` or `View`, which is loaded first. */
export function Loaded({ entry, ...props }) {
  const { module, failure } = useModule(entry);
  if (failure)
    return html`<${Failure}
      of=${{ message: `This part of the page could not be loaded. ${failure.message}` }}
      again=${() => location.reload()}
    />`;
  if (!module) return html`<p class="quiet small loading" role="status">Loading …</p>`;
  return html`<${module.Panel ?? module.View} ...${props} />`;
}

/** The entries that a caller may use. */
export const openTo = (entries, may) =>
  Object.fromEntries(Object.entries(entries).filter(([, { needs }]) => !needs || may(needs)));
