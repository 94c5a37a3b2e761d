// A stream whose connection is cut off again and again while events pass.
import { client, extra, finish, pause, proxy } from "./kit.mjs";

const cuts = Number(extra[0]);
const direct = client();
const between = await proxy();
const session = await direct.sessions.create({ name: "Cut off" });
const changes = [];
const stream = client({ baseURL: between.url, onConnection: (change) => changes.push(change) }).events.follow(
  session.id,
  { lastSeq: 0 },
);
const seen = [];
let made = 0;
let isOver = false;
/** How many events there are at most between two cuts, however long the client waits before it comes back. */
const BETWEEN_CUTS = 30;
let sinceCut = 0;
let last = Number.POSITIVE_INFINITY;

async function produce() {
  for (let number = 0; !isOver; number++) {
    while (sinceCut >= BETWEEN_CUTS && !isOver) await pause(10);
    sinceCut += 1;
    await direct.sessions.update(session.id, { name: `Name ${number}` });
    await pause(5);
  }
}

// Of four cuts three wait until something has come: after one in the handshake the client waits ever longer.
async function cut() {
  let before = 0;
  while (made < cuts) {
    while (made % 4 > 0 && seen.length === before) await pause(5);
    await pause(Math.random() * 40);
    if (between.cut() === 0) continue;
    made += 1;
    sinceCut = 0;
    before = seen.length;
  }
  isOver = true;
}

const working = Promise.all([cut(), produce(), produce()]).then(async () => {
  const { pagination } = await direct.events.list(session.id, { limit: 1 });
  last = pagination.head + 1;
  await direct.sessions.update(session.id, { name: "The last" });
});
for await (const event of stream) {
  seen.push(event.seq);
  if (event.seq >= last) break;
}
await working;
finish({ cuts: made, changes, seen, last, lastSeq: stream.lastSeq });
