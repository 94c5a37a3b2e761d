// Everybody who may log in, for administrators.
import { html, useState } from "../../vendor/htm/preact.js";
import { ROLE_WORDS, roleOf } from "../caller.js";
import { Choice, Confirm, Dialog, Field, Form, Shown } from "../forms.js";
import { More, usePages } from "../pages.js";
import { dayOf, Empty } from "../parts.js";

const PAGE = 30;
const ROLES = {
  developer: "Developer: works in sessions of their own",
  viewer: "Viewer: looks at what is shared with them, and changes nothing",
  admin: "Administrator: everything, everybody's sessions and accounts included",
};

export function People({ connection, caller, onProfile }) {
  const [open, setOpen] = useState(null); // {Dialog, person}
  const pages = usePages(
    async (offset) => {
      const { data, pagination } = await connection.call("user.list", { limit: PAGE, offset });
      return { items: data, hasMore: pagination.hasMore };
    },
    [connection],
  );
  const mayChange = caller.may("user:write");
  const changed = async (user) => {
    pages.change(user);
    if (user.id === caller.user.id) onProfile(await connection.call("auth.profile"));
  };
  return html`<section aria-labelledby="people">
    <header>
      <h2 id="people" tabindex="-1">People</h2>
      ${
        mayChange &&
        html`<button type="button" class="primary small" onClick=${() => setOpen({ View: Add })}>
          Add a person
        </button>`
      }
    </header>
    ${
      pages.items?.length === 1 &&
      html`<${Empty} title="You are alone here">
        Add the people you work with: each gets a link to choose a password.
      <//>`
    }
    <ul class="rows">
      ${(pages.items ?? []).map(
        (person) => html`<${Person}
          key=${person.id}
          person=${person}
          isSelf=${person.id === caller.user.id}
          mayChange=${mayChange}
          onOpen=${(View) => setOpen({ View, person })}
        />`,
      )}
    </ul>
    <${More} of=${pages} />
    ${
      open &&
      html`<${open.View}
        connection=${connection}
        person=${open.person}
        onChanged=${changed}
        onAdded=${pages.again}
        onClose=${() => setOpen(null)}
      />`
    }
  </section>`;
}

function Person({ person, isSelf, mayChange, onOpen }) {
  const { name, email, disabledAt, createdAt, lastLoginAt, provider } = person;
  const action = (View, word, className) =>
    html`<button
      type="button"
      class=${className}
      aria-label=${`${word}: ${name}`}
      onClick=${() => onOpen(View)}
    >
      ${word}
    </button>`;
  return html`<li>
    <div>
      <p>
        <strong>${name}</strong> <span class="chip">${ROLE_WORDS[roleOf(person)]}</span>${" "}
        ${isSelf && html`<span class="badge completed">you</span>`}
        ${disabledAt && html`<span class="badge failed">disabled</span>`}
      </p>
      <p class="quiet small">
        ${name !== email && `${email} · `}${provider !== "local" && `by ${provider} · `}
        ${lastLoginAt > createdAt ? `last login ${dayOf(lastLoginAt)}` : "has not logged in yet"}
      </p>
    </div>
    ${
      mayChange &&
      html`<div class="actions">
        ${action(Change, "Change")}
        ${!isSelf && !disabledAt && provider === "local" && action(Invite, "Invite")}
        ${!isSelf && !disabledAt && action(LogOut, "Log out")}
        ${!isSelf && (disabledAt ? action(Enable, "Enable") : action(Disable, "Disable", "danger"))}
      </div>`
    }
  </li>`;
}

function Add({ connection, onAdded, onClose }) {
  const [made, setMade] = useState(null);
  const add = async (given) => {
    const name = given.get("name").trim();
    setMade(
      await connection.call("user.create", {
        email: given.get("email").trim(),
        ...(name && { name }),
        roles: [given.get("roles")],
      }),
    );
    onAdded();
  };
  return html`<${Dialog} title=${made ? `${made.user.name} is invited` : "Add a person"} onClose=${onClose}>
    ${(close) =>
      made
        ? html`<${Invitation} of=${made.invitation} close=${close} />`
        : html`<${Form}
            word="Add and invite"
            places=${{ RESOURCE_CONFLICT: "email" }}
            onSend=${add}
            onCancel=${close}
          >
            <${Field} label="E-mail" name="email" inputmode="email" required maxlength="320" autofocus />
            <${Field} label="Name" name="name" maxlength="200" placeholder="The e-mail address" />
            <${Choice} label="Role" name="roles" options=${ROLES} chosen="developer" />
          <//>`}
  <//>`;
}

const Invitation = ({ of: { url, expiresAt }, close }) => html`<${Shown}
  label="Link to choose a password"
  value=${url}
  close=${close}
>
  Send it to them yourself: it is shown this once, works once, and until ${dayOf(expiresAt)}.
<//>`;

function Invite({ connection, person, onClose }) {
  const [invitation, setInvitation] = useState(null);
  const invite = async () =>
    setInvitation((await connection.call("user.invite", { userId: person.id })).invitation);
  return html`<${Dialog} title=${`Invite ${person.name}`} onClose=${onClose}>
    ${(close) =>
      invitation
        ? html`<${Invitation} of=${invitation} close=${close} />`
        : html`<${Form} word="Make the link" onSend=${invite} onCancel=${close}>
            <p>
              A link by which they choose a password, the first one or another one. An earlier link works no
              more.
            </p>
          <//>`}
  <//>`;
}

function Change({ connection, person, onChanged, onClose }) {
  const role = roleOf(person);
  return html`<${Dialog} title=${`Change ${person.name}`} onClose=${onClose}>
    ${(close) => html`<${Form}
      word="Save"
      places=${{ RESOURCE_CONFLICT: "roles" }}
      onCancel=${close}
      onSend=${async (given) => {
        const isOther = given.get("roles") !== role;
        const { user } = await connection.call("user.update", {
          userId: person.id,
          name: given.get("name"),
          ...(isOther && { roles: [given.get("roles")] }),
        });
        await onChanged(user);
        close();
      }}
    >
      <${Field} label="Name" name="name" required maxlength="200" defaultValue=${person.name} autofocus />
      <${Choice}
        label="Role"
        name="roles"
        options=${ROLES}
        chosen=${role}
        hint="Who loses a role is connected anew with what is left."
      />
    <//>`}
  <//>`;
}

const Disable = ({ connection, person, onChanged, onClose }) => html`<${Confirm}
  title=${`Disable ${person.name}?`}
  word="Disable"
  onClose=${onClose}
  onConfirmed=${async () =>
    onChanged((await connection.call("user.update", { userId: person.id, disabled: true })).user)}
>
  They can do nothing any more, by password or key, until you enable them. What is theirs stays.
<//>`;

const Enable = ({ connection, person, onChanged, onClose }) => html`<${Confirm}
  title=${`Enable ${person.name}?`}
  word="Enable"
  onClose=${onClose}
  onConfirmed=${async () =>
    onChanged((await connection.call("user.update", { userId: person.id, disabled: false })).user)}
>
  They can log in again, and their API keys work again.
<//>`;

const LogOut = ({ connection, person, onClose }) => html`<${Confirm}
  title=${`Log ${person.name} out?`}
  word="End their logins"
  onClose=${onClose}
  onConfirmed=${() => connection.call("user.logout", { userId: person.id })}
>
  Every login of theirs ends, and they have to log in again. API keys go on.
<//>`;
