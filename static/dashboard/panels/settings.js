// How the agent of a session works: its model and mode, instructions, what it may do unasked, its network.
import { html, useEffect, useRef, useState } from "../../vendor/htm/preact.js";
import { addressOf } from "../address.js";
import { Check, Choice, Confirm, Field, Form } from "../forms.js";
import { Failure, useAsking } from "../parts.js";
import { DECISIONS, ruleWords } from "../words.js";
import { placeOf, save } from "../workbench/requests.js";
import { Unattended } from "./unattended.js";

const EFFORTS = { "": "As the model decides", low: "Low", medium: "Medium", high: "High" };

export function Panel({ following, connection, may }) {
  const { session } = following.value;
  const mayChange = may("session:write");
  const change = async (fields) => {
    const answer = await connection.call("session.update", { sessionId: session.id, ...fields });
    following.set({ session: { ...answer.session, access: session.access } });
  };
  const around = { session, connection, change, mayChange };
  return html`<section class="panel settings" aria-label="Settings">
    ${
      !mayChange &&
      html`<p class="notice">Only the owner of this session changes its settings. You see how they are.</p>`
    }
    <${Agent} ...${around} />
    <${Rules} ...${around} />
    <${Unattended} ...${around} />
    <${Commands} ...${around} />
    <${Copies} ...${around} />
    ${mayChange && html`<${Ending} ...${around} />`}
  </section>`;
}

/** The modes of the session, also those of its workspace. */
function useModes(connection, sessionId) {
  const [catalogue, setCatalogue] = useState({ modes: [] });
  useEffect(() => {
    connection.call("mode.list", { sessionId }).then(setCatalogue, () => {});
  }, [sessionId]);
  return catalogue;
}

function Agent({ session, connection, change, mayChange }) {
  const { config } = session;
  const { modes, problem } = useModes(connection, session.id);
  const words = Object.fromEntries(modes.map(({ slug, name }) => [slug, name]));
  const chosen = modes.find(({ slug }) => slug === config.mode);
  const save = (given) =>
    change({
      name: given.get("name"),
      config: {
        provider: given.get("config.provider") || null,
        model: given.get("config.model") || null,
        mode: given.get("config.mode"),
        effort: given.get("config.effort") || null,
        customInstructions: given.get("config.customInstructions") || null,
        network: given.has("config.network"),
        unattended: given.has("config.unattended"),
      },
    });
  return html`<section>
    <h2>Agent</h2>
    <fieldset class="bare" disabled=${!mayChange}>
      <${Form} word="Save" done="Saved. The next task works with it." onSend=${save}>
        <${Field}
          label="Name of the session"
          name="name"
          required
          maxlength="200"
          defaultValue=${session.name}
        />
        <div class="pair">
          <${Field}
            label="Provider"
            name="config.provider"
            maxlength="64"
            defaultValue=${config.provider}
            hint="“auto”: the first that is set up."
          />
          <${Field}
            label=${config.provider === "scripted" ? "Playbook" : "Model"}
            name="config.model"
            maxlength="256"
            defaultValue=${config.model}
            hint="“auto”: the provider's usual one."
          />
        </div>
        <div class="pair">
          <${Choice}
            label="Mode"
            name="config.mode"
            key=${modes.length}
            options=${{ [config.mode]: config.mode, ...words }}
            chosen=${config.mode}
            hint=${chosen?.whenToUse ?? chosen?.description}
          />
          <${Choice}
            label="How much to think"
            name="config.effort"
            options=${EFFORTS}
            chosen=${config.effort ?? ""}
          />
        </div>
        ${problem && html`<p class="small warning">${problem}</p>`}
        <${Field}
          as="textarea"
          rows="5"
          label="Instructions"
          name="config.customInstructions"
          maxlength="100000"
          defaultValue=${config.customInstructions ?? ""}
          hint="The agent reads them with every task: conventions, what to avoid, how to test."
        />
        <${Check}
          label="Commands may use the network"
          name="config.network"
          defaultChecked=${config.network}
        />
        <${Check}
          label="Nobody is there to answer: what would be asked is refused, and the agent goes on"
          name="config.unattended"
          defaultChecked=${config.unattended}
        />
      <//>
    </fieldset>
  </section>`;
}

const KINDS = {
  command: "commands that begin with …",
  path: "files that match …",
  read: "reading files",
  edit: "changing files",
  run: "running commands",
  browser: "using the browser",
  mcp: "tools of MCP servers",
};
const NEEDS_WORDS = { command: "npm test", path: "src/**" };

