// The machine of the server and the server itself: what they have to do, now and over the last hours.
import { html, useState } from "../../vendor/htm/preact.js";
import { Failure, sizeOf } from "../parts.js";
import { useSamples } from "../watching.js";
import { Chart } from "./charts.js";
import { Performance } from "./performance.js";
import { usePolled } from "./polled.js";
import { Programs } from "./programs.js";
import { Tile } from "./tiles.js";

const RANGES = { "5m": "5 minutes", "1h": "Hour", "24h": "Day" };
const SECONDS = { "5m": 300, "1h": 3600, "24h": 86_400 };
const PERFORMANCE_MS = 10_000;
const HEALTH_MS = 30_000;

const percent = (value) => `${Math.round(value)} %`;
const perSecond = (value) => `${sizeOf(value)}/s`;
const secondsOf = (time) => new Date(time).getTime() / 1000;

export function View(around) {
  const { connection, isConnected } = around;
  const [range, setRange] = useState("1h");
  const { samples, failure } = useSamples(connection, isConnected);
  const performance = usePolled(
    () => connection.call("system.performance", { timeRange: range }),
    PERFORMANCE_MS,
    [isConnected, range],
    isConnected,
  );
  const health = usePolled(() => connection.call("system.health"), HEALTH_MS, [isConnected], isConnected);
  const now = samples.at(-1);
  return html`<div class="page machine-page">
    <header>
      <h1>Machine</h1>
      ${health.found && html`<${Health} of=${health.found} />`}
      <div class="ranges" role="group" aria-label="How far back">
        ${Object.entries(RANGES).map(
          ([name, words]) => html`<button
            type="button"
            key=${name}
            class="small"
            aria-pressed=${range === name}
            onClick=${() => setRange(name)}
          >
            ${words}
          </button>`,
        )}
      </div>
    </header>
    <${Failure} of=${failure} />
    ${!now && !failure && html`<p class="quiet small" role="status">Measuring …</p>`}
    ${now && html`<${Now} of=${now} before=${samples.at(-2)} />`}
    <div class="charts">
      <${Usage} samples=${samples} trend=${performance.found?.resourceUsage} range=${range} />
      <${Network} samples=${samples} />
    </div>
    <${Failure} of=${performance.failure} again=${performance.again} />
    ${performance.found && html`<${Performance} of=${performance.found} words=${RANGES[range]} />`}
    <${Programs} ...${around} />
  </div>`;
}

function Health({ of: { version, runtime, runtimeProblem, runningTasks, activeSessions } }) {
  return html`<p class="quiet small">
    Version ${version} · commands run in <strong>${runtime}</strong> ·${" "}
    ${count(runningTasks, "task")} at work in ${count(activeSessions, "session")}
    ${runtimeProblem && html`<span class="warning"> · ${runtimeProblem}</span>`}
  </p>`;
}

const count = (number, word) => `${number} ${word}${number === 1 ? "" : "s"}`;

function Now({ of: now, before }) {
  const { load1, load5, load15 } = now.systemLoad;
  const [received, sent] = before ? rates(before, now) : [null, null];
  return html`<dl class="tiles">
    <${Tile} name="Processors" value=${percent(now.cpuUsage)}>
      load ${load1.toFixed(2)} · ${load5.toFixed(2)} · ${load15.toFixed(2)}
    <//>
    <${Tile} name="Memory" value=${percent(now.memoryUsage)}>
      ${sizeOf(now.memoryUsed)} of ${sizeOf(now.memoryTotal)}
    <//>
    <${Tile} name="Disk" value=${percent(now.diskUsage)}>
      ${sizeOf(now.diskUsed)} of ${sizeOf(now.diskTotal)}
    <//>
    <${Tile} name="Network" value=${received === null ? "–" : perSecond(received)}>
      received${sent !== null && ` · ${perSecond(sent)} sent`}
    <//>
    <${Tile} name="Processes" value=${now.activeProcesses}>
      ${count(now.claudeProcesses, "agent program")}
    <//>
  </dl>`;
}

/** Bytes received and sent in a second, between two samples. */
function rates(before, now) {
  const seconds = secondsOf(now.timestamp) - secondsOf(before.timestamp);
  return ["bytesRecv", "bytesSent"].map((name) =>
    Math.max(0, (now.networkStats[name] - before.networkStats[name]) / seconds),
  );
}

/** What the server has kept, and what this page has been sent since. */
function Usage({ samples, trend, range }) {
  const since = Date.now() / 1000 - SECONDS[range];
  const live = samples.filter(({ timestamp }) => secondsOf(timestamp) >= since);
  const first = live.length ? secondsOf(live[0].timestamp) : Infinity;
  const times = (trend?.timestamps ?? []).map(secondsOf);
  const kept = times.filter((time) => time < first).length;
  if (kept + live.length < 2) return null;
  return html`<${Chart}
    title="Usage"
    times=${[...times.slice(0, kept), ...live.map(({ timestamp }) => secondsOf(timestamp))]}
    lines=${[
      {
        name: "Processors",
        values: [...(trend?.cpuTrend ?? []).slice(0, kept), ...live.map(({ cpuUsage }) => cpuUsage)],
      },
      {
        name: "Memory",
        values: [...(trend?.memoryTrend ?? []).slice(0, kept), ...live.map(({ memoryUsage }) => memoryUsage)],
      },
    ]}
    format=${percent}
    most=${100}
  />`;
}

function Network({ samples }) {
  if (samples.length < 3) return null;
  const pairs = samples.slice(1).map((now, place) => rates(samples[place], now));
  return html`<${Chart}
    title="Network, since this page is open"
    times=${samples.slice(1).map(({ timestamp }) => secondsOf(timestamp))}
    lines=${[
      { name: "Received", values: pairs.map(([received]) => received) },
      { name: "Sent", values: pairs.map(([, sent]) => sent) },
    ]}
    format=${perSecond}
  />`;
}
