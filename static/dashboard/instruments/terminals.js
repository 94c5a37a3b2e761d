// The session's terminals: each a screen that programs draw on and people type into.
import { html, useEffect, useRef, useState } from "../../vendor/htm/preact.js";
import { Dialog, Field, Form } from "../forms.js";
import { Empty, Failure, Tabs, useAsking } from "../parts.js";
import { Store, useStore } from "../store.js";
import { Screen } from "./screen.js";
import { Transcript } from "./transcript.js";

const LONGEST_INPUT = 16_384; // characters of one call: what is pasted may be longer
const LONGEST_NAME = 40;
const SECOND_LOOK_MS = 1000; // after the connection is back, until events come again
const TOUCHED = matchMedia("(pointer: coarse)"); // there a field with the focus brings up a keyboard
const READ_ALOUD = "roocode.aloud";

/** What the keyboards of phones lack, as a terminal sends it. */
const KEYS = { Esc: "\x1b", Tab: "\t", "Ctrl+C": "\x03", "Ctrl+D": "\x04", "↑": "\x1b[A", "↓": "\x1b[B" };

const nameKey = (id) => `roocode.terminal.${id}`;

/** The terminals that this page has seen: those that have ended stay until they are put away. */
class TerminalList extends Store {
  #count = 0;

  constructor(connection, sessionId) {
    super({ tabs: [], chosen: null, isLoaded: false });
    this.connection = connection;
    this.sessionId = sessionId;
    this.size = { columns: 80, rows: 24 };
  }

  /** Send to a terminal what is typed into it. Throws a Refusal. */
  async type(terminalId, data) {
    const parts = Math.ceil(data.length / LONGEST_INPUT);
    const inputs = Array.from({ length: parts }, (_, part) =>
      this.ask("terminal.input", {
        terminalId,
        data: data.slice(part * LONGEST_INPUT, (part + 1) * LONGEST_INPUT),
      }),
    );
    await Promise.all(inputs);
  }

  ask(operation, request = {}) {
    return this.connection.call(operation, { sessionId: this.sessionId, ...request });
  }

  async load() {
    const { terminals } = await this.ask("terminal.list");
    const open = new Set(terminals.map(({ id }) => id));
    for (const tab of this.value.tabs) if (!open.has(tab.id)) this.ended(tab.id);
    for (const terminal of terminals) this.#add(terminal);
    this.set({ isLoaded: true });
  }

  async open(replaced = null) {
    const { terminal } = await this.ask("terminal.open", {
      ...this.size,
      ...(replaced && { command: replaced.command }),
    });
    this.#add(terminal);
    if (replaced) this.remove(replaced.id);
    this.choose(terminal.id);
    return terminal.id;
  }

  choose(id) {
    this.set({ chosen: id });
  }

  ended(id, exitCode = null) {
    this.#change(id, (tab) => (tab.hasEnded ? {} : { hasEnded: true, exitCode }));
  }

  titled(id, title) {
    this.#change(id, () => ({ title: title.trim().slice(0, LONGEST_NAME) }));
  }

  named(id, name) {
    sessionStorage.setItem(nameKey(id), name);
    this.#change(id, () => ({ name }));
  }

  remove(id) {
    const tabs = this.value.tabs.filter((tab) => tab.id !== id);
    const chosen = this.value.chosen === id ? (tabs.at(-1)?.id ?? null) : this.value.chosen;
    this.set({ tabs, chosen });
  }

  #add({ id, command, columns, rows }) {
    if (this.value.tabs.some((tab) => tab.id === id)) return;
    this.#count += 1;
    const name = sessionStorage.getItem(nameKey(id)) ?? "";
    const tab = { id, command, columns, rows, number: this.#count, name, title: "", hasEnded: false };
    this.set({ tabs: [...this.value.tabs, tab], chosen: this.value.chosen ?? id });
  }

  #change(id, change) {
    this.set({ tabs: this.value.tabs.map((tab) => (tab.id === id ? { ...tab, ...change(tab) } : tab)) });
  }
}

const wordsOf = ({ name, title, command, number }) =>
  name || `${(title || command).slice(0, LONGEST_NAME)} ${number}`;

