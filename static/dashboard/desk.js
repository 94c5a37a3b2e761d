// The frame: what leads to sessions and pages, the opened one of them, and the state of the connection.
import { html, useEffect, useRef, useState } from "../vendor/htm/preact.js";
import { addressOf, useRoute } from "./address.js";
import { useCaller } from "./caller.js";
import { Following } from "./follow.js";
import { KeyboardHelp, useKeys } from "./keyboard.js";
import { Brand } from "./login.js";
import { Machine } from "./machine.js";
import { NewSession } from "./new_session.js";
import { notify, notifyOfWaiting } from "./notices.js";
import { Opened } from "./opened.js";
import { Overview } from "./overview.js";
import { Loaded, openTo, PAGES } from "./panels.js";
import { Empty, Failure, Link, useMatching } from "./parts.js";
import { Sessions } from "./sessions.js";
import { useStore } from "./store.js";
import { wear } from "./theme.js";

const STATE_WORDS = { connected: "Live", connecting: "Connecting", lost: "Disconnected", refused: "Refused" };
const ACCOUNT = { load: () => import("./account/account.js") };
const PRODUCT = document.title;
const VERSION = document.getElementById("dashboard").dataset.version;
const GONE = "The session is gone, or not shared with you any more.";

/** On a phone one of these fills the page; elsewhere all are there. */
const VIEWS = { sessions: "Sessions", work: "Conversation", side: "Workspace" };

