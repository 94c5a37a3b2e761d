// A reader that is slower than the events, two that share a connection, and one that comes back with a cursor.
import { client, extra, finish } from "./kit.mjs";

const [events, mostWaiting] = extra.map(Number);
const refused = [0, Number.NaN].map((wrong) => {
  try {
    return client({ mostWaiting: wrong });
  } catch (error) {
    return String(error);
  }
});
const roo = client({ mostWaiting });
const session = await roo.sessions.create({ name: "Slow" });
const slow = roo.events.follow(session.id, { lastSeq: 0 });
await slow.ready();
const producing = (async () => {
  let left = events;
  const one = async () => {
    while (left-- > 0) await roo.sessions.update(session.id, { name: `Name ${left}` });
  };
  await Promise.all(Array.from({ length: 16 }, one));
})();
await producing;
const { pagination } = await roo.events.list(session.id, { limit: 1 });

async function read(stream, until) {
  const seen = [];
  for await (const event of stream) {
    seen.push(event.seq);
    if (event.seq >= until) break;
  }
  return seen;
}

const middle = Math.floor(pagination.head / 2);
const [all, half] = await Promise.all([
  read(slow, pagination.head),
  read(roo.events.follow(session.id, { lastSeq: middle }), pagination.head),
]);
finish({ head: pagination.head, all, middle, half, refused });
