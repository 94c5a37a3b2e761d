// What models were used for and what it has cost: by day, and by model, session or person.
import { html, useEffect, useState } from "../../vendor/htm/preact.js";
import { addressOf } from "../address.js";
import { Chart } from "../instruments/charts.js";
import { Tile } from "../instruments/tiles.js";
import { Empty, Failure, Link, useAsking } from "../parts.js";
import { dollars, plural, tokens } from "../words.js";
import { everybody } from "./everybody.js";

const DAY_MS = 86_400_000;
const RANGES = { 7: "7 days", 30: "30 days", 90: "90 days", 365: "Year" };
const ROWS_OF_A_REQUEST = 1000;
const MOST_ROWS = 5000;
const SHOWN = 20; // rows of the table, until more are asked for

const figure = (value) => value.toLocaleString("en");
const day = new Intl.DateTimeFormat(undefined, {
  weekday: "short",
  month: "short",
  day: "numeric",
  timeZone: "UTC",
});

/** What the bars of the chart stand for. */
const MEASURES = {
  cost: {
    title: "Cost",
    of: ({ cost }) => cost,
    format: (value) => `$${value.toFixed(value && value < 0.1 ? 4 : 2)}`,
    least: 0.001,
  },
  tokens: { title: "Tokens", of: ({ tokensIn, tokensOut }) => tokensIn + tokensOut, format: tokens },
  requests: {
    title: "Requests",
    of: ({ requests }) => requests,
    format: (value) => (Number.isInteger(value) ? figure(value) : ""),
  },
};

/** What the rows of the table can be about: the head of the first column. */
const GROUPS = { model: "Model", session: "Session", user: "Person", day: "Day" };

/** The last days until now, as the server counts them. */
const daysUntil = (now, number) =>
  Array.from({ length: number }, (_, place) =>
    new Date(now - (number - 1 - place) * DAY_MS).toISOString().slice(0, 10),
  );

export function View({ connection, caller, overview, open }) {
  const [days, setDays] = useState("30");
  const [userId, setUserId] = useState("");
  const [people, setPeople] = useState(new Map()); // their addresses by their ids
  const [now] = useState(() => Date.now());
  const maySeeAll = caller.may("user:read");
  useEffect(() => {
    if (maySeeAll) everybody(connection).then(setPeople, () => {}); // without it, ids are shown
  }, [connection]);
  const span = daysUntil(now, Number(days));
  const wanted = { since: span[0], ...(userId && { userId }) };
  const { found, failure, again } = useReport(connection, wanted, "day");
  const total = found?.total;
  return html`<section class="usage" aria-labelledby="usage">
    <header>
      <h2 id="usage" tabindex="-1">Usage of models</h2>
      <${Buttons} label="How far back" words=${RANGES} chosen=${days} onChoose=${setDays} />
    </header>
    ${
      maySeeAll
        ? html`<label class="whose">
            Whose${" "}
            <select value=${userId} onChange=${({ target }) => setUserId(target.value)}>
              <option value="">everybody’s</option>
              <option value=${caller.user.id}>mine</option>
              ${[...people]
                .filter(([id]) => id !== caller.user.id)
                .map(([id, email]) => html`<option key=${id} value=${id}>${email}</option>`)}
            </select>
          </label>`
        : html`<p class="quiet small">Of your sessions, whoever works in them, deleted ones included.</p>`
    }
    <${Failure} of=${failure} again=${again} />
    ${!found && !failure && html`<p class="quiet small" role="status">Loading …</p>`}
    ${
      total &&
      !isUsed(total) &&
      html`<${Empty} title="Nothing was used">
        No model was asked in this time.
      <//>`
    }
    ${
      total &&
      isUsed(total) &&
      html`<${Totals} of=${total} />
        <${Days} rows=${found.rows} span=${span} hasCost=${total.cost > 0} />
        <${Table} ...${{ connection, wanted, people, overview, open, maySeeAll }} />`
    }
  </section>`;
}

const isUsed = ({ requests, cost }) => requests > 0 || cost > 0; // external agents report costs only

/** All rows of a report and their total, the earlier ones until the next are there. */
function useReport(connection, wanted, group) {
  const [found, setFound] = useState(null);
  const [ask, { failure }] = useAsking();
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let isWanted = true;
    ask(async () => {
      const next = await reported(connection, { ...wanted, groupBy: [group] });
      if (isWanted) setFound({ ...next, group });
    });
    return () => {
      isWanted = false;
    };
  }, [connection, JSON.stringify(wanted), group, turn]);
  return { found, failure, again: () => setTurn(turn + 1) };
}

async function reported(connection, request) {
  const rows = [];
  for (;;) {
    const part = { limit: ROWS_OF_A_REQUEST, offset: rows.length };
    const { data, total, pagination } = await connection.call("usage.report", { ...request, ...part });
    rows.push(...data);
    const { hasMore } = pagination;
    if (!hasMore || !data.length || rows.length >= MOST_ROWS) return { rows, total, hasMore };
  }
}

const Buttons = ({ label, words, chosen, onChoose }) => html`<div
  class="ranges"
  role="group"
  aria-label=${label}
>
  ${Object.entries(words).map(
    ([name, word]) => html`<button
      type="button"
      key=${name}
      class="small"
      aria-pressed=${chosen === name}
      onClick=${() => onChoose(name)}
    >
      ${word}
    </button>`,
  )}
