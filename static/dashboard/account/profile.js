// Who one is here, and how one likes it.
import { html } from "../../vendor/htm/preact.js";
import { Check, Choice, Field, Form } from "../forms.js";
import { Permission } from "../notices.js";
import { dayOf } from "../parts.js";

const THEMES = { auto: "As the system is", light: "Light", dark: "Dark" };
const NOTICES = {
  taskCompleted: "a task is completed",
  taskFailed: "a task fails",
  approvalRequired: "something waits for me",
};

export function Profile({ connection, caller, onProfile }) {
  const { user } = caller;
  const { preferences } = user;
  const save = async (given) => {
    const notifications = Object.fromEntries(
      Object.keys(NOTICES).map((name) => [name, given.has(`preferences.notifications.${name}`)]),
    );
    const changed = await connection.call("auth.update", {
      name: given.get("name"),
      preferences: {
        theme: given.get("preferences.theme"),
        language: given.get("preferences.language"),
        defaultProvider: given.get("preferences.defaultProvider") || null,
        defaultModel: given.get("preferences.defaultModel") || null,
        notifications,
      },
    });
    onProfile(changed);
  };
  return html`<section aria-label="Profile">
    <p class="quiet">
      ${user.email} · since ${dayOf(user.createdAt)} · last login ${dayOf(user.lastLoginAt)}
    </p>
    ${
      caller.may("account:write")
        ? html`<${Form} word="Save" done="Saved." onSend=${save}>
            <${Field}
              label="Name"
              name="name"
              required
              maxlength="200"
              defaultValue=${user.name}
              autocomplete="name"
              hint="What others see beside your approvals and messages."
            />
            <div class="pair">
              <${Choice}
                label="Colours"
                name="preferences.theme"
                options=${THEMES}
                chosen=${preferences.theme}
              />
              <${Field}
                label="Language"
                name="preferences.language"
                required
                minlength="2"
                maxlength="35"
                defaultValue=${preferences.language}
                hint="For programs that ask the server for it. The dashboard speaks English."
              />
            </div>
            <div class="pair">
              <${Field}
                label="Provider of new sessions"
                name="preferences.defaultProvider"
                maxlength="64"
                defaultValue=${preferences.defaultProvider}
                placeholder="auto"
              />
              <${Field}
                label="Model of new sessions"
                name="preferences.defaultModel"
                maxlength="256"
                defaultValue=${preferences.defaultModel}
                placeholder="auto"
              />
            </div>
            <fieldset>
              <legend>While this page is in the background, the browser tells me when</legend>
              ${Object.entries(NOTICES).map(
                ([name, words]) => html`<${Check}
                  key=${name}
                  label=${words}
                  name=${`preferences.notifications.${name}`}
                  defaultChecked=${preferences.notifications[name]}
                />`,
              )}
              <${Permission} />
            </fieldset>
          <//>`
        : html`<p class="notice">
            You are here with an API key that changes no account. Log in with your password to change it.
          </p>`
    }
  </section>`;
}
