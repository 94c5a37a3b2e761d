// The audit log: who did what, and whether its chain holds.
import { html, useEffect, useState } from "../../vendor/htm/preact.js";
import { Choice, Field, Form, mistake, Secret } from "../forms.js";
import { More, usePages } from "../pages.js";
import { dayOf, Empty } from "../parts.js";
import { everybody } from "./everybody.js";

const PAGE = 50;
const RESULTS = {
  "": "any",
  PERMISSION_DENIED: "refused: not permitted",
  AUTHENTICATION_FAILED: "refused: not known",
  VALIDATION_ERROR: "malformed",
  RATE_LIMIT_EXCEEDED: "too many",
  RESOURCE_NOT_FOUND: "not found",
  RESOURCE_CONFLICT: "conflict",
  INTERNAL_ERROR: "failed",
};

export function Audit({ connection }) {
  const [people, setPeople] = useState(null); // their addresses by their ids
  const [filter, setFilter] = useState({});
  useEffect(() => void everybody(connection).then(setPeople, () => setPeople(new Map())), [connection]);
  const pages = usePages(
    async (offset) => {
      const { data, pagination } = await connection.call("audit.list", { ...filter, limit: PAGE, offset });
      return { items: data, hasMore: pagination.hasMore };
    },
    [connection, filter],
    (entry) => entry.number,
  );
  return html`
    <section aria-labelledby="audit">
      <h2 id="audit">Audit log</h2>
      <${Verification} connection=${connection} />
      <${Filter} people=${people} onFilter=${setFilter} />
      ${
        pages.items?.length === 0 &&
        html`<${Empty} title="No entry fits">
          ${Object.keys(filter).length ? "Ask for less at once." : "What somebody changes becomes an entry."}
        <//>`
      }
      <ol class="entries">
        ${(pages.items ?? []).map(
          (entry) => html`<${Entry} key=${entry.number} entry=${entry} people=${people} />`,
        )}
      </ol>
      <${More} of=${pages} />
    </section>
  `;
}

function Filter({ people, onFilter }) {
  const filter = async (given) => {
    const person = given.get("userId").trim();
    const known = [...(people ?? [])].find(([id, email]) => id === person || email === person);
    if (person && !known) throw mistake("userId", "Nobody here has this e-mail address.");
    const wanted = {
      userId: known?.[0],
      operation: given.get("operation").trim(),
      sessionId: given.get("sessionId").trim(),
      code: given.get("code"),
      since: momentOf(given.get("since")),
      until: momentOf(given.get("until")),
    };
    onFilter(Object.fromEntries(Object.entries(wanted).filter(([, content]) => content)));
  };
  return html`<${Form} word="Show" onSend=${filter}>
    <div class="filters">
      <${Field} label="Who" name="userId" list="everybody" placeholder="anybody" autocomplete="off" />
      <${Field} label="Operation" name="operation" placeholder="any, as in user.update" />
      <${Field} label="Session" name="sessionId" placeholder="any, by its id" />
      <${Choice} label="Result" name="code" options=${RESULTS} chosen="" />
      <${Field} label="Since" name="since" type="datetime-local" />
      <${Field} label="Until" name="until" type="datetime-local" />
    </div>
    <datalist id="everybody">
      ${[...(people?.values() ?? [])].map((email) => html`<option value=${email} />`)}
    </datalist>
  <//>`;
}

const momentOf = (local) => local && new Date(local).toISOString();

function Entry({ entry, people }) {
  const { number, at, userId, operation, status, code } = entry;
  const who = userId ? (people?.get(userId) ?? userId) : (entry.subject.email ?? "");
  return html`<li>
    <details>
      <summary>
        <span class="seq">${number}</span>
        <span class="badge ${status < 400 ? "completed" : "failed"}">${status}</span>
        <code>${operation}</code> <span class="who">${who}</span>${" "}
        <time class="quiet small">${dayOf(at)}</time>
      </summary>
      <dl>
        ${code && html`<${Fact} name="Error" of=${code} />`}
        ${Object.entries(entry.subject).map(([name, of]) => html`<${Fact} key=${name} ...${{ name, of }} />`)}
        <${Fact} name="From" of=${`${entry.address || "this machine"}, ${entry.door}`} />
        <${Fact} name="By" of=${`${entry.credential} ${entry.credentialId}`} />
        <${Fact} name="Call" of=${entry.requestId} />
        <${Fact} name="Hash" of=${entry.hash} />
      </dl>
    </details>
  </li>`;
}

const Fact = ({ name, of }) => html`<div><dt>${name}</dt><dd>${of}</dd></div>`;

/** Following the chain, with the head of an earlier time or without. */
function Verification({ connection }) {
  const [result, setResult] = useState(null);
  const verify = async (given) => {
    setResult(null);
    const head = given.get("head").trim();
    setResult(await connection.call("audit.verify", head ? { head } : {}));
  };
  return html`<details class="verification">
    <summary>Verify the log</summary>
    <p class="quiet small">
      Each entry holds the hash of the one before: what was changed or removed is found.
    </p>
    <${Form} word="Verify" onSend=${verify}>
      <${Field}
        label="Head of an earlier verification"
        name="head"
        class="mono"
        minlength="64"
        maxlength="64"
        autocomplete="off"
        hint="Optional: kept in another place, it shows that nothing before it was made anew."
      />
    <//>
    <div role="status">
      ${
        result &&
        (result.brokenAt == null
          ? html`<p class="notice good">
              ${result.entries === 1 ? "The one entry fits" : `All ${result.entries} entries fit`}: nothing
              was changed, removed or put in.
            </p>`
          : html`<p class="notice bad">
              From entry ${result.brokenAt} on the log does not hold: ${result.reason}
            </p>`)
      }
    </div>
    ${
      result?.brokenAt == null &&
      result &&
      html`<${Secret} key=${result.head} label="Head" value=${result.head}>
        Keep it in another place, and give it to a later verification.
      <//>`
    }
  </details>`;
}
