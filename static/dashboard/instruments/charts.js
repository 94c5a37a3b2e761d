// A chart of uPlot in the page's colours, with the figures that it shows as words and as a table.
import { html, useEffect, useRef, useState } from "../../vendor/htm/preact.js";
import uPlot from "../../vendor/uplot/uplot.js";
import { timeOf } from "../parts.js";
import { coloursOf, useColours } from "./colours.js";

const HEIGHT = 150;
const ROWS = 12; // of the table: as many moments as can be read, evenly spaced
const DASHES = [[], [6, 4], [2, 3]]; // lines differ by more than their colours
const COLOURS = ["accent", "good", "wait"];

const SECONDS_SHOWN_S = 600; // where the times of a chart span no more

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hour12: false });

/** The words of an axis of times. */
const timesOf = (plot, times) => {
  const isShort = plot.scales.x.max - plot.scales.x.min <= SECONDS_SHOWN_S;
  return times.map((time) => (isShort ? timeOf(time * 1000) : clock.format(time * 1000)));
};

function optionsOf({ lines, format, most, width }, onMoment) {
  const { quiet, line, ...hues } = coloursOf(["quiet", "line", ...COLOURS]);
  const axis = {
    stroke: quiet,
    font: "11px system-ui, sans-serif",
    grid: { stroke: line, width: 1 },
    ticks: { show: false },
  };
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false, drag: { setScale: false } },
    scales: { y: { range: (_plot, _least, top) => [0, most ?? Math.max(top * 1.15, 1)] } },
    axes: [
      { ...axis, space: 80, size: 26, values: timesOf },
      { ...axis, size: 62, values: (_plot, values) => values.map((value) => format(value)) },
    ],
    series: [
      {},
      ...lines.map(({ name }, place) => ({
        label: name,
        stroke: hues[COLOURS[place]],
        width: 1.5,
        dash: DASHES[place],
        fill: place ? undefined : `color-mix(in srgb, ${hues[COLOURS[place]]} 10%, transparent)`,
        points: { show: false },
      })),
    ],
    hooks: { setCursor: [(plot) => onMoment(plot.cursor.idx ?? null)] },
  };
}

/**
 * `times` in seconds since 1970, and of each of `lines` its `name` and `values`, null where there are none.
 * `format` makes words of a value; the axis ends at `most`, or above the highest value.
 */
export function Chart({ title, times, lines, format, most }) {
  const place = useRef(null);
  const plot = useRef(null);
  const [moment, setMoment] = useState(null);
  const colours = useColours();
  const data = [times, ...lines.map(({ values }) => values)];
  useEffect(() => {
    const width = place.current.clientWidth;
    plot.current = new uPlot(optionsOf({ lines, format, most, width }, setMoment), data, place.current);
    const sizes = new ResizeObserver(([{ contentRect }]) =>
      plot.current.setSize({ width: contentRect.width, height: HEIGHT }),
    );
    sizes.observe(place.current);
    return () => {
      sizes.disconnect();
      plot.current.destroy();
    };
  }, [colours, lines.map(({ name }) => name).join()]);
  useEffect(() => plot.current.setData(data), [times.at(-1), times.length]);
  const shown = moment ?? times.length - 1;
  return html`<figure class="chart">
    <figcaption>
      <strong>${title}</strong>
      ${lines.map(
        ({ name, values }, line) => html`<span class="key" key=${name}>
          <svg viewBox="0 0 18 8" width="18" height="8" aria-hidden="true">
            <path class=${`line-${line}`} d="M0 4H18" stroke-dasharray=${DASHES[line].join()} />
          </svg>
          ${name}${" "}<span class="number">${values[shown] == null ? "–" : format(values[shown])}</span>
        </span>`,
      )}
      ${
        moment !== null &&
        times[moment] &&
        html`<time class="quiet small">${timeOf(times[moment] * 1000)}</time>`
      }
    </figcaption>
    <div class="plot" ref=${place} aria-hidden="true"></div>
    <${Figures} ...${{ title, times, lines, format }} />
  </figure>`;
}

function Figures({ title, times, lines, format }) {
  const [isOpen, setIsOpen] = useState(false);
  const step = Math.max(1, Math.ceil(times.length / ROWS));
  const moments = times.map((_, place) => place).filter((place) => (times.length - 1 - place) % step === 0);
  return html`<details class="figures" onToggle=${(event) => setIsOpen(event.currentTarget.open)}>
    <summary class="small">As a table</summary>
    ${
      isOpen &&
      html`<table>
        <caption class="hidden">${title}</caption>
        <thead>
          <tr>
            <th scope="col">Time</th>
            ${lines.map(({ name }) => html`<th scope="col" key=${name}>${name}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${moments.reverse().map(
            (place) => html`<tr key=${times[place]}>
              <th scope="row">${timeOf(times[place] * 1000)}</th>
              ${lines.map(
                ({ name, values }) => html`<td key=${name}>
                  ${values[place] == null ? "–" : format(values[place])}
                </td>`,
              )}
            </tr>`,
          )}
        </tbody>
      </table>`
    }
  </details>`;
}
