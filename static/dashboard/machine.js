// The server's machine: CPU and memory usage, as the server measures it while the page is visible.
import { html, useEffect, useState } from "../vendor/htm/preact.js";
import { sizeOf } from "./parts.js";
import { useSamples } from "./watching.js";

const KEPT = 20;

export function Machine({ connection, isConnected }) {
  const samples = useSamples(connection, isConnected).samples.slice(-KEPT);
  const [health, setHealth] = useState(null);
  useEffect(() => {
    if (isConnected) connection.call("system.health").then(setHealth, () => setHealth(null));
  }, [connection, isConnected]);
  const now = samples.at(-1);
  if (!now) return null;
  return html`<div class="machine" aria-label="Machine">
    <${Meter}
      name="CPU"
      percent=${now.cpuUsage}
      of=${samples.map((sample) => sample.cpuUsage)}
      title="Usage of all processors"
    />
    <${Meter}
      name="Memory"
      percent=${now.memoryUsage}
      of=${samples.map((sample) => sample.memoryUsage)}
      title=${`${sizeOf(now.memoryUsed)} of ${sizeOf(now.memoryTotal)}`}
    />
    ${health && html`<${Runtime} of=${health} />`}
  </div>`;
}

function Runtime({ of: { runtime, runtimeProblem } }) {
  return html`<span class="chip" title=${runtimeProblem ?? "Where commands run"}>
    ${runtime}${runtimeProblem ? " ⚠" : ""}
  </span>`;
}

function Meter({ name, percent, of, title }) {
  const points = of
    .map((value, place) => `${60 - ((of.length - 1 - place) / (KEPT - 1)) * 60},${18 - (value / 100) * 16}`)
    .join(" ");
  return html`<span class="meter" title=${title}>
    ${
      of.length > 2 &&
      html`<svg viewBox="0 0 60 20" width="60" height="20" aria-hidden="true">
        <polyline points=${points} />
      </svg>`
    }
    <span class="quiet small">${name}</span> <span class="number">${Math.round(percent)} %</span>
  </span>`;
}
