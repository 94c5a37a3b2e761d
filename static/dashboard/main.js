// The dashboard: the login, the open session, and the views around it.
import { html, render, useEffect, useRef, useState } from "../vendor/htm/preact.js";
import { Account, addressOf } from "./account/account.js";
import { Approvals } from "./approvals.js";
import { useCaller, WhyNot } from "./caller.js";
import { Command } from "./command.js";
import { Connection } from "./connection.js";
import * as credentials from "./credentials.js";
import { Events } from "./events.js";
import { Files } from "./files.js";
import { Following } from "./follow.js";
import { Invitation } from "./invitation.js";
import { Brand, Login } from "./login.js";
import { Machine } from "./machine.js";
import { notify } from "./notices.js";
import { Empty, Failure, Link, Tabs } from "./parts.js";
import { endSignIn } from "./providers.js";
import { NewSession, Sessions } from "./sessions.js";
import { Sharing } from "./sharing.js";
import { useStore } from "./store.js";
import { Story } from "./story.js";
import { Composer, TaskBar } from "./task.js";
import { wear, wearAgain } from "./theme.js";

/** The session that the URL names: `?session=…` or `#session=…`. */
function fromAddress() {
  const named = new URLSearchParams(location.search).get("session");
  return named ?? new URLSearchParams(location.hash.slice(1)).get("session");
}

/** The page around the account that the address names: `?page=…`. */
const pageFromAddress = () => new URLSearchParams(location.search).get("page");

function toAddress(sessionId) {
  if (fromAddress() !== sessionId || pageFromAddress())
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
  return (
    connection &&
    html`<${Desk} key=${who.since} connection=${connection} trouble=${reason} onLogOut=${onLogOut} />`
  );
}

const STATE_WORDS = { connected: "Live", lost: "Disconnected" };

