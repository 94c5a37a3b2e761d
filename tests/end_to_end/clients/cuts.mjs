// A client that is cut off again and again while events pass returns with `lastSeq` and misses nothing.
import { connect, extra, finish } from "./kit.mjs";

const events = Number(extra[0]);
const cuts = Number(extra[1]);
const driver = await connect();
const { session } = await driver.emitWithAck("session.create", { name: "Cut off" });
const sessionId = session.id;
const first = 1; // session.created
const last = first + events;
const seen = [];

async function produce() {
  let left = events;
  const one = async () => {
    while (left-- > 0) {
      await driver.emitWithAck("session.update", { sessionId, name: `Name ${left}` });
    }
  };
  await Promise.all(Array.from({ length: 16 }, one));
}

function visit(patience) {
  const lastSeq = seen.length ? seen[seen.length - 1] : first;
  return new Promise((resolve, reject) => {
    const listen = (socket) => {
      const leave = () => {
        socket.offAny();
        socket.io.engine.close();
        resolve();
      };
      socket.onAny((_type, data) => {
        if (data.seq === undefined) return;
        seen.push(data.seq);
        if (seen.length >= events) leave();
      });
      socket.once("connect", () => setTimeout(leave, patience));
    };
    const options = { transports: ["websocket"], reconnection: false };
    connect("/", { sessionId, lastSeq }, options, listen).catch(reject);
  });
}

const producing = produce();
let visits = 0;
while (seen.length < events) {
  visits += 1;
  await visit(visits <= cuts ? Math.random() * 60 : 60000);
}
await producing;
finish({ visits, seen, first, last });
