// The frame: what leads to sessions and pages, the opened one of them, and the state of the connection.
import { html, useEffect, useRef, useState } from "../vendor/htm/preact.js";
import { addressOf, useRoute } from "./address.js";
import { useCaller } from "./caller.js";
import { Following } from "./follow.js";
import { Brand } from "./login.js";
import { Machine } from "./machine.js";
import { notify } from "./notices.js";
import { Opened } from "./opened.js";
import { Loaded, openTo, PAGES } from "./panels.js";
import { Empty, Failure, Link } from "./parts.js";
import { NewSession, Sessions } from "./sessions.js";
import { useStore } from "./store.js";
import { wear } from "./theme.js";

const STATE_WORDS = { connected: "Live", connecting: "Connecting", lost: "Disconnected", refused: "Refused" };
const ACCOUNT = { load: () => import("./account/account.js") };
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
  const me = useRef(null);
  const known = useRef(null); // the session that was chosen from a list: it need not be asked for
  const current = following?.value.session;
  const { page } = route;

  useEffect(() => {
    if (!caller) return;
    const { theme, notifications } = caller.user.preferences;
    wear(theme);
    connection.onNews = (event, session) => notify(event, session, notifications);
  }, [caller, connection]);

  const follow = async (sessionId) => {
    setFailure(null);
    try {
      const isKnown = known.current?.id === sessionId;
      const session = isKnown ? known.current : (await connection.call("session.get", { sessionId })).session;
      const next = new Following(connection, session);
      setFollowing(next);
      await next.open();
    } catch (refusal) {
      setFailure(refusal);
    }
  };
  useEffect(() => {
    if (page || !isConnected || route.session === current?.id) return;
    if (route.session) follow(route.session);
    else setFollowing(null);
  }, [page, isConnected, route.session]);
  useEffect(() => {
    connection.onGone = () => {
      setFollowing(null);
      go({}, { isReplacing: true });
      setFailure({ message: GONE });
    };
    connection.onTrouble = setFailure;
  }, [connection]);

  const open = (session, more) => {
    known.current = session;
    setView("work");
    setFailure(null);
    go({ session: session.id, ...more });
  };
  const leave = () => {
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
    go({ session: current?.id });
    me.current.base.focus();
  };
  const around = { connection, isConnected, caller };
  const pages = caller ? openTo(PAGES, (permission) => caller.may(permission)) : {};
  return html`<div class="desk" data-view=${view}>
    <header class="top">
      <${Brand} />
      <span class="status ${state}" role="status">${STATE_WORDS[state]}</span>
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
      ${isConnected && pause && html`<div class="banner" role="status">${pause}</div>`}
      ${
        failure &&
        html`<div class="banner" role="alert">
          <${Failure} of=${failure} again=${() => (page ? setFailure(null) : follow(route.session))} />
        </div>`
      }
    </div>
    <div class="ways">
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
            />`
        : following && caller
          ? html`<${Opened}
              key=${current.id}
              following=${following}
              route=${route}
              go=${go}
              onView=${setView}
              onLeft=${leave}
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
    <nav class="views" aria-label="Parts of the page">
      ${Object.entries(VIEWS).map(
        ([name, words]) => html`<button
          type="button"
          key=${name}
          aria-current=${view === name ? "true" : undefined}
          disabled=${name === "side" && (!following || Boolean(page))}
          onClick=${() => setView(name)}
        >
          ${words}
        </button>`,
      )}
    </nav>
    ${isOpening && html`<${NewSession} ...${around} onClose=${() => setIsOpening(false)} onOpened=${open} />`}
  </div>`;
}