function Desk({ connection, trouble, onLogOut }) {
  const { state, reason, pause } = useStore(connection.status);
  const isConnected = state === "connected";
  const [caller, setProfile] = useCaller(connection, isConnected);
  const [following, setFollowing] = useState(null);
  const [page, setPage] = useState(pageFromAddress);
  const me = useRef(null);
  const [isOpening, setIsOpening] = useState(false);
  const [failure, setFailure] = useState(trouble ? { message: trouble } : null);

  useEffect(() => {
    if (!caller) return;
    const { theme, notifications } = caller.user.preferences;
    wear(theme);
    connection.onNews = (event, session) => notify(event, session, notifications);
  }, [caller, connection]);

  const follow = (session) => {
    const next = new Following(connection, session);
    setFollowing(next);
    return next.open().catch(setFailure);
  };
  const open = async (session) => {
    setFailure(null);
    setPage(null);
    const isBehind = page && following?.value.session.id === session.id;
    toAddress(session.id);
    if (!isBehind) await follow(session);
  };
  const left = () => {
    setFollowing(null);
    setFailure(null);
    toAddress(null);
  };
  const goTo = (next) => {
    setFailure(null);
    setPage(next);
    if (pageFromAddress() !== next) history.pushState(null, "", addressOf(next));
  };
  const closePage = () => {
    setPage(null);
    toAddress(following?.value.session.id ?? null);
    me.current.base.focus();
  };
  const openAddressed = async () => {
    const named = pageFromAddress();
    setPage(named);
    const sessionId = fromAddress();
    if (named || (page && sessionId === following?.value.session.id)) return undefined;
    if (!sessionId) return setFollowing(null);
    setFailure(null);
    try {
      return await follow((await connection.call("session.get", { sessionId })).session);
    } catch (refusal) {
      return setFailure(refusal);
    }
  };
  useEffect(() => void (isConnected && !following && openAddressed()), [isConnected]);
  useEffect(() => {
    addEventListener("popstate", openAddressed);
    return () => removeEventListener("popstate", openAddressed);
  });
  useEffect(() => {
    connection.onGone = () => {
      setFollowing(null);
      toAddress(null);
      setFailure({ message: "The session is gone, or not shared with you any more." });
    };
    connection.onTrouble = setFailure;
  }, [connection]);

  const around = { connection, isConnected, caller };
  return html`<div class="desk">
    <header class="top">
      <${Brand} />
      <span class="status ${state}" role="status">${STATE_WORDS[state] ?? state}</span>
      <${Machine} ...${around} />
      <nav aria-label="Documentation">
        <a href="docs">API</a>
        <a href="redoc">Reference</a>
      </nav>
      <nav aria-label="You">
        ${
          caller &&
          html`<${Link}
            ref=${me}
            class="me"
            href=${addressOf("profile")}
            aria-current=${page ? "page" : undefined}
            aria-label=${`Account of ${caller.user.name}`}
            onGo=${() => goTo("profile")}
          >
            ${caller.user.name}
          <//>`
        }
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
      page && caller
        ? html`<${Account}
            ...${around}
            page=${page}
            onGo=${goTo}
            onClose=${closePage}
            onProfile=${setProfile}
          />`
        : following && caller
          ? html`<${Opened}
              key=${following.value.session.id}
              following=${following}
              onLeft=${left}
              ...${around}
            />`
          : html`<main class="opened none">
            <h1 class="hidden">Sessions</h1>
            <${Empty} title="No session is open">
              ${
                caller?.may("session:write")
                  ? "Choose a session on the left, or create one and give its agent a task."
                  : "Choose one on the left."
              }
            <//>
          </main>`
    }
    ${isOpening && html`<${NewSession} ...${around} onClose=${() => setIsOpening(false)} onOpened=${open} />`}
  </div>`;
}

const PANELS = { files: ["Files", Files], command: ["Command", Command], events: ["Events", Events] };
const PANEL_TITLES = Object.fromEntries(Object.entries(PANELS).map(([name, [title]]) => [name, title]));

function Opened({ following, connection, isConnected, caller, onLeft }) {
  const { session, isLoading, sharesVersion } = useStore(following);
  useEffect(() => void (sharesVersion && following.askAccess()), [sharesVersion]);
  const [panel, setPanel] = useState("files");
  const may = (permission) => caller.mayIn(session, permission);
  const around = { following, connection, isConnected, may };
  const { config } = session;
  return html`<main class="opened" aria-busy=${isLoading}>
    <header class="title">
      <h1>${session.name}</h1>
      <span class="chip" title="Provider">${config.provider}</span>
      <span class="chip" title="Model or playbook">${config.model}</span>
      <span class="chip" title="Mode">${config.mode}</span>
      ${session.status !== "active" && html`<span class="chip">${session.status}</span>`}
      ${
        session.access !== "owner" &&
        html`<span class="chip" title="Somebody shares it with you">${session.access}</span>`
      }
      <${Sharing} ...${around} caller=${caller} onLeft=${onLeft} />
    </header>
    <${TaskBar} ...${around} />
    <${Story} ...${around} />
    <${Approvals} ...${around} />
    ${may("task:write") ? html`<${Composer} ...${around} />` : html`<${WhyNot} caller=${caller} />`}
  </main>
  <aside class="side" aria-label="Workspace">
    <${Tabs} label="Panels" chosen=${panel} onChoose=${setPanel} tabs=${PANEL_TITLES} />
    <${PANELS[panel][1]} ...${around} />
  </aside>`;
}

async function start() {
  wearAgain();
  const place = document.getElementById("dashboard");
  const isOpen = place.dataset.open === "true"; // the server requires no credentials
  const invitation = credentials.invitationFromAddress();
  let first = null;
  let reason = "";
  try {
    const signIn = invitation ? null : await endSignIn();
    if (signIn) [first, reason] = [signIn.who, signIn.trouble ?? ""];
    else if (!invitation)
      first = (await credentials.fromAddress()) ?? (isOpen ? {} : await credentials.kept());
  } catch (failure) {
    reason = `The link's token is no longer valid: ${failure.message}`;
  }
  render(html`<${App} first=${first} reason=${reason} invitation=${invitation} />`, place);
}

// A link that is opened where the dashboard is open already changes the hash alone.
addEventListener("hashchange", () => /token=|invitation=|sign-in/.test(location.hash) && location.reload());
start();
