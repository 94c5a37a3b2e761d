// A repository in place of what is in the workspace.
import { html, useState } from "../../vendor/htm/preact.js";
import { Check, Dialog, Field, Form } from "../forms.js";
import { useThere } from "../parts.js";
import { Cloning, cloned, PLACES } from "./cloning.js";

export function Clone({ session, following, connection, may, isEmpty, onClose }) {
  const [startedAt, setStartedAt] = useState(null);
  const isThere = useThere();
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
      await cloned(session.id, body, { isWatched: () => isThere.current, onTrouble: connection.onTrouble });
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
      ${startedAt && html`<${Cloning} since=${startedAt} step=${following.value.cloning} />`}
    <//>`}
  <//>`;
}
