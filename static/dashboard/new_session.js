// The form for a new session: its first task, a repository to begin with, and how its agent works.
import { html, useEffect, useRef, useState } from "../vendor/htm/preact.js";
import { Check, Choice, Dialog, Field, Form } from "./forms.js";
import { useThere } from "./parts.js";
import { titleOf } from "./words.js";
import { Cloning, cloned, PLACES } from "./workbench/cloning.js";

const unlessAuto = (preferred) => (preferred === "auto" ? "" : preferred);

const RULES = {
  ask: "do what the server's settings allow",
  edits: "edit files",
  all: "edit files and run commands",
};

/** The approval rules of the new session: the last matching one decides. */
const APPROVALS = {
  ask: [],
  edits: [{ group: "edit", decision: "always" }],
  all: [
    { group: "edit", decision: "always" },
    { group: "command", decision: "always" },
  ],
};

const TASK = ".composer textarea";
const LONGEST_TITLE = 60; // of a task, as the name of its session
const NAMELESS = "Untitled session";

/** What a repository is called: the last part of its address. */
function repositoryName(url) {
  const last =
    url
      .replace(/[?#].*$/, "")
      .split("/")
      .filter(Boolean)
      .at(-1) ?? "";
  return last.replace(/\.git$/, "").slice(0, 200);
}

function configOf(given) {
  const config = {
    provider: given.get("provider") || "auto",
    model: given.get("model") || "auto",
    network: given.has("network"),
  };
  if (given.get("mode")) config.mode = given.get("mode");
  const approvals = APPROVALS[given.get("rules")];
  if (approvals.length) config.approvals = approvals;
  return config;
}

const NOTHING = { providers: [], models: {}, standard: null };

/** The providers, the models of each by the provider's name, and what `auto` means for a new session. */
function useOffered(connection, caller) {
  const [offered, setOffered] = useState(NOTHING);
  useEffect(() => {
    if (!caller.may("account:read")) return;
    const asked = [connection.call("model.list"), connection.call("playbook.list")];
    Promise.all(asked).then(([catalogue, { playbooks }]) => {
      const named = catalogue.providers.map(({ name, models }) => [
        name,
        models.map(({ id }) => ({ id, words: name })),
      ]);
      const scripted = playbooks.map(({ name, description }) => ({ id: name, words: description }));
      setOffered({
        providers: catalogue.providers,
        models: { ...Object.fromEntries(named), scripted },
        standard: catalogue.default?.model === "auto" ? null : (catalogue.default ?? null),
      });
    }, connection.onTrouble);
  }, [connection]);
  return offered;
}

/** The words of the modes that a new session can begin in; the first is the one that is not said. */
function useModes(connection, caller) {
  const [modes, setModes] = useState({ "": "Default" });
  useEffect(() => {
    if (!caller.may("account:read")) return;
    connection.call("mode.standing").then(({ modes: standing, default: usual }) => {
      const words = Object.fromEntries(standing.map(({ slug, name }) => [slug, name]));
      const { [usual]: first, ...others } = words;
      setModes({ "": first ? `${first} (default)` : "Default", ...others });
    }, connection.onTrouble);
  }, [connection]);
  return modes;
}

/** The step of the clone into a session, once that is opened. */
function useStep(following, session) {
  const [, again] = useState(0);
  useEffect(() => following?.follow(() => again((count) => count + 1)), [following]);
  return following && following.value.session.id === session?.id ? following.value.cloning : null;
}

/**
 * `onMade` is given the session as soon as it is there: it is opened behind the dialog, which stays while the
 * repository is cloned. `following` is the opened session.
 */
export function NewSession({ connection, caller, following, onMade, onClose }) {
  const { defaultProvider, defaultModel } = caller.user.preferences;
  const made = useRef(null);
  const isThere = useThere();
  const offered = useOffered(connection, caller);
  const modes = useModes(connection, caller);
  const [provider, setProvider] = useState(unlessAuto(defaultProvider));
  const models = offered.models[provider] ?? Object.values(offered.models).flat();
  const [startedAt, setStartedAt] = useState(null);
  const [isMade, setIsMade] = useState(false);
  const [isCloned, setIsCloned] = useState(false);
  const [task, setTask] = useState("");
  const isStarted = useRef(false);
  const opened = useRef(null);
  opened.current = following; // also for what goes on in the background
  const mayStart = caller.may("task:write");
  const create = async (given, url) => {
    const title = titleOf(task).slice(0, LONGEST_TITLE);
    const name = given.get("name").trim() || title || repositoryName(url) || NAMELESS;
    const { session } = await connection.call("session.create", { name, config: configOf(given) });
    made.current = session;
    setIsMade(true);
    onMade(session);
  };
  const clone = async (url) => {
    setStartedAt(Date.now());
    try {
      const watched = { isWatched: () => isThere.current, onTrouble: connection.onTrouble };
      const isThereNow = await cloned(made.current.id, { url, depth: 1 }, watched);
      setIsCloned(isThereNow);
      return isThereNow;
    } finally {
      setStartedAt(null);
    }
  };
  /** What was to be done goes to the field for the agent: without the repository it may be another thing. */
  const handOver = () => {
    if (opened.current?.value.session.id === made.current.id) opened.current.set({ draft: task });
  };
  const start = async () => {
    const config = { enableCheckpoints: true };
    await connection.call("task.create", { sessionId: made.current.id, input: task, config });
    isStarted.current = true;
  };
  const send = async (given, close) => {
    const url = given.get("url").trim();
    if (!made.current) await create(given, url);
    else
      await connection.call("session.update", {
        sessionId: made.current.id,
        config: { network: given.has("network") },
      });
    if (url && !isCloned && !(await clone(url))) return handOver();
    if (task.trim()) await start();
    close();
    return undefined;
  };
  const step = useStep(following, made.current);
  const closed = () => {
    onClose();
    if (made.current && !startedAt && !isStarted.current) handOver();
    if (made.current) setTimeout(() => document.querySelector(TASK)?.focus());
  };
  return html`<${Dialog} title="New session" onClose=${closed}>
    ${(close) => html`<${Form}
      word=${isMade ? (isCloned ? "Start the task" : "Clone again") : "Create session"}
      places=${PLACES}
      onCancel=${close}
      cancel=${startedAt ? "Go on in the background" : isMade ? "Begin without it" : "Cancel"}
      onSend=${(given) => send(given, close)}
    >
      ${
        mayStart &&
        html`<${Field}
          as="textarea"
          rows="3"
          label="First task (optional)"
          name="task"
          maxlength="100000"
          placeholder="What is to be done? It begins at once."
          autofocus
          value=${task}
          onInput=${({ currentTarget }) => setTask(currentTarget.value)}
          onKeyDown=${(event) =>
            event.key === "Enter" &&
            (event.ctrlKey || event.metaKey) &&
            event.currentTarget.form.requestSubmit()}
        />`
      }
      <${Field}
        label="Name"
        name="name"
        maxlength="200"
        placeholder="What it is for"
        autocomplete="off"
        autofocus=${!mayStart}
        disabled=${isMade}
      />
      <${Field}
        label="Repository (optional)"
        name="url"
        type="url"
        maxlength="2048"
        placeholder="https://…"
        autocomplete="off"
        hint="Its latest commit. For its history, or if it is private, clone it in Files."
      />
      <${Check}
        label="The session may use the network: to clone from anywhere, and for its commands"
        name="network"
      />
      <div class="pair">
        <${Field}
          label="Provider"
          name="provider"
          maxlength="64"
          placeholder="auto"
          list="offered-providers"
          autocomplete="off"
          value=${provider}
          onInput=${({ currentTarget }) => setProvider(currentTarget.value)}
          disabled=${isMade}
        />
        <${Field}
          label="Model or playbook"
          name="model"
          maxlength="256"
          placeholder="auto"
          list="offered-models"
          autocomplete="off"
          defaultValue=${unlessAuto(defaultModel)}
          disabled=${isMade}
        />
        <datalist id="offered-providers">
          ${offered.providers.map(
            ({ name, problem }) =>
              html`<option value=${name}>${problem ? problem.message : "ready"}</option>`,
          )}
        </datalist>
        <datalist id="offered-models">
          ${models.map(({ id, words }) => html`<option value=${id}>${words}</option>`)}
        </datalist>
      </div>
      <p class="quiet small">
        ${
          offered.standard
            ? html`<code>auto</code> is now ${offered.standard.provider} · ${offered.standard.model}.`
            : html`With <code>auto</code>, the server uses the configured model or, if there is none, plays a
              playbook that matches the task.`
        }
      </p>
      <${Choice} label="Mode" name="mode" options=${modes} chosen="" disabled=${isMade} />
      <${Choice}
        label="Without asking, the agent may"
        name="rules"
        options=${RULES}
        chosen="ask"
        disabled=${isMade}
      />
      ${startedAt && html`<${Cloning} since=${startedAt} step=${step} />`}
    <//>`}
  <//>`;
}
