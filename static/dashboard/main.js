// The dashboard: who is there, which session is open, and the views around it.
import { html, render, useEffect, useState } from "../vendor/htm/preact.js";
import { Approvals } from "./approvals.js";
import { Command } from "./command.js";
import { Connection } from "./connection.js";
import * as credentials from "./credentials.js";
import { Events } from "./events.js";
import { Files } from "./files.js";
import { Following } from "./follow.js";
import { Invitation } from "./invitation.js";
import { Brand, Login } from "./login.js";
import { Machine } from "./machine.js";
import { Empty, Failure, Tabs } from "./parts.js";
import { NewSession, Sessions } from "./sessions.js";
import { useStore } from "./store.js";
import { Story } from "./story.js";
import { Composer, TaskBar } from "./task.js";

/** The session that the address names: `?session=…` or `#session=…`. */
function fromAddress() {
  const named = new URLSearchParams(location.search).get("session");
  return named ?? new URLSearchParams(location.hash.slice(1)).get("session");
}

function toAddress(sessionId) {
  if (fromAddress() !== sessionId)
    history.pushState(null, "", sessionId ? `?session=${sessionId}` : location.pathname);
}

function App({ first, reason: firstReason, invitation: firstInvitation }) {
  const [invitation, setInvitation] = useState(firstInvitation);
  const [who, setWho] = useState(first);
  const [reason, setReason] = useState(firstReason);
  const [connection, setConnection] = useState(null);
  useEffect(() => {
    if (!who) return undefined;
    const loggedOut = (why) => {
      setReason(why);
      setWho(null);
    };
    const made = new Connection(loggedOut);
    setConnection(made);
    return () => {
      made.close();
      setConnection(null);
    };
  }, [who]);
  const loggedIn = (found) => {
    setReason("");
    setInvitation(null);
    setWho(found);
  };
  const logOut = () => {
    setWho(null);
    credentials.logOut().catch(({ message }) => setReason(message));
  };
  const refused = (why) => {
    setReason(why);
    setInvitation(null);
  };
  if (invitation)
    return html`<${Invitation} invitation=${invitation} onLoggedIn=${loggedIn} onRefused=${refused} />`;
  if (!who) return html`<${Login} reason=${reason} onLoggedIn=${loggedIn} />`;
  const onLogOut = who.isLoggedIn && logOut;
  return connection && html`<${Desk} key=${who.since} connection=${connection} onLogOut=${onLogOut} />`;
}

const STATE_WORDS = { connected: "Live", lost: "Disconnected" };

function Desk({ connection, onLogOut }) {
  const { state, reason, pause } = useStore(connection.status);
  const isConnected = state === "connected";
  const [following, setFollowing] = useState(null);
  const [isOpening, setIsOpening] = useState(false);
  const [failure, setFailure] = useState(null);

  const open = async (session) => {
    setFailure(null);
    const next = new Following(connection, session);
    setFollowing(next);
    toAddress(session.id);
    await next.open().catch(setFailure);
  };
  const openMade = (session) => {
    setIsOpening(false);
    open(session);
  };
  const openAddressed = async () => {
    const sessionId = fromAddress();
    if (!sessionId) return setFollowing(null);
    try {
      return await open((await connection.call("session.get", { sessionId })).session);
    } catch (refusal) {
      return setFailure(refusal);
    }
  };
  useEffect(() => void (isConnected && !following && openAddressed()), [isConnected]);
  useEffect(() => {
    connection.onGone = () => {
      setFollowing(null);
      toAddress(null);
      setFailure({ message: "The session is gone." });
    };
    connection.onTrouble = setFailure;
    addEventListener("popstate", openAddressed);
    return () => removeEventListener("popstate", openAddressed);
  }, [connection]);

  const around = { connection, isConnected };
  return html`<div class="desk">
    <header class="top">
      <${Brand} />
      <span class="status ${state}" role="status">${STATE_WORDS[state] ?? state}</span>
      <${Machine} ...${around} />
      <nav aria-label="Documents">
        <a href="docs">API</a>
        <a href="redoc">Reference</a>
        ${onLogOut && html`<button type="button" class="plain" onClick=${onLogOut}>Log out</button>`}
      </nav>
    </header>
    ${!isConnected && reason && html`<div class="banner" role="alert">${reason}</div>`}
    ${isConnected && pause && html`<div class="banner" role="status">${pause}</div>`}
    <${Sessions}
      ...${around}
      chosen=${following?.value.session}
      onChoose=${open}
      onNew=${() => setIsOpening(true)}
    />
    ${
      failure &&
      html`<div class="banner" role="alert"><${Failure} of=${failure} again=${openAddressed} /></div>`
    }
    ${
      following
        ? html`<${Opened} key=${following.value.session.id} following=${following} ...${around} />`
        : html`<main class="opened none">
            <${Empty} title="No session is open">
              Choose one on the left, or open a new one and give its agent a task.
            <//>
          </main>`
    }
    ${
      isOpening &&
      html`<${NewSession} ...${around} onClose=${() => setIsOpening(false)} onOpened=${openMade} />`
    }
  </div>`;
}

const PANELS = { files: ["Files", Files], command: ["Command", Command], events: ["Events", Events] };
const PANEL_TITLES = Object.fromEntries(Object.entries(PANELS).map(([name, [title]]) => [name, title]));

function Opened({ following, connection, isConnected }) {
  const { session, isLoading } = useStore(following);
  const [panel, setPanel] = useState("files");
  const around = { following, connection, isConnected };
  const { config } = session;
  return html`<main class="opened" aria-busy=${isLoading}>
    <header class="title">
      <h1>${session.name}</h1>
      <span class="chip" title="Provider">${config.provider}</span>
      <span class="chip" title="Model or playbook">${config.model}</span>
      <span class="chip" title="Mode">${config.mode}</span>
      ${session.status !== "active" && html`<span class="chip">${session.status}</span>`}
    </header>
    <${TaskBar} ...${around} />
    <${Story} ...${around} />
    <${Approvals} ...${around} />
    <${Composer} ...${around} />
  </main>
  <aside class="side" aria-label="Workspace">
    <${Tabs} label="Panels" chosen=${panel} onChoose=${setPanel} tabs=${PANEL_TITLES} />
    <${PANELS[panel][1]} ...${around} />
  </aside>`;
}

async function start() {
  const place = document.getElementById("dashboard");
  const isOpen = place.dataset.open === "true"; // the server asks nobody for credentials
  const invitation = credentials.invitationFromAddress();
  let first = null;
  let reason = "";
  try {
    if (!invitation) first = (await credentials.fromAddress()) ?? (isOpen ? {} : await credentials.kept());
  } catch (failure) {
    reason = `The link's token does not work any more: ${failure.message}`;
  }
  render(html`<${App} first=${first} reason=${reason} invitation=${invitation} />`, place);
}

// A link that is opened where the dashboard is open already changes the hash alone.
addEventListener("hashchange", () => /token=|invitation=/.test(location.hash) && location.reload());
start();
