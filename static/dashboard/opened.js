// An opened session: its conversation, and the panels beside it.
import { html, useEffect, useRef, useState } from "../vendor/htm/preact.js";
import { Approvals } from "./approvals.js";
import { WhyNot } from "./caller.js";
import { Conversation } from "./conversation/conversation.js";
import { GROUPS, grouped, Loaded, openTo, PANELS } from "./panels.js";
import { Tabs, useMatching } from "./parts.js";
import { Sharing } from "./sharing.js";
import { useStore } from "./store.js";
import { Composer, TaskBar } from "./task.js";
import { ACCESSES } from "./words.js";

const WIDTHS = "roocode.side"; // the side's share of the page, as this browser's user likes it
const LOW = matchMedia("(max-height: 520px)"); // as in dashboard.css: what waits comes first
const [LEAST, USUAL, MOST, STEP] = [20, 34, 75, 4]; // percent

export function Opened({
  following,
  connection,
  isConnected,
  caller,
  isNew,
  route,
  go,
  onView,
  isAlone,
  onLeave,
}) {
  const { session, isLoading, isWorkedOn, sharesVersion } = useStore(following);
  useEffect(() => void (sharesVersion && following.askAccess()), [sharesVersion]);
  const [target, setTarget] = useState(null);
  const [isFinding, setIsFinding] = useState(false);
  const [asked, setAsked] = useState(null); // the panel that was pressed last, not reached by arrow keys
  const may = (permission) => caller.mayIn(session, permission);
  const panels = openTo(PANELS, may);
  const usual = isWorkedOn && "changes" in panels ? "changes" : "files";
  const panel = route.panel in panels ? route.panel : usual;
  const show = (name, wanted = null, isStepped = false) => {
    setTarget(wanted);
    setAsked(isStepped ? null : { name });
    onView("side");
    go({ session: session.id, panel: name }, { isReplacing: true });
  };
  const around = { following, connection, isConnected, caller, may, show };
  const isLow = useMatching(LOW);
  const { config } = session;
  return html`<main class="opened" aria-busy=${isLoading}>
    <header class="title">
      <h1>${session.name}</h1>
      <button
        type="button"
        class="chip"
        title="Provider and model, or playbook; opens the settings"
        onClick=${() => show("settings")}
      >
        ${config.provider} · ${config.model}
      </button>
      <${Mode} ...${around} session=${session} />
      ${session.status !== "active" && html`<span class="chip">${session.status}</span>`}
      ${
        session.access !== "owner" &&
        html`<span class="chip" title="Somebody shares it with you">${ACCESSES[session.access]}</span>`
      }
      <button
        type="button"
        class="chip"
        data-find
        aria-label="Find in the conversation"
        title="Find in the conversation ( f )"
        aria-expanded=${isFinding}
        onClick=${() => setIsFinding(!isFinding)}
      >
        <svg viewBox="0 0 16 16" width="12" height="12" aria-hidden="true" class="lens">
          <path d="M7 2.5a4.5 4.5 0 1 1 0 9a4.5 4.5 0 0 1 0-9M10.3 10.3l3.7 3.7" />
        </svg>
      </button>
      <${Sharing} ...${around} onLeave=${onLeave} />
    </header>
    <${TaskBar} ...${around} />
    ${isLow && html`<${Approvals} ...${around} />`}
    <${Conversation}
      ...${{ ...around, route, isFinding }}
      onFound=${() => setIsFinding(false)}
    />
    ${!isLow && html`<${Approvals} ...${around} />`}
    ${
      may("task:write")
        ? html`<${Composer} ...${around} isNew=${isNew} />`
        : html`<${WhyNot} caller=${caller} />`
    }
  </main>
  <${Side} ...${{ panels, panel, target, asked, show, isAlone, around }} />`;
}

