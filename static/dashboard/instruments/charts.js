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

const DAY_S = 86_400;
const date = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric", timeZone: "UTC" });

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hour12: false });

const wordsOf = (time, isDaily) => (isDaily ? date.format(time * 1000) : timeOf(time * 1000));

/** The words of an axis of times. */
const timesOf = (plot, times) => {
  const isShort = plot.scales.x.max - plot.scales.x.min <= SECONDS_SHOWN_S;
  return times.map((time) => (isShort ? timeOf(time * 1000) : clock.format(time * 1000)));
};

/** What is different if there is one value for each day: bars, and days as UTC has them. */
const DAILY = {
  tzDate: (time) => uPlot.tzDate(new Date(time * 1000), "UTC"),
  paths: uPlot.paths.bars({ size: [0.7, 40] }),
  range: (_plot, first, last) => [first - DAY_S / 2, last + DAY_S / 2],
  timesOf: (_plot, times) => times.map((time) => (time % DAY_S ? "" : date.format(time * 1000))),
};

function optionsOf({ lines, format, most, least, width, isDaily }, onMoment) {
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
    ...(isDaily && { tzDate: DAILY.tzDate }),
    legend: { show: false },
    cursor: { y: false, drag: { setScale: false } },
    scales: {
      x: isDaily ? { range: DAILY.range } : {},
      y: { range: (_plot, _least, top) => [0, most ?? Math.max(top * 1.15, least)] },
    },
    axes: [
      { ...axis, space: 80, size: 26, values: isDaily ? DAILY.timesOf : timesOf },
      { ...axis, size: 62, values: (_plot, values) => values.map((value) => format(value)) },
    ],
    series: [
      {},
      ...lines.map(({ name }, place) => ({
        label: name,
        stroke: hues[COLOURS[place]],
        width: 1.5,
        dash: DASHES[place],
        fill: place
          ? undefined
          : `color-mix(in srgb, ${hues[COLOURS[place]]} ${isDaily ? 45 : 10}%, transparent)`,
        ...(isDaily && { paths: DAILY.paths }),
        points: { show: false },
      })),
    ],
    hooks: { setCursor: [(plot) => onMoment(plot.cursor.idx ?? null)] },
  };
}

/**
 * `times` in seconds since 1970, and of each of `lines` its `name` and `values`, null where there are none.
 * `format` makes words of a value; the axis ends at `most`, or above the highest value and `least`. With
 * `isDaily` there is one value for each day of UTC, and its time is the beginning of the day.
 */
export function Chart({ title, times, lines, format, most, least = 1, isDaily = false }) {
  const place = useRef(null);
  const plot = useRef(null);
  const [moment, setMoment] = useState(null);
  const colours = useColours();
  const data = [times, ...lines.map(({ values }) => values)];
  useEffect(() => {
    const width = place.current.clientWidth;
    plot.current = new uPlot(
      optionsOf({ lines, format, most, least, width, isDaily }, setMoment),
      data,
      place.current,
    );
    const sizes = new ResizeObserver(([{ contentRect }]) =>
      plot.current.setSize({ width: contentRect.width, height: HEIGHT }),
    );
    sizes.observe(place.current);
    return () => {
      sizes.disconnect();
      plot.current.destroy();
    };
  }, [colours, lines.map(({ name }) => name).join(), isDaily]);
  useEffect(
    () => plot.current.setData(data),
    [times.at(-1), times.length, isDaily && lines[0].values.join()],
  );
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
        (isDaily || moment !== null) &&
        times[shown] &&
        html`<time class="quiet small">${wordsOf(times[shown], isDaily)}</time>`
      }
    </figcaption>
    <div class="plot" ref=${place} aria-hidden="true"></div>
    <${Figures} ...${{ title, times, lines, format, isDaily }} />
  </figure>`;
}

function Figures({ title, times, lines, format, isDaily }) {
  const [isOpen, setIsOpen] = useState(false);
  const step = isDaily ? 1 : Math.max(1, Math.ceil(times.length / ROWS));
  const moments = times.map((_, place) => place).filter((place) => (times.length - 1 - place) % step === 0);
  return html`<details class="figures" onToggle=${(event) => setIsOpen(event.currentTarget.open)}>
    <summary class="small">As a table</summary>
    ${
      isOpen &&
      html`<table>
        <caption class="hidden">${title}</caption>
        <thead>
          <tr>
            <th scope="col">${isDaily ? "Day" : "Time"}</th>
            ${lines.map(({ name }) => html`<th scope="col" key=${name}>${name}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${moments.reverse().map(
            (place) => html`<tr key=${times[place]}>
              <th scope="row">${wordsOf(times[place], isDaily)}</th>
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
