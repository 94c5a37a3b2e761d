// Forms whose mistakes stand beside their fields, dialogs, and secrets that are shown once.
import {
  createContext,
  html,
  useContext,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from "../vendor/htm/preact.js";
import { Refusal } from "./credentials.js";
import { Failure, useAsking } from "./parts.js";

const Mistakes = createContext({});
let fields = 0;

/**
 * Sends what was filled in. `places`: by a refusal's code, the field that it is about. `done` is said once it
 * is sent. Buttons stay enabled while something is sent, so that the focus stays where it is.
 */
export function Form({
  onSend,
  word,
  done,
  places = {},
  onCancel,
  cancel = "Cancel",
  isCleared,
  isDanger,
  children,
}) {
  const form = useRef(null);
  const [isDone, setIsDone] = useState(false);
  const [ask, { isBusy, failure }] = useAsking();
  const [beside, other] = placed(failure, form.current?.elements ?? {}, places);
  const submit = async (event) => {
    event.preventDefault();
    if (isBusy) return;
    setIsDone(false);
    await ask(async () => {
      await onSend(new FormData(form.current));
      setIsDone(true);
      if (isCleared) form.current?.reset();
    });
  };
  useEffect(() => form.current.querySelector("[aria-invalid=true]")?.focus(), [failure]);
  return html`<form ref=${form} class="form" onSubmit=${submit} onInput=${() => setIsDone(false)}>
    <${Mistakes.Provider} value=${beside}>${children}<//>
    <${Failure} of=${other} />
    <footer>
      <span class="said small" role="status">${isDone && done}</span>
      ${onCancel && html`<button type="button" onClick=${onCancel}>${cancel}</button>`}
      <button class=${isDanger ? "danger" : "primary"} aria-disabled=${isBusy}>${word}</button>
    </footer>
  </form>`;
}

/** What is wrong by the names of the fields, and what is about none of them. */
function placed(failure, elements, places) {
  if (!failure) return [{}, null];
  if (places[failure.code]) return [{ [places[failure.code]]: failure.message }, null];
  const names = [...elements].map((element) => element.name).filter(Boolean);
  const beside = {};
  let other = failure.mistakes?.length ? null : failure;
  for (const { field, reason } of failure.mistakes ?? []) {
    const name = names.find((one) => field === one || field.startsWith(`${one}.`));
    if (name) beside[name] ??= reason;
    else other = { message: field ? `${field}: ${reason}` : reason };
  }
  return [beside, other];
}

/** A refusal of this page's own, said beside a field. */
export const mistake = (field, reason) => new Refusal({ message: reason, details: { field, reason } });

/** A labelled field; `as` is another element than an input. */
export function Field({ label, hint, name, as = "input", children, ...rest }) {
  const id = useRef(0);
  id.current ||= ++fields;
  const mistake = useContext(Mistakes)[name];
  const described = [mistake && `mistake-${id.current}`, hint && `hint-${id.current}`].filter(Boolean);
  return html`<div class="field">
    <label>
      ${label}${" "}
      <${as}
        name=${name}
        aria-invalid=${mistake ? "true" : undefined}
        aria-describedby=${described.join(" ") || undefined}
        ...${rest}
      >
        ${children}
      <//>
    </label>
    ${mistake && html`<p class="mistake small" id=${`mistake-${id.current}`} role="alert">${mistake}</p>`}
    ${hint && html`<p class="quiet small" id=${`hint-${id.current}`}>${hint}</p>`}
  </div>`;
}

/** A choice of one; `options` are words by their values. */
export const Choice = ({ options, chosen, ...rest }) => html`<${Field} as="select" ...${rest}>
  ${Object.entries(options).map(
    ([value, words]) => html`<option value=${value} selected=${value === chosen}>${words}</option>`,
  )}
<//>`;

export const Check = ({ label, ...rest }) => html`<label class="check">
  <input type="checkbox" ...${rest} /> ${label}
</label>`;

/** Whether what has the focus is gone, or hidden, which the browser notices only when it draws. */
const isLost = (focused) => !focused || focused === document.body || !focused.getClientRects().length;

/**
 * A dialog; its content is made with what closes it. The focus returns to what it was opened with, or to the
 * heading above that if it is gone.
 */
export function Dialog({ title, onClose, children }) {
  const dialog = useRef(null);
  const heading = useRef(null);
  useLayoutEffect(() => {
    heading.current = document.activeElement.closest("section")?.querySelector("h2[tabindex]");
    dialog.current.showModal();
  }, []);
  const isClosed = useRef(false);
  const closed = () => {
    if (isClosed.current) return;
    isClosed.current = true;
    onClose();
    setTimeout(() => isLost(document.activeElement) && heading.current?.focus());
  };
  // Not left to the event, which comes later: a dialog that was opened again by then would be put away.
  const close = () => {
    dialog.current.close();
    closed();
  };
  const cancelled = (event) => {
    if (event.target !== dialog.current) return; // a field for a file tells so that none was chosen
    event.preventDefault();
    close();
  };
  return html`<dialog ref=${dialog} onCancel=${cancelled} onClose=${closed} aria-label=${title}>
    <h2>${title}</h2>
    ${children(close)}
  </dialog>`;
}

/** Asks before something is done that cannot be taken back; `onConfirmed` is given what was filled in. */
export const Confirm = ({ title, word, onConfirmed, onClose, children }) => html`<${Dialog}
  title=${title}
  onClose=${onClose}
>
  ${(close) => html`<${Form}
    word=${word}
    isDanger
    onCancel=${close}
    onSend=${async (form) => {
      await onConfirmed(form);
      close();
    }}
  >
    <p>${children}</p>
  <//>`}
<//>`;

/** Something that is shown this once, ready to be copied. */
export function Secret({ label, value, children }) {
  const field = useRef(null);
  const [said, setSaid] = useState("");
  const copy = async () => {
    field.current.select();
    try {
      await navigator.clipboard.writeText(value);
      setSaid("Copied.");
    } catch {
      setSaid("It is selected: copy it with Ctrl+C or ⌘C."); // this browser lets no page here write
    }
  };
  useLayoutEffect(() => field.current.select(), []);
  return html`<div class="secret">
    <label>${label} <input ref=${field} class="mono" readonly value=${value} /></label>
    <button type="button" class="primary" onClick=${copy}>Copy</button>
    <p class="small">${children} <span role="status">${said}</span></p>
  </div>`;
}

/** A secret and the way on. */
export const Shown = ({ close, ...secret }) => html`<div class="form">
  <${Secret} ...${secret} />
  <footer><button type="button" onClick=${close}>Done</button></footer>
</div>`;