/** The mode that the next task begins in, and a way to another. */
function Mode({ session, connection, following, may }) {
  const [modes, setModes] = useState([]);
  const { mode } = session.config;
  const load = () => {
    const { id: sessionId } = session;
    connection.call("mode.list", { sessionId }).then((found) => setModes(found.modes), connection.onTrouble);
  };
  const change = ({ currentTarget: { value } }) =>
    connection
      .call("session.update", { sessionId: session.id, config: { mode: value } })
      .then((answer) => following.set({ session: { ...answer.session, access: session.access } }))
      .catch(connection.onTrouble);
  useEffect(load, [session.id]);
  const name = modes.find(({ slug }) => slug === mode)?.name ?? mode;
  if (!may("session:write")) return html`<span class="chip" title="Mode">${name}</span>`;
  return html`<select class="chip" aria-label="Mode" value=${mode} onChange=${change}>
    ${(modes.length ? modes : [{ slug: mode, name: mode }]).map(
      (one) =>
        html`<option key=${one.slug} value=${one.slug} selected=${one.slug === mode}>${one.name}</option>`,
    )}
  </select>`;
}

function Side({ panels, panel, target, asked, show, isAlone, around }) {
  const last = useRef({}); // by group: the panel that was looked at last
  const groups = grouped(panels);
  const { group } = panels[panel];
  last.current[group] = panel;
  const within = Object.fromEntries(groups[group].map((name) => [name, panels[name].title]));
  const [visited, setVisited] = useState([]);
  const [width, setWidth] = useState(() => Number(localStorage.getItem(WIDTHS)) || USUAL);
  const side = useRef(null);
  const kept = visited.filter((name) => name in panels && panels[name].isKept);
  useEffect(() => void (visited.includes(panel) || setVisited([...visited, panel])), [panel]);
  useEffect(() => {
    document.documentElement.style.setProperty("--side", `${width}vw`);
  }, [width]);
  const resized = (wanted) => {
    const next = Math.min(MOST, Math.max(LEAST, Math.round(wanted)));
    setWidth(next);
    localStorage.setItem(WIDTHS, next);
  };
  const dragged = (event) => {
    if (event.currentTarget.hasPointerCapture(event.pointerId))
      resized(100 - (event.clientX / innerWidth) * 100);
  };
  const stepped = (event) => {
    const next = {
      ArrowLeft: width + STEP,
      ArrowRight: width - STEP,
      Home: LEAST,
      End: MOST,
    }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    resized(next);
  };
  const shown = [...new Set([...kept, panel])];
  return html`<div class="side" aria-label="Workspace" ref=${side} role=${isAlone ? "main" : "complementary"}>
    ${isAlone && html`<h1 class="hidden">${around.following.value.session.name}: workspace</h1>`}
    <div
      class="edge"
      role="separator"
      tabindex="0"
      aria-label="Width of the panels"
      aria-orientation="vertical"
      aria-valuemin=${LEAST}
      aria-valuemax=${MOST}
      aria-valuenow=${width}
      onKeyDown=${stepped}
      onPointerDown=${(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove=${dragged}
      onDblClick=${() => resized(USUAL)}
    ></div>
    <${Tabs}
      label="Panels"
      chosen=${group}
      onChoose=${(name, isStepped) => show(last.current[name] ?? groups[name][0], null, isStepped)}
      tabs=${Object.fromEntries(Object.keys(groups).map((name) => [name, GROUPS[name]]))}
    />
    ${
      groups[group].length > 1 &&
      html`<${Tabs}
        label=${GROUPS[group]}
        chosen=${panel}
        onChoose=${(name, isStepped) => show(name, null, isStepped)}
        tabs=${within}
      />`
    }
    ${shown.map(
      (name) => html`<div class="pane" key=${name} hidden=${name !== panel}>
        <${Loaded}
          entry=${panels[name]}
          ...${around}
          isShown=${name === panel}
          asked=${name === asked?.name ? asked : null}
          target=${name === panel ? target : null}
        />
      </div>`,
    )}
  </div>`;
}
