// How fast the server answers, how much it has to do, and what goes wrong.
import { html } from "../../vendor/htm/preact.js";
import { durationOf, Empty, sizeOf } from "../parts.js";
import { Tile } from "./tiles.js";

const MOST_OPERATIONS = 12;

function duration(milliseconds) {
  if (milliseconds === undefined) return "–";
  return milliseconds < 1 ? "< 1 ms" : durationOf(milliseconds);
}

export function Performance({ of: { responseTimes, throughput, errorRates, operations }, words }) {
  const { average, p95, p99 } = responseTimes;
  const errors = Object.entries(errorRates.errorsByType).sort(([, one], [, other]) => other - one);
  return html`<section aria-label="Performance">
    <h2>Calls of the last ${words.toLowerCase()}</h2>
    <dl class="tiles">
      <${Tile} name="Calls" value=${throughput.totalRequests}>
        ${throughput.requestsPerSecond.toFixed(2)} a second · ${sizeOf(throughput.bytesPerSecond)}/s sent
      <//>
      <${Tile} name="Answered in" value=${duration(average)}>on average<//>
      <${Tile} name="95 % within" value=${duration(p95)}>99 % within ${duration(p99)}<//>
      <${Tile} name="Errors" value=${`${errorRates.errorRatePercent.toFixed(1)} %`}>
        ${errorRates.totalErrors} of ${throughput.totalRequests}
      <//>
    </dl>
    ${!operations.length && html`<${Empty} title="No calls">Nobody has called anything in this time.<//>`}
    <div class="tables">
      ${
        operations.length > 0 &&
        html`<table>
          <caption>What took most time</caption>
          <thead>
            <tr>
              <th scope="col">Operation</th>
              <th scope="col">Calls</th>
              <th scope="col">Errors</th>
              <th scope="col">Average</th>
              <th scope="col">95 %</th>
              <th scope="col">99 %</th>
            </tr>
          </thead>
          <tbody>
            ${operations.slice(0, MOST_OPERATIONS).map(
              ({ operation, requests, errors: failed, responseTimes: times }) => html`<tr key=${operation}>
                <th scope="row"><code>${operation}</code></th>
                <td>${requests}</td>
                <td class=${failed ? "error" : ""}>${failed}</td>
                <td>${duration(times.average)}</td>
                <td>${duration(times.p95)}</td>
                <td>${duration(times.p99)}</td>
              </tr>`,
            )}
          </tbody>
        </table>`
      }
      ${
        errors.length > 0 &&
        html`<table>
          <caption>Errors</caption>
          <thead>
            <tr>
              <th scope="col">Code</th>
              <th scope="col">Calls</th>
            </tr>
          </thead>
          <tbody>
            ${errors.map(
              ([code, number]) => html`<tr key=${code}>
                <th scope="row"><code>${code}</code></th>
                <td>${number}</td>
              </tr>`,
            )}
          </tbody>
        </table>`
      }
    </div>
  </section>`;
}