</div>`;

function Totals({ of: total }) {
  const { requests, unpricedRequests, tokensIn, tokensOut, cacheReads } = total;
  return html`<dl class="tiles">
    <${Tile} name="Cost" value=${costWords(total)}>
      ${
        unpricedRequests > 0 &&
        html`<span class="unpriced">
          The price of ${unpricedRequests === requests ? "the" : plural(figure(unpricedRequests), "request")}
          ${unpricedRequests === requests && " models"} is not known.
        </span>`
      }
    <//>
    <${Tile} name="Requests" value=${figure(requests)} />
    <${Tile} name="Tokens in" value=${tokens(tokensIn)}>
      ${cacheReads > 0 && `${tokens(cacheReads)} of them from caches`}
    <//>
    <${Tile} name="Tokens out" value=${tokens(tokensOut)} />
  </dl>`;
}

/** A cost in words: what is known of it, and whether that is all. */
function costWords({ cost, unpricedRequests }) {
  if (!unpricedRequests) return dollars(cost);
  return cost ? `${dollars(cost)} + ?` : "?";
}

function Days({ rows, span, hasCost }) {
  const [chosen, setChosen] = useState(null);
  const name = chosen ?? (hasCost ? "cost" : "tokens");
  const { title, of, format, least } = MEASURES[name];
  const found = new Map(rows.map((row) => [row.day, row]));
  const values = span.map((one) => (found.has(one) ? of(found.get(one)) : 0));
  const words = Object.fromEntries(Object.entries(MEASURES).map(([each, measure]) => [each, measure.title]));
  return html`<div class="days">
    <${Buttons} label="What the chart shows" words=${words} chosen=${name} onChoose=${setChosen} />
    <${Chart}
      key=${name}
      title=${`${title} of each day (UTC)`}
      times=${span.map((one) => Date.parse(one) / 1000)}
      lines=${[{ name: title, values }]}
      ...${{ format, least }}
      isDaily
    />
  </div>`;
}

function Table({ connection, wanted, people, overview, open, maySeeAll }) {
  const [group, setGroup] = useState("model");
  const [shown, setShown] = useState(SHOWN);
  const { found, failure, again } = useReport(connection, wanted, group);
  const { user: _, ...mine } = GROUPS;
  const choose = (next) => {
    setShown(SHOWN);
    setGroup(next);
  };
  const rows = found ? inOrder(found) : [];
  return html`<div>
    <${Buttons}
      label="A row for each"
      words=${maySeeAll ? GROUPS : mine}
      chosen=${group}
      onChoose=${choose}
    />
    <${Failure} of=${failure} again=${again} />
    ${
      found &&
      html`<div class="scrolled">
        <table>
          <caption class="hidden">Usage by ${GROUPS[found.group].toLowerCase()}</caption>
          <thead>
            <tr>
              <th scope="col">${GROUPS[found.group]}</th>
              <th scope="col">Requests</th>
              <th scope="col">Tokens in</th>
              <th scope="col" class="cached">From caches</th>
              <th scope="col">Out</th>
              <th scope="col">Cost</th>
            </tr>
          </thead>
          <tbody>
            ${rows.slice(0, shown).map(
              (row) => html`<tr key=${keyOf(row)}>
                <th scope="row"><${Name} ...${{ row, people, connection, overview, open }} /></th>
                <td>${figure(row.requests)}</td>
                <td>${tokens(row.tokensIn)}</td>
                <td class="cached">${tokens(row.cacheReads)}</td>
                <td>${tokens(row.tokensOut)}</td>
                <td class=${row.unpricedRequests ? "unpriced" : ""}>${costWords(row)}</td>
              </tr>`,
            )}
          </tbody>
        </table>
      </div>`
    }
    ${
      rows.length > shown &&
      html`<button type="button" class="more" onClick=${() => setShown(shown + SHOWN)}>
        Show more of ${figure(rows.length)}
      </button>`
    }
    ${
      found?.hasMore &&
      html`<p class="quiet small">There are more: these are some ${figure(rows.length)} of them.</p>`
    }
  </div>`;
}

const keyOf = (row) => row.day ?? row.sessionId ?? row.userId ?? `${row.provider}/${row.model}`;

/** Days as they come, else what has cost most first. */
function inOrder({ rows, group }) {
  if (group === "day") return rows;
  const size = ({ tokensIn, tokensOut }) => tokensIn + tokensOut;
  return rows.toSorted((one, other) => other.cost - one.cost || size(other) - size(one));
}

function Name({ row, people, connection, overview, open }) {
  if (row.day) return day.format(new Date(row.day));
  if (row.userId) return people.get(row.userId) ?? html`<code>${row.userId}</code>`;
  if (row.model !== undefined) return `${row.provider} · ${row.model}`;
  return html`<${Session} key=${row.sessionId} id=${row.sessionId} ...${{ connection, overview, open }} />`;
}

/** A session's name, and the way there if it still exists. */
function Session({ id, connection, overview, open }) {
  const known = overview.value.sessions?.find((session) => session.id === id);
  const [name, setName] = useState(known?.name);
  useEffect(() => {
    if (known) return;
    connection.call("session.get", { sessionId: id }).then(
      ({ session }) => setName(session.name),
      () => setName(""),
    );
  }, [id]);
  if (!name) return html`<code>${id}</code>${name === "" && html` <span class="quiet">(deleted)</span>`}`;
  return html`<${Link} href=${addressOf({ session: id })} onGo=${() => open(id)}>${name}<//>`;
}
