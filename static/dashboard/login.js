// Logging in: an e-mail address and a password, or an API key.
import { html, useState } from "../vendor/htm/preact.js";
import { logIn, useKey } from "./credentials.js";
import { Failure, Tabs, useAsking } from "./parts.js";
import { SignInButtons } from "./providers.js";

const WAYS = { password: "Password", key: "API key" };

export function Login({ reason, onLoggedIn }) {
  const [way, setWay] = useState("password");
  const [ask, { isBusy, failure }] = useAsking();
  const submit = (event) => {
    event.preventDefault();
    const given = new FormData(event.currentTarget);
    ask(async () => {
      const found =
        way === "key" ? useKey(given.get("key").trim()) : logIn(given.get("email"), given.get("password"));
      onLoggedIn(await found);
    });
  };
  return html`<main class="login">
    <form class="card" onSubmit=${submit}>
      <${Brand} />
      <h1 class="hidden">Log in</h1>
      <p class="quiet">Run coding agents, watch them work, approve what is risky.</p>
      <${Tabs} label="Way to log in" chosen=${way} onChoose=${setWay} tabs=${WAYS} />
      ${
        way === "key"
          ? html`<label>
              API key${" "}
              <input name="key" type="password" required autofocus autocomplete="off" placeholder="roo_…" />
            </label>`
          : html`<label>
                E-mail${" "}
                <input
                  name="email"
                  type="text"
                  inputmode="email"
                  required
                  autofocus
                  autocomplete="username"
                />
              </label>
              <label>
                Password <input name="password" type="password" required autocomplete="current-password" />
              </label>`
      }
      <${Failure} of=${failure ?? (reason && { message: reason })} />
      <button class="primary" disabled=${isBusy}>${isBusy ? "Logging in …" : "Log in"}</button>
      <${SignInButtons} />
      <p class="quiet small">
        On its first start, the server writes the administrator's credentials to <code>admin.json</code> in
        its data directory.
      </p>
    </form>
  </main>`;
}

export const Brand = () => html`<a class="brand" href="./">
  <img src="static/pages/favicon.svg" width="26" height="26" alt="" /> roocode-server
</a>`;
