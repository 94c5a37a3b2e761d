// Readers of a log whose first events have been removed: from the beginning, from before and from behind it.
import { client, extra, finish } from "./kit.mjs";

const [sessionId, ...cursors] = extra;
const roo = client();
const { pagination } = await roo.events.list(sessionId, { limit: 1 });

async function read(lastSeq) {
  const told = [];
  for await (const event of roo.events.follow(sessionId, { lastSeq })) {
    told.push(event.seq ?? [event.type, event.first]);
    if (event.seq >= pagination.head) break;
  }
  return told;
}

const alone = [];
for (const cursor of cursors) alone.push(await read(Number(cursor)));
finish({ first: pagination.first, head: pagination.head, alone });
