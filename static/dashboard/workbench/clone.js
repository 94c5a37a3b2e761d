// A repository in place of what is in the workspace.
import { html, useEffect, useState } from "../../vendor/htm/preact.js";
import { Check, Dialog, Field, Form } from "../forms.js";
import { placeOf, request } from "./requests.js";

const PLACES = { PERMISSION_DENIED: "url", RESOURCE_NOT_FOUND: "url", TOOL_EXECUTION_FAILED: "url" };

export function Clone({ session, following, connection, may, isEmpty, onClose }) {
  const [startedAt, setStartedAt] = useState(null);
  const { network } = session.config;
  const clone = async (given, close) => {
    const body = { url: given.get("url").trim(), replace: given.get("replace") === "on" };
    for (const name of ["ref", "token"]) if (given.get(name)) body[name] = given.get(name);
    if (given.get("shallow") === "on") body.depth = 1;
    if (given.get("network") === "on") {
      const answer = await connection.call("session.update", {
        sessionId: session.id,
        config: { network: true },
      });
      following.set({ session: { ...answer.session, access: session.access } });
    }
    following.set({ cloning: null });
    setStartedAt(Date.now());
    try {
      await request(placeOf(session.id, "clone"), {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(body),
      });
    } finally {
      setStartedAt(null);
    }
    close();
  };
  return html`<${Dialog} title="Clone a repository" onClose=${onClose}>
    ${(close) => html`<${Form}
      word="Clone"
      places=${PLACES}
      onCancel=${close}
      cancel=${startedAt ? "Go on in the background" : "Cancel"}
      onSend=${(given) => clone(given, close)}
    >
      <${Field}
        label="Address"
        name="url"
        type="url"
        required
        autofocus
        placeholder="https://…"
        hint=${
          network
            ? "https:// or http://, without a password in it."
            : "The session has no network: only hosts that the server's settings list can be reached."
        }
      />
      ${
        !network &&
        may("session:write") &&
        html`<${Check}
          label="Let the session use the network: this, and the agent's commands"
          name="network"
        />`
      }
      <div class="pair">
        <${Field} label="Branch or tag" name="ref" placeholder="the default" autocomplete="off" />
        <${Field}
          label="Token, if it is private"
          name="token"
          type="password"
          autocomplete="off"
          hint="It is not stored."
        />
      </div>
      <${Check} label="Only the latest commit (faster)" name="shallow" defaultChecked />
      ${
        !isEmpty &&
        html`<${Check} label="Replace what is in the workspace now: it is deleted" name="replace" required />`
      }
      ${startedAt && html`<${Elapsed} since=${startedAt} step=${following.value.cloning} />`}
    <//>`}
  <//>`;
}

function Elapsed({ since, step }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return html`<div class="cloning">
    <progress aria-label="Cloning" max="100" value=${step?.percent}></progress>
    <p class="small" role="status">${step?.step ?? "Cloning"} …</p>
    <span class="quiet small" aria-hidden="true">
      ${step && `${step.percent} % · `}${Math.round((now - since) / 1000)} s
    </span>
  </div>`;
}
