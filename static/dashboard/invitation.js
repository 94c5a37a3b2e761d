// Choosing a password with an invitation.
import { html, useState } from "../vendor/htm/preact.js";
import { accept } from "./credentials.js";
import { Brand } from "./login.js";
import { Failure, useAsking } from "./parts.js";

const SHORTEST_PASSWORD = 8; // characters, as the server requires
const REFUSED = ["AUTHENTICATION_FAILED", "TOKEN_EXPIRED"]; // the invitation is used, replaced or expired

export function Invitation({ invitation, onLoggedIn, onRefused }) {
  const [ask, { isBusy, failure }] = useAsking();
  const [isDifferent, setIsDifferent] = useState(false);
  const submit = (event) => {
    event.preventDefault();
    const given = new FormData(event.currentTarget);
    const password = given.get("password");
    const differs = password !== given.get("again");
    setIsDifferent(differs);
    if (differs) return;
    ask(async () => {
      try {
        onLoggedIn(await accept(invitation, password));
      } catch (refusal) {
        if (!REFUSED.includes(refusal.code)) throw refusal;
        onRefused(`The invitation is no longer valid: ${refusal.message}`);
      }
    });
  };
  const shown = isDifferent ? { message: "The two passwords differ" } : failure;
  const field = {
    type: "password",
    required: true,
    minlength: SHORTEST_PASSWORD,
    autocomplete: "new-password",
  };
  return html`<main class="login">
    <form class="card" onSubmit=${submit}>
      <${Brand} />
      <h1>Choose your password</h1>
      <label>New password <input name="password" ...${field} /></label>
      <label>Repeat password <input name="again" ...${field} /></label>
      <${Failure} of=${shown} />
      <button class="primary" disabled=${isBusy}>${isBusy ? "Saving …" : "Choose password"}</button>
    </form>
  </main>`;
}