export function Panel({ following, connection, isConnected, may, isShown, asked }) {
  const { session } = following.value;
  const [list] = useState(() => new TerminalList(connection, session.id));
  const { tabs, chosen, isLoaded } = useStore(list);
  const [ask, { isBusy, failure }] = useAsking();
  const wanted = useRef(null); // the terminal that somebody has just asked for: they type next
  const entered = useRef(null); // the press of the tab that led into a terminal
  const [isNaming, setIsNaming] = useState(false);
  const [isReadAloud, setIsReadAloud] = useState(() => localStorage.getItem(READ_ALOUD) === "yes");
  const isTyped = may("tool:execute");
  const isFree = session.config.allowedCommands.includes("*");
  const tab = tabs.find(({ id }) => id === chosen);
  if (isShown && asked && asked !== entered.current && tab && !TOUCHED.matches) {
    entered.current = asked;
    wanted.current = tab.id;
  }

  useEffect(() => {
    const { socket } = connection;
    const ours = (work) => (event) => event.sessionId === session.id && work(event);
    const listeners = {
      "terminal.opened": ours(() => list.value.isLoaded && ask(() => list.load())),
      "terminal.closed": ours(({ terminalId, exitCode }) => list.ended(terminalId, exitCode)),
    };
    for (const [type, listener] of Object.entries(listeners)) socket.on(type, listener);
    return () => {
      for (const [type, listener] of Object.entries(listeners)) socket.off(type, listener);
    };
  }, []);
  useEffect(() => {
    if (isConnected)
      ask(async () => {
        const isFirst = !list.value.isLoaded;
        await list.load();
        if (isFirst && !list.value.tabs.length && isTyped && isFree) await list.open();
      });
  }, [isConnected]);

  const open = (replaced) =>
    isBusy ||
    ask(async () => {
      wanted.current = await list.open(replaced);
    });
  const close = () =>
    ask(async () => {
      if (!tab.hasEnded) await list.ask("terminal.close", { terminalId: tab.id });
      list.remove(tab.id);
    });
  const readAloud = ({ currentTarget: { checked } }) => {
    setIsReadAloud(checked);
    localStorage.setItem(READ_ALOUD, checked ? "yes" : "no");
  };
  return html`<section class="panel terminals" aria-label="Terminals">
    <div class="bar">
      ${
        tabs.length > 0 &&
        html`<${Tabs}
          label="Open terminals"
          chosen=${chosen}
          onChoose=${(id) => list.choose(id)}
          tabs=${Object.fromEntries(tabs.map((one) => [one.id, wordsOf(one)]))}
        />`
      }
      <div class="actions">
        ${
          isTyped &&
          isFree &&
          html`<button type="button" class="small" disabled=${!isConnected} onClick=${() => open()}>
            New terminal
          </button>`
        }
        ${tab && html`<button type="button" class="small" onClick=${() => setIsNaming(true)}>Rename</button>`}
        ${
          tab &&
          isTyped &&
          html`<button type="button" class="small" disabled=${!isConnected} onClick=${close}>Close</button>`
        }
      </div>
    </div>
    <${Failure} of=${failure} />
    ${isLoaded && !tabs.length && html`<${Nothing} ...${{ isTyped, isFree, isConnected, open }} />`}
    ${tabs.map(
      (one) => html`<${View}
        key=${one.id}
        tab=${one}
        again=${() => open(one)}
        isShown=${isShown && one.id === chosen}
        ...${{ list, isTyped, isConnected, isReadAloud, wanted }}
      />`,
    )}
    ${
      tab &&
      !tab.hasEnded &&
      isTyped &&
      html`<div class="touch-keys" role="group" aria-label="Keys">
        ${Object.entries(KEYS).map(
          ([word, data]) => html`<button
            type="button"
            class="small"
            key=${word}
            disabled=${!isConnected}
            onPointerDown=${(event) => event.preventDefault()}
            onClick=${() => ask(() => list.type(tab.id, data))}
          >
            ${word}
          </button>`,
        )}
      </div>`
    }
    ${
      tab &&
      html`<footer class="quiet small">
        <span id="terminal-hint">
          ${isTyped ? "Escape, then Tab leaves. Ctrl+C copies what is selected." : "You look on."}
        </span>
        <label class="check small">
          <input type="checkbox" checked=${isReadAloud} onChange=${readAloud} /> Screen reader
        </label>
      </footer>`
    }
    ${
      isNaming &&
      html`<${Dialog} title="Rename the terminal" onClose=${() => setIsNaming(false)}>
        ${(shut) => html`<${Form}
          word="Rename"
          onCancel=${shut}
          onSend=${(form) => {
            list.named(tab.id, form.get("name").trim());
            shut();
          }}
        >
          <${Field}
            label="Name"
            name="name"
            value=${tab.name}
            maxlength=${LONGEST_NAME}
            autocomplete="off"
            hint="In this browser tab only; empty for what the program calls itself."
          />
        <//>`}
      <//>`
    }
  </section>`;
}

function Nothing({ isTyped, isFree, isConnected, open }) {
  if (!isFree)
    return html`<${Empty} title="No terminals here">
      This session allows certain commands only, which cannot be enforced in a terminal.
    <//>`;
  if (!isTyped)
    return html`<${Empty} title="No terminal is open">You see terminals here that others open.<//>`;
  return html`<${Empty} title="No terminal is open">
    A terminal runs in the session's sandbox, beside its tasks, and stays open when you leave the page.
    <br />
    <button type="button" class="primary" disabled=${!isConnected} onClick=${() => open()}>
      Open a terminal
    </button>
  <//>`;
}

