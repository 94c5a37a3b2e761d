// Running a command in the session's sandbox, without a task.
import { html, useState } from "../vendor/htm/preact.js";
import { Output } from "./conversation/output.js";
import { Empty, Failure, useAsking, withDuration } from "./parts.js";

const MOST = 30;

export function Panel({ following, connection, isConnected, may }) {
  const [line, setLine] = useState("");
  const [ask, { isBusy, failure }] = useAsking();
  const sessionId = following.value.session.id;
  const run = (event) => {
    event.preventDefault();
    if (!line.trim() || isBusy) return;
    ask(async () => {
      await connection.call("tool.execute", {
        sessionId,
        toolName: "execute_command",
        parameters: { command: line },
      });
      setLine("");
    });
  };
  const done = following.value.story
    .filter((item) => item.kind === "call" && !item.taskId)
    .slice(-MOST)
    .reverse();
  return html`<section class="panel command" aria-label="Command">
    ${
      may("tool:execute")
        ? html`<form onSubmit=${run}>
      <label>
        Command${" "}
        <input
          class="mono"
          value=${line}
          onInput=${(event) => setLine(event.currentTarget.value)}
          spellcheck=${false}
          autocomplete="off"
          placeholder="python3 --version"
        />
      </label>
      <button class="primary" disabled=${isBusy || !isConnected || !line.trim()}>
        ${isBusy ? "Running …" : "Run"}
      </button>
    </form>`
        : html`<p class="quiet small">You see the commands here, but may run none.</p>`
    }
    <${Failure} of=${failure} />
    ${
      !done.length &&
      html`<${Empty} title="No commands yet">
        Commands run in this session's sandbox, with its limits. Their output appears here as it is printed.
      <//>`
    }
    ${done.map(
      (item) => html`<article key=${item.key} class="call ${item.state}">
        <p class="mono">
          $ ${item.parameters?.command ?? item.toolName}${" "}
          <span class="quiet small">${withDuration(item.state, item.executionTime)}</span>
        </p>
        <${Output} screen=${item.screen} version=${item.version} text=${item.result?.output} />
      </article>`,
    )}
  </section>`;
}
