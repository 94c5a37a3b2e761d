// Creates whose answers are lost: each is made once, though the call is repeated.
import net from "node:net";
import { client, finish, url } from "./kit.mjs";

const { hostname, port } = new URL(url);
let lost = 0;
// Passes requests on, and breaks off instead of passing on every other answer.
const server = net.createServer((near) => {
  const far = net.connect(Number(port), hostname);
  near.pipe(far);
  far.on("data", (piece) => {
    if (lost % 2 === 0) {
      lost += 1;
      near.resetAndDestroy();
      far.destroy();
    } else {
      lost += 1;
      near.write(piece);
    }
  });
  near.on("error", () => far.destroy());
  far.on("error", () => near.destroy());
  near.on("close", () => far.destroy());
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const roo = client({ baseURL: `http://127.0.0.1:${server.address().port}` });
const direct = client();
const session = await roo.sessions.create({ name: "Made once" });
const started = await roo.processes.start(session.id, { command: "sleep 60" });
const own = { idempotencyKey: 'a-"key"-of-mine' };
const keyed = await direct.sessions.create({ name: "With a key of one's own" }, own);
const again = await direct.sessions.create({ name: "With a key of one's own" }, own);
const named = [];
for await (const each of direct.sessions.list({ limit: 50 })) named.push(each.name);
const processes = await direct.processes.list(session.id);
finish({
  lost,
  sessions: named.filter((name) => name === "Made once").length,
  processes: processes.map((each) => each.pid === started.pid),
  isSame: keyed.id === again.id,
});
