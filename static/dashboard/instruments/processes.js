// What runs in the session: processes with their ports and logs, and the commands of its agent.
import { html, useEffect, useRef, useState } from "../../vendor/htm/preact.js";
import { hasEnded } from "../follow.js";
import { Badge, Empty, Failure, timeOf, useAsking } from "../parts.js";
import { useStore } from "../store.js";
import { Screen } from "./screen.js";
import { Transcript } from "./transcript.js";

const MOST_LINES = 10_000;
const EVERY_MS = 3000; // ports are not told, they are looked for
const SECOND_LOOK_MS = 1000;

export function Panel({ following, connection, isConnected, may, isShown, show }) {
  const { session } = useStore(following);
  const [processes, setProcesses] = useState(null);
  const [chosen, setChosen] = useState(null);
  const [ask, { failure }] = useAsking();
  const sessionId = session.id;
  const load = () =>
    ask(async () => setProcesses((await connection.call("process.list", { sessionId })).processes.reverse()));
  useEffect(() => {
    const { socket } = connection;
    const changed = (event) => event.sessionId === sessionId && load();
    for (const type of ["process.started", "process.ended"]) socket.on(type, changed);
    return () => {
      for (const type of ["process.started", "process.ended"]) socket.off(type, changed);
    };
  }, []);
  useEffect(() => void (isConnected && load()), [isConnected]);
  const isAnyRunning = processes?.some(({ status }) => status === "running");
  useEffect(() => {
    if (!isShown || !isConnected || !isAnyRunning) return undefined;
    const timer = setInterval(() => document.hidden || load(), EVERY_MS);
    return () => clearInterval(timer);
  }, [isShown, isConnected, isAnyRunning]);
  const opened = processes?.find(({ pid }) => pid === chosen) ?? processes?.[0];
  const around = { sessionId, connection, isConnected };
  return html`<section class="panel processes" aria-label="Processes">
    ${may("tool:execute") && html`<${Start} ...${around} onStarted=${({ pid }) => setChosen(pid)} />`}
    <${Failure} of=${failure} again=${load} />
    ${
      processes &&
      !processes.length &&
      html`<${Empty} title="Nothing is running">
        A server or a watcher that you start here runs beside the tasks until it ends, is stopped, or the
        session ends.
      <//>`
    }
    ${
      processes?.length > 0 &&
      html`<ul class="rows" aria-label="Processes">
        ${processes.map(
          (process) => html`<${Row}
            key=${process.pid}
            process=${process}
            isChosen=${process === opened}
            onChoose=${() => setChosen(process.pid)}
            isStopped=${may("tool:execute")}
            ...${around}
          />`,
        )}
      </ul>`
    }
    <${Commands} ...${around} following=${following} isKilled=${may("task:steer")} />
    ${opened && html`<${Log} key=${opened.pid} process=${opened} show=${show} ...${around} />`}
  </section>`;
}

function Start({ sessionId, connection, isConnected, onStarted }) {
  const [line, setLine] = useState("");
  const [ask, { isBusy, failure }] = useAsking();
  const start = (event) => {
    event.preventDefault();
    if (!line.trim() || isBusy) return;
    ask(async () => {
      const { process } = await connection.call("process.start", { sessionId, command: line });
      setLine("");
      onStarted(process);
    });
  };
  return html`<form class="start" onSubmit=${start}>
    <label>
      Start a process${" "}
      <input
        class="mono"
        value=${line}
        onInput=${(event) => setLine(event.currentTarget.value)}
        spellcheck=${false}
        autocomplete="off"
        placeholder="npm run dev"
      />
    </label>
    <button class="primary" disabled=${!isConnected || !line.trim()} aria-disabled=${isBusy}>Start</button>
    <${Failure} of=${failure} />
  </form>`;
}

const BADGES = { running: "running", exited: "exited", stopped: "stopped", failed: "failed" };

/** A port, and who reaches it; a program may listen on the same port at several addresses. */
const Listener = ({ port, address }) =>
  html`<span class="chip" title=${reachWords(address)}>port ${port} · ${address}</span>`;

const keyOf = ({ port, address }) => `${address} ${port}`;

function reachWords(address) {
  if (address === "::1" || address.startsWith("127.")) return "Reached only from where it runs";
  if (address === "::" || address === "0.0.0.0") return "Reached over every network that it has";
  return "Reached at this address";
}

function Row({ process, isChosen, onChoose, isStopped, sessionId, connection, isConnected }) {
  const [isStopping, setIsStopping] = useState(false);
  const [ask, { failure }] = useAsking();
  const { pid, command, status, exitCode, listeners, startedAt, endedAt } = process;
  const isRunning = status === "running";
  const stop = () =>
    ask(async () => {
      setIsStopping(true);
      try {
        await connection.call("process.stop", { sessionId, pid, force: isStopping });
      } catch (refusal) {
        if (refusal.code !== "RESOURCE_CONFLICT") throw refusal; // it has ended meanwhile
      } finally {
        setIsStopping(false);
      }
    });
  return html`<li class=${isChosen ? "chosen" : ""}>
    <div>
      <button
        type="button"
        class="plain mono line"
        title=${command}
        aria-pressed=${isChosen}
        aria-label=${`Log of ${command}`}
        onClick=${onChoose}
      >
        ${command}
      </button>
      <p class="quiet small">
        <${Badge} of=${BADGES[status]} />${" "}
        ${exitCode !== null && exitCode !== undefined && !isRunning && html`exit code ${exitCode} · `}
        ${isRunning ? `since ${timeOf(startedAt)}` : `ended at ${timeOf(endedAt)}`}
        ${listeners.map((each) => html`${" "}<${Listener} key=${keyOf(each)} ...${each} />`)}
      </p>
      ${process.error && html`<p class="small error">${process.error}</p>`}
    </div>
    ${
      isStopped &&
      isRunning &&
      html`<button
        type="button"
        class="small danger"
        disabled=${!isConnected}
        aria-label=${`${isStopping ? "Kill" : "Stop"}: ${command}`}
        title=${isStopping ? "It is asked to end and has not yet" : undefined}
        onClick=${stop}
      >
        ${isStopping ? "Kill" : "Stop"}
      </button>`
    }
    <${Failure} of=${failure} />
  </li>`;
}

/** The agent's commands that run now: the one that it waits for, and those that it left in the background. */
function Commands({ following, connection, isConnected, sessionId, isKilled }) {
  const { story, tasks } = following.value;
  const going = story.filter((item) => {
    const task = tasks.get(item.taskId);
    if (item.kind !== "call" || item.toolName !== "execute_command" || !task || hasEnded(task)) return false;
    return item.state === "running" || item.state === "background";
  });
  const [ask, { failure }] = useAsking();
  if (!going.length) return null;
  const kill = (item) =>
    ask(() =>
      connection.call("task.command", {
        sessionId,
        taskId: item.taskId,
        callId: item.callKey.split("/").pop(),
        action: "kill",
      }),
    );
  return html`<h3>The agent's commands</h3>
    <ul class="rows">
      ${going.map(
        (item) => html`<li key=${item.key}>
          <div>
            <p class="mono line">${item.parameters?.command}</p>
            <p class="quiet small">
              ${item.state === "running" ? "The agent waits for it" : "In the background of its task"}
              ${" "}· since ${timeOf(item.time)}
            </p>
          </div>
          ${
            isKilled &&
            html`<button
              type="button"
              class="small danger"
              disabled=${!isConnected}
              aria-label=${`Kill: ${item.parameters?.command}`}
              onClick=${() => kill(item)}
            >
              Kill
            </button>`
          }
        </li>`,
      )}
    </ul>
    <${Failure} of=${failure} />`;
}

function Log({ process, sessionId, connection, isConnected, show }) {
  const place = useRef(null);
  const held = useRef(null);
  const [failure, setFailure] = useState(null);
  const { pid, command, status } = process;
  useEffect(() => {
    const screen = new Screen(place.current, { label: `Log of ${command}`, onSized: () => {} });
    const transcript = new Transcript(
      async () => {
        const { logs, position } = await connection.call("process.logs", {
          sessionId,
          pid,
          lines: MOST_LINES,
        });
        return { text: logs, position };
      },
      screen,
      setFailure,
    );
    held.current = transcript;
    const printed = (event) =>
      event.sessionId === sessionId && event.pid === pid && transcript.take(event.text, event.position);
    connection.socket.on("process.output", printed);
    return () => {
      connection.socket.off("process.output", printed);
      screen.close();
    };
  }, []);
  useEffect(() => {
    if (!isConnected) return undefined;
    held.current.mend();
    const later = setTimeout(() => held.current.mend(), SECOND_LOOK_MS);
    return () => clearTimeout(later);
  }, [isConnected, status]);
  return html`<div class="log">
    <header>
      <code class="line">${command}</code>
      <button type="button" class="small" onClick=${() => show("files", process.log)}>Whole log</button>
    </header>
    <${Failure} of=${failure} />
    <div class="terminal-place" ref=${place}></div>
  </div>`;
}
