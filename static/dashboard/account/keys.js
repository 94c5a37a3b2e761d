// One's API keys: with each, a program acts as oneself within the key's scopes.
import { html, useState } from "../../vendor/htm/preact.js";
import { Choice, Confirm, Dialog, Field, Form, Shown } from "../forms.js";
import { More, usePages } from "../pages.js";
import { dayOf, Empty } from "../parts.js";

const SCOPES = {
  read: "read: look at sessions, files and events",
  "read write": "read and write: work in sessions, too",
  "read write admin": "everything that you may, your account included",
};
const LIMITS = { own: "as many calls as people", none: "as many calls as it likes" };
const WITHOUT_LIMITS = {
  authentication: null,
  session_management: null,
  task_creation: null,
  file_operations: null,
  tool_execution: null,
  process_kills: null,
  messages: null,
  message_tasks: null,
  connections: null,
};
const DAY_MS = 86_400_000;
const ENDS = { 30: "in 30 days", 90: "in 90 days", 365: "in a year", "": "never", date: "on a day of yours" };

export function Keys({ connection, caller }) {
  const [isMaking, setIsMaking] = useState(false);
  const [revoking, setRevoking] = useState(null);
  const pages = usePages(async () => {
    const { keys } = await connection.call("key.list");
    return { items: keys.reverse(), hasMore: false };
  }, [connection]);
  const mayChange = caller.may("account:write");
  const revoke = async () => {
    await connection.call("key.revoke", { keyId: revoking.id });
    pages.remove(revoking);
  };
  return html`<section aria-labelledby="keys">
    <header>
      <h2 id="keys" tabindex="-1">API keys</h2>
      ${
        mayChange &&
        html`<button type="button" class="primary small" onClick=${() => setIsMaking(true)}>New key</button>`
      }
    </header>
    ${
      !mayChange &&
      html`<p class="notice">
        You are here with an API key that makes and revokes no keys. Log in with your password for that.
      </p>`
    }
    ${
      pages.items?.length === 0 &&
      html`<${Empty} title="No API key yet">
        Make one for each program that is to work here as you: it can be revoked by itself.
      <//>`
    }
    <ul class="rows">
      ${(pages.items ?? []).map(
        (key) => html`<li key=${key.id}>
          <div>
            <p>
              <strong>${key.name}</strong> <code class="quiet">${key.hint}…</code> <${Ended} of=${key} />
            </p>
            <p class="quiet small">
              ${key.scopes.join(", ")} · made ${dayOf(key.createdAt)} ·
              ${key.expiresAt ? ` expires ${dayOf(key.expiresAt)}` : " until it is revoked"}
            </p>
            ${key.limits && html`<p class="quiet small">${limitsOf(key.limits)}</p>`}
          </div>
          ${
            mayChange &&
            html`<button
              type="button"
              class="danger"
              aria-label=${`Revoke ${key.name}`}
              onClick=${() => setRevoking(key)}
            >
              Revoke
            </button>`
          }
        </li>`,
      )}
    </ul>
    <${More} of=${pages} />
    ${
      isMaking &&
      html`<${NewKey}
        connection=${connection}
        caller=${caller}
        onMade=${pages.again}
        onClose=${() => setIsMaking(false)}
      />`
    }
    ${
      revoking &&
      html`<${Confirm}
        title=${`Revoke “${revoking.name}”?`}
        word="Revoke it"
        onConfirmed=${revoke}
        onClose=${() => setRevoking(null)}
      >
        Programs that use it are refused from now on, and their connections end. It cannot be taken back.
      <//>`
    }
  </section>`;
}

const Ended = ({ of: { expiresAt } }) =>
  expiresAt && new Date(expiresAt) < new Date() && html`<span class="badge failed">expired</span>`;

/** Limits of its own, in words. */
function limitsOf(limits) {
  if (Object.values(limits).every((most) => most === null)) return "Without limits";
  const each = Object.entries(limits).map(
    ([name, most]) => `${name.replaceAll("_", " ")} ${most ?? "without a limit"}`,
  );
  return `Limits of its own: ${each.join(", ")}`;
}

function NewKey({ connection, caller, onMade, onClose }) {
  const [secret, setSecret] = useState(null);
  const [end, setEnd] = useState("90");
  const make = async (given) => {
    const until = end === "date" ? new Date(`${given.get("expiresAt")}T23:59:59`) : inDays(end);
    const made = await connection.call("key.create", {
      name: given.get("name").trim(),
      scopes: given.get("scopes").split(" "),
      ...(until && { expiresAt: until.toISOString() }),
      ...(given.get("limits") === "none" && { limits: WITHOUT_LIMITS }),
    });
    setSecret(made.secret);
    onMade();
  };
  return html`<${Dialog} title=${secret ? "Your new key" : "New API key"} onClose=${onClose}>
    ${(close) =>
      secret
        ? html`<${Shown} label="API key" value=${secret} close=${close}>
            It is shown this once. Keep it where you keep passwords.
          <//>`
        : html`<${Form}
            word="Make key"
            places=${{ RESOURCE_CONFLICT: "name" }}
            onSend=${make}
            onCancel=${close}
          >
            <${Field}
              label="Name"
              name="name"
              required
              maxlength="200"
              placeholder="What will use it"
              autofocus
            />
            <${Choice} label="It may" name="scopes" options=${SCOPES} chosen="read write" />
            <${Choice}
              label="It expires"
              name="end"
              options=${ENDS}
              chosen=${end}
              onChange=${(event) => setEnd(event.currentTarget.value)}
            />
            ${
              caller.may("user:write") &&
              html`<${Choice} label="It makes" name="limits" options=${LIMITS} chosen="own" />`
            }
            ${
              end === "date" &&
              html`<${Field} label="Last day" name="expiresAt" type="date" required min=${today()} />`
            }
          <//>`}
  <//>`;
}

const inDays = (days) => days && new Date(Date.now() + Number(days) * DAY_MS);

const today = () => new Date().toLocaleDateString("sv"); // Sweden writes dates as fields want them
