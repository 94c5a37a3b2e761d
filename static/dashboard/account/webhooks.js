// One's webhooks: where the events of one's sessions are posted to, and how their receivers do.
import { html, useState } from "../../vendor/htm/preact.js";
import { Check, Confirm, Dialog, Field, Form, Shown } from "../forms.js";
import { More, usePages } from "../pages.js";
import { Badge, dayOf, Empty, Failure, useAsking } from "../parts.js";
import { Attempts } from "./attempts.js";

const COMMON = {
  "task.completed": "A task is completed",
  "task.failed": "A task fails",
  "approval.required": "Something waits for approval",
  "file.*": "Anything happens to a file",
  "*": "Everything",
};
const DISABLED = {
  by_owner: "you wanted it so",
  failures: "its receiver failed for days",
  gone: "its receiver answered that it is gone",
};

export function Webhooks({ connection, caller }) {
  const [open, setOpen] = useState(null); // {View, webhook}
  const pages = usePages(async () => {
    const { webhooks } = await connection.call("webhook.list");
    return { items: webhooks, hasMore: false };
  }, [connection]);
  const mayChange = caller.may("webhook:write");
  return html`<section aria-labelledby="webhooks">
    <header>
      <h2 id="webhooks" tabindex="-1">Webhooks</h2>
      ${
        mayChange &&
        html`<button type="button" class="primary small" onClick=${() => setOpen({ View: Create })}>
          New webhook
        </button>`
      }
    </header>
    ${
      !mayChange &&
      html`<p class="notice">
        You may look at webhooks, not make or change any: your role or key only reads.
      </p>`
    }
    ${
      pages.items?.length === 0 &&
      html`<${Empty} title="No webhook yet">
        Make one, and what happens in your sessions is posted to an address of yours, signed and in order.
      <//>`
    }
    <ul class="rows">
      ${(pages.items ?? []).map(
        (webhook) => html`<${Row}
          key=${webhook.id}
          ...${{ webhook, connection, mayChange }}
          onChanged=${pages.change}
          onOpen=${(View) => setOpen({ View, webhook })}
        />`,
      )}
    </ul>
    <${More} of=${pages} />
    ${
      open &&
      html`<${open.View}
        connection=${connection}
        webhook=${open.webhook}
        onCreated=${pages.again}
        onChanged=${pages.change}
        onRemoved=${pages.remove}
        onClose=${() => setOpen(null)}
      />`
    }
  </section>`;
}

function Row({ webhook, connection, mayChange, onChanged, onOpen }) {
  const [isOpen, setIsOpen] = useState(false);
  const [tests, setTests] = useState(0); // how many requests this page has had made
  const [ask, { isBusy, failure }] = useAsking();
  const where = { webhookId: webhook.id };
  const refresh = async () => onChanged((await connection.call("webhook.get", where)).webhook);
  const test = () =>
    isBusy ||
    ask(async () => {
      await connection.call("webhook.test", where);
      setIsOpen(true);
      setTests((count) => count + 1);
      await refresh();
    });
  const enable = (enabled) =>
    ask(async () => onChanged((await connection.call("webhook.update", { ...where, enabled })).webhook));
  const isDisabled = webhook.status === "disabled";
  const about = (word) => `${word}: ${webhook.url}`;
  return html`<li>
    <div>
      <p><strong class="address">${webhook.url}</strong> <${Badge} of=${webhook.status} /></p>
      <p class="quiet small">${webhook.events.join(", ")} · ${health(webhook)}</p>
      <${Failure} of=${failure} />
    </div>
    <div class="actions">
      ${
        mayChange &&
        html`
          <button type="button" aria-label=${about("Test")} aria-disabled=${isBusy} onClick=${test}>
            Test
          </button>
          <button type="button" aria-label=${about("Change")} onClick=${() => onOpen(Change)}>Change</button>
          <button
            type="button"
            aria-label=${about(isDisabled ? "Go on" : "Pause")}
            onClick=${() => enable(isDisabled)}
          >
            ${isDisabled ? "Go on" : "Pause"}
          </button>
          <button type="button" aria-label=${about("New secret")} onClick=${() => onOpen(Rotate)}>
            New secret
          </button>
          <button type="button" class="danger" aria-label=${about("Delete")} onClick=${() => onOpen(Delete)}>
            Delete
          </button>
        `
      }
      <button
        type="button"
        aria-label=${about("Requests")}
        aria-expanded=${isOpen}
        onClick=${() => setIsOpen(!isOpen)}
      >
        Requests
      </button>
    </div>
    ${isOpen && html`<${Attempts} ...${{ webhook, connection, mayChange, tests, onSent: refresh }} />`}
  </li>`;
}

/** How its receiver does, in words. */
function health({ status, disabledReason, failures, lastError, nextAttemptAt, lastDeliveredAt }) {
  if (status === "disabled") return `sends nothing: ${DISABLED[disabledReason]}`;
  if (status === "failing")
    return `${failures} failed: ${lastError}; next try ${nextAttemptAt ? dayOf(nextAttemptAt) : "soon"}`;
  return lastDeliveredAt ? `last taken ${dayOf(lastDeliveredAt)}` : "nothing sent yet";
}

/** Which events: common ones to tick, others by their names. */
function Events({ chosen = [] }) {
  const others = chosen.filter((name) => !COMMON[name]);
  return html`<fieldset>
      <legend>Post when</legend>
      ${Object.entries(COMMON).map(
        ([name, words]) => html`<${Check}
          key=${name}
          label=${words}
          name="event"
          value=${name}
          defaultChecked=${chosen.includes(name)}
        />`,
      )}
    </fieldset>
    <${Field}
      label="Other events"
      name="events"
      class="mono"
      defaultValue=${others.join(" ")}
      placeholder="session.* task.progress"
      hint="Names of events, or kinds of them as in file.*, with spaces between."
    />`;
}

const eventsOf = (given) => [
  ...given.getAll("event"),
  ...given
    .get("events")
    .split(/[\s,]+/)
    .filter(Boolean),
];

const Address = (rest) => html`<${Field}
  label="Address"
  name="url"
  inputmode="url"
  required
  maxlength="2048"
  placeholder="https://…"
  ...${rest}
