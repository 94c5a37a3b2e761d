// What runs on the machine: tasks and agent programs, and the processes of sessions; and an end of each.
import { html, useState } from "../../vendor/htm/preact.js";
import { Choice, Confirm } from "../forms.js";
import { Badge, dayOf, Empty, Failure, Link, sizeOf } from "../parts.js";
import { usePolled } from "./polled.js";

const EVERY_MS = 5000;
const MOST = 100;
const TYPES = {
  "": "All",
  command: "Commands of sessions",
  opencode: "opencode",
  claude: "Claude Code",
  "claude-desktop": "Claude Desktop",
  codex: "Codex",
  gemini: "Gemini CLI",
  roo: "Roo",
  sandbox: "Sandboxes",
  server: "This server",
  system: "System",
};
const OF_THE_MACHINE = new Set(["sandbox", "server", "system"]); // which administrators alone are shown
const SIGNALS = { SIGTERM: "SIGTERM: it is asked to end", SIGKILL: "SIGKILL: it is ended at once" };
const ACTIVITIES = {
  executing_task: "works",
  waiting_for_person: "waits for somebody",
  working: "works",
  idle: "idle",
};

const cpu = (value) => `${value.toFixed(value < 10 ? 1 : 0)} %`;

export function Programs({ connection, isConnected, caller, overview, open }) {
  const [type, setType] = useState("");
  const [killed, setKilled] = useState(null);
  const [said, setSaid] = useState("");
  const request = { limit: MOST, ...(type && { type }) };
  const agents = usePolled(() => connection.call("system.agents"), EVERY_MS, [isConnected], isConnected);
  const processes = usePolled(
    () => connection.call("system.processes", request),
    EVERY_MS,
    [isConnected, type],
    isConnected,
  );
  const isAll = caller.user.roles.includes("admin");
  const types = Object.fromEntries(
    Object.entries(TYPES).filter(([name]) => isAll || !OF_THE_MACHINE.has(name)),
  );
  const kill = async (form) => {
    const { pid } = killed;
    const { success } = await connection.call("system.kill", { pid, signal: form.get("signal") });
    setSaid(success ? `Process ${pid} has ended.` : `Process ${pid} goes on: it has not ended yet.`);
    processes.again();
  };
  const around = { caller, overview, open, onKill: setKilled };
  return html`<section aria-label="Agents">
      <h2>Agents</h2>
      <${Failure} of=${agents.failure} again=${agents.again} />
      ${agents.found && html`<${Agents} of=${agents.found.agents} ...${around} />`}
    </section>
    <section aria-label="Processes">
      <header>
        <h2 tabindex="-1">
          Processes${" "}
          ${processes.found && html`<span class="quiet small">${processes.found.totalCount} in all</span>`}
        </h2>
        <p class="small" role="status">${said}</p>
        <div class="chosen-type">
          <${Choice}
            label="Show"
            name="type"
            options=${types}
            chosen=${type}
            onChange=${(event) => setType(event.currentTarget.value)}
          />
        </div>
      </header>
      <${Failure} of=${processes.failure} again=${processes.again} />
      ${processes.found && html`<${Processes} of=${processes.found.processes} ...${around} />`}
    </section>
    ${
      killed &&
      html`<${Confirm}
        title=${`End process ${killed.pid}?`}
        word="End it"
        onConfirmed=${kill}
        onClose=${() => setKilled(null)}
      >
        <code class="address">${killed.cmdline || killed.name}</code>
        <${Choice} label="How" name="signal" options=${SIGNALS} chosen="SIGTERM" />
      <//>`
    }`;
}

function Agents({ of, ...around }) {
  if (!of.length)
    return html`<${Empty} title="No agent is at work">
      Running tasks are listed here, and agent programs that run in sessions.
    <//>`;
  return html`<${Table} heads=${["Agent", "Session", "State", "Processors", "Memory", "Since", ""]}>
    ${of.map(
      (agent) => html`<tr key=${agent.taskId ?? agent.pid}>
        <${Head} type=${agent.type} line=${agent.name || agent.cmdline} title=${agent.cmdline} />
        <td><${Place} of=${agent} ...${around} /></td>
        <td>${ACTIVITIES[agent.activity]}</td>
        <td>${cpu(agent.cpuPercent)}</td>
        <td>${sizeOf(agent.memoryUsage)}</td>
        <td>${dayOf(agent.startTime)}</td>
        <td>${agent.type !== "roocode" && html`<${Kill} of=${agent} ...${around} />`}</td>
      </tr>`,
    )}
  <//>`;
}

function Processes({ of, ...around }) {
  if (!of.length)
    return html`<${Empty} title="Nothing runs">
      Commands, terminals and processes of your sessions are listed here.
    <//>`;
  return html`<${Table} heads=${["Process", "Session", "Number", "Processors", "Memory", "Since", ""]}>
    ${of.map(
      (process) => html`<tr key=${process.pid}>
        <${Head} type=${process.type} line=${process.cmdline || process.name} title=${process.cmdline} />
        <td><${Place} of=${process} ...${around} /></td>
        <td>${process.pid}</td>
        <td>${cpu(process.cpuPercent)}</td>
        <td>${sizeOf(process.memoryRss)}</td>
        <td>${dayOf(process.createTime)}</td>
        <td><${Kill} of=${process} ...${around} /></td>
      </tr>`,
    )}
  <//>`;
}

const ENDING = html`<span class="hidden">End</span>`;

const Table = ({
  heads,
  children,
}) => html`<div class="wide" tabindex="0" role="group" aria-label=${heads[0]}>
  <table>
    <thead>
      <tr>
        ${heads.map((head) => html`<th scope="col" key=${head}>${head || ENDING}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${children}
    </tbody>
  </table>
</div>`;

const Head = ({ type, line, title }) => html`<th scope="row">
  <div class="named"><${Badge} of=${type} /><code class="line" title=${title}>${line}</code></div>
</th>`;

/** The session that something runs for, by its name where this page knows it. */
function Place({ of: { sessionId }, overview, open }) {
  if (!sessionId) return html`<span class="quiet">–</span>`;
  const name = overview?.value.sessions?.find(({ id }) => id === sessionId)?.name;
  return html`<${Link} class="session" href=${`?session=${sessionId}`} onGo=${() => open(sessionId)}>
    ${name ?? "Open session"}
  <//>`;
}

const Kill = ({ of, caller, onKill }) =>
  caller.may("tool:execute") &&
  !["server", "sandbox"].includes(of.type) &&
  html`<button
    type="button"
    class="small danger"
    aria-label=${`End process ${of.pid}`}
    onClick=${() => onKill(of)}
  >
    End
  </button>`;