export function Desk({ connection, trouble, onLogOut }) {
  const { state, reason, pause } = useStore(connection.status);
  const isConnected = state === "connected";
  const [caller, setProfile] = useCaller(connection, isConnected);
  const [route, go] = useRoute();
  const [following, setFollowing] = useState(null);
  const [view, setView] = useState("work");
  const [isOpening, setIsOpening] = useState(false);
  const [failure, setFailure] = useState(trouble ? { message: trouble } : null);
  const [overview] = useState(() => new Overview(connection));
  const { waiting } = useStore(overview);
  const [isHelping, setIsHelping] = useState(false);
  const isNarrow = useMatching(NARROW); // the page has room for one of its parts only
  const isBack = useBack(state);
  const isUpdated = useUpdated(connection, isConnected);
  const me = useRef(null);
  const made = useRef(null); // the id of the session that was created here last
  const wanted = useRef(null); // the id of the session that is opened or being opened
  const known = useRef(null); // the session that was chosen from a list: it need not be asked for
  const current = following?.value.session;
  const { page } = route;
  const pages = caller ? openTo(PAGES, (permission) => caller.may(permission)) : {};

  useEffect(() => {
    if (!caller) return;
    const { theme, notifications } = caller.user.preferences;
    wear(theme);
    connection.onNews = (event, session) => notify(event, session, notifications);
    overview.onWaiting = (entry) =>
      notifyOfWaiting(entry, notifications, () => go({ session: entry.sessionId }));
    overview.open({ mayAnswer: caller.may("approval:read") });
  }, [caller, connection]);
  useEffect(() => {
    const name = page ? pages[page]?.title : current?.name;
    document.title = `${waiting ? `(${waiting}) ` : ""}${name ? `${name} · ` : ""}${PRODUCT}`;
  });

  const follow = async (sessionId) => {
    setFailure(null);
    wanted.current = sessionId;
    try {
      const isKnown = known.current?.id === sessionId;
      const session = isKnown ? known.current : (await connection.call("session.get", { sessionId })).session;
      const next = new Following(connection, session);
      setFollowing(next);
      await next.open({ from: Number(route.at) || undefined });
    } catch (refusal) {
      if (wanted.current !== sessionId) return; // it was left meanwhile
      if (refusal.code === "RESOURCE_NOT_FOUND") connection.onGone();
      else setFailure(refusal);
    }
  };
  useEffect(() => {
    if (page || !isConnected || route.session === current?.id) return;
    if (route.session) return void follow(route.session);
    wanted.current = null;
    setFollowing(null);
  }, [page, isConnected, route.session]);
  useEffect(() => {
    connection.onGone = () => {
      wanted.current = null;
      setFollowing(null);
      go({}, { isReplacing: true });
      setFailure({ message: GONE });
    };
    connection.onTrouble = (trouble) => {
      // That a session which was left or is gone cannot be found is no news.
      if (trouble?.code !== "RESOURCE_NOT_FOUND" || wanted.current) setFailure(trouble);
    };
  }, [connection]);

  const open = (session, more) => {
    known.current = session.access ? session : null; // of some that lead here only the id is known
    setView("work");
    setFailure(null);
    go({ session: session.id, ...more });
  };
  const begin = (session) => {
    made.current = session.id;
    open(session);
  };
  const leave = async () => {
    const { id } = current;
    wanted.current = null;
    try {
      await connection.leave(id);
    } catch (refusal) {
      wanted.current = id;
      throw refusal;
    }
    setFollowing(null);
    setFailure(null);
    go({});
  };
  const goTo = (next) => {
    setFailure(null);
    setView("work");
    go({ page: next });
  };
  const closePage = () => {
    setView("work");
    go({ session: current?.id });
    me.current.base.focus();
  };
  const around = { connection, isConnected, caller, overview };
  useKeys({
    help: () => setIsHelping(true),
    goTo: (name) => name in pages && goTo(name),
    newSession: () => caller?.may("session:write") && setIsOpening(true),
  });
  return html`<div class="desk" data-view=${view}>
    <header class="top">
      <${Brand} />
      <span class="status ${state}" role="status">${STATE_WORDS[state]}</span>
      <${Machine} ...${around} />
      <nav aria-label="Documentation">
        <a href="docs">API</a>
        <a href="redoc">Reference</a>
        <button
          type="button"
          class="plain"
          aria-label="Keyboard"
          title="Keyboard ( ? )"
          onClick=${() => setIsHelping(true)}
        >
          <kbd>?</kbd>
        </button>
      </nav>
      <nav aria-label="You">
        ${
          caller &&
          html`<${Link}
            ref=${me}
            class="me"
            href=${addressOf({ page: "profile" })}
            aria-current=${page && !(page in PAGES) ? "page" : undefined}
            aria-label=${`Account of ${caller.user.name}`}
            onGo=${() => goTo("profile")}
          >
            ${caller.user.name}
          <//>`
        }
        ${onLogOut && html`<button type="button" class="plain" onClick=${onLogOut}>Log out</button>`}
      </nav>
    </header>
    <div class="banners">
      ${!isConnected && reason && html`<div class="banner" role="alert">${reason}</div>`}
      ${isBack && html`<div class="banner good" role="status">Connected again: nothing was missed.</div>`}
      ${
        isUpdated &&
        html`<div class="banner" role="status">
          The server has been updated.${" "}
          <button type="button" class="small" onClick=${() => location.reload()}>Reload the page</button>
        </div>`
      }
      ${isConnected && pause && html`<div class="banner" role="status">${pause}</div>`}
      ${
        failure &&
        html`<div class="banner" role="alert">
          <${Failure} of=${failure} again=${() => (page ? setFailure(null) : follow(route.session))} />
        </div>`
      }
    </div>
    <div class="ways" role=${isNarrow && view === "sessions" ? "main" : undefined}>
      ${isNarrow && view === "sessions" && html`<h1 class="hidden">Sessions and pages</h1>`}
      ${
        Object.keys(pages).length > 0 &&
        html`<nav class="pages" aria-label="Pages">
          ${Object.entries(pages).map(
            ([name, { title }]) => html`<${Link}
              key=${name}
              href=${addressOf({ page: name })}
              aria-current=${page === name ? "page" : undefined}
              onGo=${() => goTo(name)}
            >
              ${title}
              ${
                name === "inbox" &&
                waiting > 0 &&
                html`<span class="count">${waiting}<span class="hidden"> waiting</span></span>`
              }
            <//>`,
          )}
        </nav>`
      }
      <${Sessions} ...${around} chosen=${current} onChoose=${open} onNew=${() => setIsOpening(true)} />
    </div>
    ${
      page && caller
        ? page in pages
          ? html`<main class="paged"><${Loaded}
              key=${page}
              entry=${pages[page]}
              ...${around}
              open=${(sessionId, more) => open({ id: sessionId }, more)}
            /></main>`
          : html`<${Loaded}
              entry=${ACCOUNT}
              ...${around}
              page=${page}
              onGo=${goTo}
              onClose=${closePage}
              onProfile=${setProfile}
              open=${(sessionId) => open({ id: sessionId })}
            />`
        : following && caller
          ? html`<${Opened}
              key=${current.id}
              following=${following}
              isNew=${made.current === current.id}
              route=${route}
              go=${go}
              onView=${setView}
              isAlone=${isNarrow && view === "side"}
              onLeave=${leave}
              ...${around}
            />`
          : html`<main class="opened none">
            <h1 class="hidden">Sessions</h1>
            <${Empty} title="No session is open">
              ${
                caller?.may("session:write")
                  ? html`A session is a workspace with an agent: bring a repository or begin with nothing, and
                      say what is to be done.
                      <br />
                      <button type="button" class="primary" onClick=${() => setIsOpening(true)}>
                        Create a session
                      </button>`
                  : "Choose one on the left."
              }
            <//>
          </main>`
    }
    <nav class="views" aria-label="Parts of the page">
      ${Object.entries(VIEWS).map(
        ([name, words]) => html`<button
          type="button"
          key=${name}
          aria-current=${view === name && !(page && name === "work") ? "true" : undefined}
          disabled=${name === "side" && (!following || Boolean(page))}
          onClick=${() => (page && name === "work" ? closePage() : setView(name))}
        >
          ${words}
        </button>`,
      )}
      ${
        "inbox" in pages &&
        html`<button
          type="button"
          aria-current=${page === "inbox" && view === "work" ? "true" : undefined}
          onClick=${() => goTo("inbox")}
        >
          Inbox${waiting > 0 && html` <span class="count">${waiting}</span>`}
        </button>`
      }
    </nav>
    ${isHelping && html`<${KeyboardHelp} onClose=${() => setIsHelping(false)} />`}
    ${
      isOpening &&
      html`<${NewSession}
        ...${around}
        following=${following}
        onClose=${() => setIsOpening(false)}
        onMade=${begin}
      />`
    }
  </div>`;
}

/** Whether the server is another version than this page is of; asked again with each connection. */
function useUpdated(connection, isConnected) {
  const [isUpdated, setIsUpdated] = useState(false);
  useEffect(() => {
    if (isConnected)
      connection.call("system.health").then(
        ({ version }) => setIsUpdated(version !== VERSION),
        () => {}, // it is asked again with the next connection
      );
  }, [isConnected]);
  return isUpdated;
}

const BACK_MS = 4000;

/** Whether a lost connection has mended itself just now. */
function useBack(state) {
  const [isBack, setIsBack] = useState(false);
  const wasLost = useRef(false);
  useEffect(() => {
    if (state === "lost") wasLost.current = true;
    if (state !== "connected" || !wasLost.current) return undefined;
    wasLost.current = false;
    setIsBack(true);
    const timer = setTimeout(() => setIsBack(false), BACK_MS);
    return () => clearTimeout(timer);
  }, [state]);
  return isBack;
}

const NARROW = matchMedia("(max-width: 1000px)"); // as in dashboard.css
