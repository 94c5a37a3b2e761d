// The pages around one's own account, and those of administrators.
import { html, useLayoutEffect, useRef } from "../../vendor/htm/preact.js";
import { ROLE_WORDS, roleOf } from "../caller.js";
import { Loaded } from "../panels.js";
import { Link } from "../parts.js";
import { Audit } from "./audit.js";
import { Keys } from "./keys.js";
import { People } from "./people.js";
import { Profile } from "./profile.js";
import { Rules } from "./rules.js";
import { SignIn } from "./sign_in.js";
import { Webhooks } from "./webhooks.js";

const USAGE = {
  load: () => import("./usage.js"),
  styles: ["../vendor/uplot/uplot.css", "instruments/machine.css", "account/usage.css"],
};
const Usage = (around) => html`<${Loaded} entry=${USAGE} ...${around} />`;

const PAGES = {
  profile: { title: "Profile", View: Profile, needs: "account:read" },
  "sign-in": { title: "Sign-in", View: SignIn, needs: "account:read" },
  keys: { title: "API keys", View: Keys, needs: "account:read" },
  rules: { title: "Rules", View: Rules, needs: "account:read" },
  usage: { title: "Usage", View: Usage, needs: "account:read" },
  webhooks: { title: "Webhooks", View: Webhooks, needs: "webhook:read" },
  people: { title: "People", View: People, needs: "user:read" },
  audit: { title: "Audit log", View: Audit, needs: "audit:read" },
};

export const addressOf = (name) => `?page=${name}`;

export function View({ page, onGo, onClose, caller, ...around }) {
  const heading = useRef(null);
  useLayoutEffect(() => heading.current.focus(), []);
  const open = Object.entries(PAGES).filter(([, { needs }]) => caller.may(needs));
  const name = open.some(([one]) => one === page) ? page : "profile";
  const { View: Page } = PAGES[name];
  return html`<main class="account">
    <header class="title">
      <h1 ref=${heading} tabindex="-1">${caller.user.name}</h1>
      <span class="chip">${ROLE_WORDS[roleOf(caller.user)]}</span>
      <button type="button" onClick=${onClose}>Close</button>
    </header>
    <nav class="tabs" aria-label="Account">
      ${open.map(
        ([one, { title }]) => html`<${Link}
          key=${one}
          href=${addressOf(one)}
          aria-current=${one === name ? "page" : undefined}
          onGo=${() => onGo(one)}
        >
          ${title}
        <//>`,
      )}
    </nav>
    <div class="page">
      ${page !== name && html`<p class="banner" role="status">The page “${page}” is not open to you.</p>`}
      <${Page} key=${name} caller=${caller} ...${around} />
    </div>
  </main>`;
}