function View({ tab, list, isShown, isTyped, isConnected, isReadAloud, wanted, again }) {
  const place = useRef(null);
  const held = useRef(null);
  const [failure, setFailure] = useState(null);
  const { id, hasEnded } = tab;
  useEffect(() => {
    const terminal = { terminalId: id };
    const type = (data) => list.type(id, data).then(() => setFailure(null), setFailure);
    const sized = (columns, rows) => {
      list.size = { columns, rows };
      list.ask("terminal.resize", { ...terminal, columns, rows }).catch(() => {}); // it may have just ended
    };
    const screen = new Screen(place.current, {
      label: `Terminal: ${wordsOf(tab)}`,
      hint: "terminal-hint",
      size: tab,
      onTitled: (title) => list.titled(id, title),
      ...(isTyped && { onTyped: type, onSized: sized }),
    });
    const transcript = new Transcript(
      async () => {
        const { output, position } = await list.ask("terminal.get", terminal);
        return { text: output, position };
      },
      screen,
      (refusal) => refusal.code === "RESOURCE_NOT_FOUND" && list.ended(id),
    );
    held.current = { screen, transcript };
    const printed = ({ terminalId, data, position }) => terminalId === id && transcript.take(data, position);
    list.connection.socket.on("terminal.output", printed);
    return () => {
      list.connection.socket.off("terminal.output", printed);
      screen.close();
    };
  }, [id]);
  useEffect(() => {
    const { screen, transcript } = held.current;
    screen.isDeaf = !isTyped || !isConnected || hasEnded;
    if (!isConnected || hasEnded) return undefined;
    transcript.mend();
    const later = setTimeout(() => transcript.mend(), SECOND_LOOK_MS);
    return () => clearTimeout(later);
  }, [isConnected, hasEnded]);
  useEffect(() => {
    held.current.screen.isReadAloud = isReadAloud;
  }, [isReadAloud]);
  useEffect(() => {
    if (!isShown || wanted.current !== id) return;
    wanted.current = null;
    held.current.screen.focus();
  });
  return html`<div class="terminal-view" hidden=${!isShown}>
    <div class="terminal-place" ref=${place}></div>
    <${Failure} of=${failure} />
    ${
      hasEnded &&
      html`<div class="notice ended" role="status">
        <span>${endOf(tab)}</span>
        ${
          isTyped &&
          html`<button type="button" class="small" disabled=${!isConnected} onClick=${again}>
            Open again
          </button>`
        }
      </div>`
    }
  </div>`;
}

const endOf = ({ exitCode }) =>
  exitCode === null ? "This terminal is closed." : `The program has ended with exit code ${exitCode}.`;