function Rules({ session, change, mayChange }) {
  const rules = session.config.approvals;
  const [ask, { isBusy, failure }] = useAsking();
  const [kind, setKind] = useState("command");
  const heading = useRef(null);
  const remove = (place) =>
    ask(async () => {
      await change({ config: { approvals: rules.filter((_, at) => at !== place) } });
      heading.current?.focus(); // the button is gone
    });
  const add = async (given) => {
    const about =
      kind in NEEDS_WORDS ? { [kind]: given.get("words") } : { group: kind === "run" ? "command" : kind };
    await change({ config: { approvals: [...rules, { decision: given.get("decision"), ...about }] } });
  };
  return html`<section>
    <h2 tabindex="-1" ref=${heading}>What the agent may do without asking</h2>
    <p class="quiet small">
      Without rules it reads files freely, and asks before it changes one or runs a command. If several rules
      fit, the last one decides. Files that control agents are asked about nevertheless.
    </p>
    ${!rules.length && html`<p class="quiet small none">There are no rules.</p>`}
    <ol class="rows">
      ${rules.map(
        (rule, place) => html`<li key=${JSON.stringify([place, rule])}>
          <div><strong>${DECISIONS[rule.decision]}:</strong> ${ruleWords(rule)}</div>
          ${
            mayChange &&
            html`<button
              type="button"
              class="small"
              disabled=${isBusy}
              aria-label=${`Remove the rule: ${DECISIONS[rule.decision]} ${ruleWords(rule)}`}
              onClick=${() => remove(place)}
            >
              Remove
            </button>`
          }
        </li>`,
      )}
    </ol>
    <${Failure} of=${failure} />
    ${
      mayChange &&
      html`<${Form} word="Add rule" done="Added." isCleared onSend=${add}>
        <div class="pair">
          <${Choice} label="Decision" name="decision" options=${DECISIONS} chosen="always" />
          <${Choice}
            label="About"
            name="kind"
            options=${KINDS}
            chosen=${kind}
            onChange=${({ currentTarget }) => setKind(currentTarget.value)}
          />
        </div>
        ${
          kind in NEEDS_WORDS &&
          html`<${Field}
            label=${kind === "command" ? "The beginning of the command" : "Files, as in a .gitignore"}
            name="words"
            required
            maxlength="1000"
            placeholder=${NEEDS_WORDS[kind]}
          />`
        }
      <//>`
    }
  </section>`;
}

function Commands({ session, change, mayChange }) {
  const { allowedCommands, resourceLimits: limits } = session.config;
  const isAll = allowedCommands.includes("*");
  const save = (given) => {
    const lines = given
      .get("config.allowedCommands")
      .split("\n")
      .map((line) => line.trim())
      .filter(Boolean);
    return change({ config: { allowedCommands: lines } });
  };
  return html`<section>
    <h2>Commands and limits</h2>
    <p class="quiet small">
      One command gets ${limits.maxMemoryMB} MiB of memory, ${limits.maxCpuPercent} % of a processor and
      ${" "}${limits.maxExecutionTime} seconds; the files of the session may take ${limits.maxDiskMB} MiB.
    </p>
    <fieldset class="bare" disabled=${!mayChange}>
      <${Form} word="Save commands" done="Saved." onSend=${save}>
        <${Field}
          as="textarea"
          rows=${Math.min(8, allowedCommands.length + 1)}
          class="mono"
          label="Commands that may run at all"
          name="config.allowedCommands"
          defaultValue=${allowedCommands.join("\n")}
          hint=${
            isAll
              ? "One beginning of a command a line; * allows all of them, within the sandbox."
              : "One beginning of a command a line. Others are refused, whoever asks."
          }
        />
      <//>
    </fieldset>
  </section>`;
}

const LONGEST_NAME = 200;
const COPIED = " (copy)";

function Copies({ session, connection, mayChange }) {
  const [ask, { isBusy, failure }] = useAsking();
  const [copy, setCopy] = useState(null);
  const fork = () =>
    ask(async () => {
      const name = `${session.name.slice(0, LONGEST_NAME - COPIED.length)}${COPIED}`;
      setCopy((await connection.call("session.fork", { sessionId: session.id, name })).session);
    });
  return html`<section>
    <h2>Copies</h2>
    <p class="quiet small">
      A copy has the files, tasks and checkpoints of this session and goes on by itself. An archive is the
      same in a file, without secrets, and becomes a session again here or on another server.
    </p>
    <p class="actions">
      ${
        mayChange &&
        html`<button type="button" aria-disabled=${isBusy} onClick=${() => isBusy || fork()}>
          Copy the session
        </button>`
      }
      <button
        type="button"
        aria-disabled=${isBusy}
        onClick=${() => isBusy || ask(() => save(placeOf(session.id, "export")))}
      >
        Export
      </button>
    </p>
    ${
      copy && html`<p role="status">Copied: <a href=${addressOf({ session: copy.id })}>open the copy</a>.</p>`
    }
    <${Failure} of=${failure} />
  </section>`;
}

function Ending({ session, connection, change }) {
  const [isAsking, setIsAsking] = useState(false);
  const [ask, { isBusy, failure }] = useAsking();
  const isActive = session.status === "active";
  return html`<section>
    <h2 tabindex="-1">The end of the session</h2>
    <p class="quiet small">An archived session can be looked at and opened again; a deleted one is gone.</p>
    <p class="actions">
      <button
        type="button"
        aria-disabled=${isBusy}
        onClick=${() => isBusy || ask(() => change({ status: isActive ? "archived" : "active" }))}
      >
        ${isActive ? "Archive" : "Open it again"}
      </button>
      <button type="button" class="danger" onClick=${() => setIsAsking(true)}>Delete …</button>
    </p>
    <${Failure} of=${failure} />
    ${
      isAsking &&
      html`<${Confirm}
        title=${`Delete “${session.name}”?`}
        word="Delete it"
        onConfirmed=${() => connection.call("session.delete", { sessionId: session.id })}
        onClose=${() => setIsAsking(false)}
      >
        Its files, tasks and checkpoints are deleted for everybody. This cannot be taken back.
      <//>`
    }
  </section>`;
}
