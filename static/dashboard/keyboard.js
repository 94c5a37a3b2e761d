// What keys do, wherever one is on the page, and the dialog that says so. Letters count only outside of
// fields, and can be turned off (WCAG 2.2, 2.1.4).
import { html, useEffect, useState } from "../vendor/htm/preact.js";
import { Check, Dialog } from "./forms.js";

const OFF = "roocode.keys";

/** By key: what it does, in words, and how. `desk` is what `Desk` can do. */
const KEYS = {
  "?": ["show this list", (desk) => desk.help()],
  i: ["open the inbox", (desk) => desk.goTo("inbox")],
  n: ["make a new session", (desk) => desk.newSession()],
  "/": ["filter the sessions", () => focusOn("[data-filter]")],
  w: ["go to what waits for you (then Enter approves)", () => focusOn("[data-waiting]")],
  m: ["write to the agent", () => focusOn(".composer textarea")],
  c: ["read the conversation", () => focusOn(".story")],
  j: ["next message", () => step(1)],
  k: ["previous message", () => step(-1)],
  f: ["find in the conversation", () => find()],
  p: ["go to the panels", () => focusOn('.side [role="tab"][aria-selected="true"]')],
};

const PLACE = /^[1-9]$/;

/** A tab beside the session, by its number. */
const openTab = (number) => document.querySelectorAll("[aria-label=Panels] [role=tab]")[number - 1]?.click();

/** What works in particular places. */
const ELSEWHERE = {
  "1 … 5": "open the panels, in the order of their tabs",
  Enter: "in the field for the agent: send (Shift + Enter: a new line)",
  "← →": "between tabs, and on the edge between conversation and panels: its width",
  "↑ ↓": "in the tree of files",
  Esc: "close a dialog",
  "Esc, then Tab": "leave a terminal, where Tab belongs to the program",
  "Shift + Page Up": "in a terminal: read back",
};

const isShown = (element) => element.getClientRects().length > 0;

function focusOn(selector) {
  const found = [...document.querySelectorAll(selector)].find((one) => isShown(one) && !one.disabled);
  found?.focus();
}

/** Open the search, or go to it if it is open. */
function find() {
  if (document.querySelector(".find")) focusOn(".find input");
  else document.querySelector("[data-find]")?.click();
}

/** The focus goes to the next or previous item of the conversation. */
function step(by) {
  const items = [...document.querySelectorAll(".story li[data-key]")].filter((item) => item.offsetHeight);
  const at = items.indexOf(document.activeElement.closest?.(".story li[data-key]"));
  const next = at < 0 ? items.at(by < 0 ? -1 : 0) : items[at + by];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

const isField = ({ target }) =>
  target.isContentEditable || target.matches?.("input, textarea, select, .xterm *, .cm-editor *");

export const areOn = () => localStorage.getItem(OFF) !== "off";

/** Listens to the keys while the desk is there. */
export function useKeys(desk) {
  useEffect(() => {
    const pressed = (event) => {
      const { key, ctrlKey, metaKey, altKey } = event;
      const isOurs =
        (KEYS[key] || PLACE.test(key)) && !ctrlKey && !metaKey && !altKey && !event.defaultPrevented;
      if (!isOurs || isField(event) || document.querySelector("dialog[open]")) return;
      if (key !== "?" && !areOn()) return;
      event.preventDefault();
      if (KEYS[key]) KEYS[key][1](desk);
      else openTab(Number(key));
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  });
}

export function KeyboardHelp({ onClose }) {
  const [isOn, setIsOn] = useState(areOn);
  const change = ({ currentTarget: { checked } }) => {
    if (checked) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "off");
    setIsOn(checked);
  };
  const rows = [...Object.entries(KEYS).map(([key, [words]]) => [key, words]), ...Object.entries(ELSEWHERE)];
  return html`<${Dialog} title="Keyboard" onClose=${onClose}>
    ${(close) => html`<div class="form">
      <dl class="keys">
        ${rows.map(([key, words]) => html`<div key=${key}><dt><kbd>${key}</kbd></dt><dd>${words}</dd></div>`)}
      </dl>
      <${Check} label="Single keys do this" checked=${isOn} onChange=${change} />
      <footer><button type="button" class="primary" onClick=${close}>Close</button></footer>
    </div>`}
  <//>`;
}