/>`;

function Create({ connection, onCreated, onClose }) {
  const [made, setMade] = useState(null);
  const create = (close) => async (given) => {
    const secret = given.get("secret");
    const answer = await connection.call("webhook.create", {
      url: given.get("url").trim(),
      events: eventsOf(given),
      ...(secret && { secret }),
    });
    onCreated();
    if (answer.secret) setMade(answer);
    else close();
  };
  return html`<${Dialog} title=${made ? "The webhook's secret" : "New webhook"} onClose=${onClose}>
    ${(close) =>
      made
        ? html`<${NewSecret} of=${made.secret} close=${close} />`
        : html`<${Form}
            word="Make webhook"
            places=${{ RESOURCE_CONFLICT: "url" }}
            onSend=${create(close)}
            onCancel=${close}
          >
            <${Address} autofocus />
            <${Events} chosen=${["task.completed", "task.failed"]} />
            <${Field}
              label="Secret"
              name="secret"
              type="password"
              maxlength="256"
              autocomplete="off"
              placeholder="made by the server"
              hint="It signs what is sent. Left empty, the server makes one and shows it once."
            />
          <//>`}
  <//>`;
}

const NewSecret = ({ of, close }) => html`<${Shown} label="Secret" value=${of} close=${close}>
  It is shown this once. Your receiver needs it to verify what it gets.
<//>`;

const Change = ({ connection, webhook, onChanged, onClose }) => html`<${Dialog}
  title="Change the webhook"
  onClose=${onClose}
>
  ${(close) => html`<${Form}
    word="Save"
    onCancel=${close}
    onSend=${async (given) => {
      const changed = await connection.call("webhook.update", {
        webhookId: webhook.id,
        url: given.get("url").trim(),
        events: eventsOf(given),
        ...(given.has("skipPending") && { skipPending: true }),
      });
      onChanged(changed.webhook);
      close();
    }}
  >
    <${Address} defaultValue=${webhook.url} autofocus />
    <${Events} chosen=${webhook.events} />
    ${
      webhook.status !== "active" &&
      html`<${Check} label="Skip what waits, and go on with what happens from now on" name="skipPending" />`
    }
  <//>`}
<//>`;

function Rotate({ connection, webhook, onChanged, onClose }) {
  const [secret, setSecret] = useState(null);
  const rotate = async () => {
    const made = await connection.call("webhook.rotate", { webhookId: webhook.id });
    onChanged(made.webhook);
    setSecret(made.secret);
  };
  return html`<${Dialog} title="A new secret" onClose=${onClose}>
    ${(close) =>
      secret
        ? html`<${NewSecret} of=${secret} close=${close} />`
        : html`<${Form} word="Make a new secret" onSend=${rotate} onCancel=${close}>
            <p>For a day, what is sent is signed with both, so that your receiver misses nothing.</p>
          <//>`}
  <//>`;
}

const Delete = ({ connection, webhook, onRemoved, onClose }) => html`<${Confirm}
  title="Delete the webhook?"
  word="Delete it"
  onClose=${onClose}
  onConfirmed=${async () => {
    await connection.call("webhook.delete", { webhookId: webhook.id });
    onRemoved(webhook);
  }}
>
  Nothing is sent to <span class="address">${webhook.url}</span> any more, and its requests are forgotten.
<//>`;
