// All sessions over a connection that is cut off again and again, to a reader that is slow at first.
import { client, extra, finish, pause, proxy } from "./kit.mjs";

/** Of each session so many events come without a pause, of both together more than wait for a slow reader. */
const [cuts, mostWaiting, atOnce] = extra.map(Number);
const direct = client();
const between = await proxy();
const sessions = await Promise.all(["One", "Two"].map((name) => direct.sessions.create({ name })));
const through = client({ baseURL: between.url, mostWaiting });
const first = through.events.all({ cursor: "0", scope: "mine" });
const seen = [];
let made = 0;
let produced = 0;
/** Whether more events wait for the reader than it keeps. */
let hasEnough;
const enough = new Promise((resolve) => {
  hasEnough = resolve;
});
let isOver = false;
/** How many events there are at most between two late cuts, however long the client waits before it comes back. */
const BETWEEN_CUTS = 30;
let sinceCut = 0;

async function produce({ id }) {
  for (let number = 0; !isOver || number < atOnce; number++) {
    while (number >= atOnce && sinceCut >= BETWEEN_CUTS && !isOver) await pause(10);
    sinceCut += 1;
    if (++produced === mostWaiting + 150) hasEnough();
    await direct.sessions.update(id, { name: `Name ${number}` });
    if (number > atOnce) await pause(5);
  }
}

async function cut() {
  while (made < cuts) {
    await pause(Math.random() * 40);
    if (between.cut() === 0) continue;
    made += 1;
    sinceCut = 0;
  }
  isOver = true;
}

const working = Promise.all([cut(), ...sessions.map(produce)]).then(() =>
  Promise.all(sessions.map(({ id }) => direct.sessions.update(id, { name: "The last" }))),
);
const note = ({ sessionId, seq, cursor }) => {
  if (cursor) seen.push([sessionId, seq, cursor]);
};

for await (const event of first) {
  note(event);
  if (seen.length >= 50) break;
}
const last = new Set(sessions.map(({ id }) => id));
for await (const event of through.events.all({ cursor: first.cursor, scope: "mine" })) {
  note(event);
  if (event.type === "session.updated" && event.session.name === "The last") last.delete(event.sessionId);
  if (last.size === 0) break;
  if (seen.length === 60) await enough;
}
await working;
finish({ cuts: made, seen, sessions: sessions.map(({ id }) => id) });
