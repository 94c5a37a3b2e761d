// Every area once, against a real workspace.
import { client, finish, PLAYED, refused } from "./kit.mjs";

const roo = client();
const session = await roo.sessions.create({ name: "Surface", config: PLAYED });
const { id } = session;
const outcome = { workspace: Boolean(session.workspace.path) };

const made = await roo.files.create(id, "/src/grüße & more.txt", { content: "one\ntwo\n" });
const read = await roo.files.read(id, "src/grüße & more.txt");
await roo.files.update(id, "src/grüße & more.txt", { content: "three\n", ifMatch: read.etag });
const stale = roo.files.update(id, "src/grüße & more.txt", { content: "x", ifMatch: read.etag });
outcome.files = {
  name: made.name,
  read: read.content,
  stale: (await refused(stale)).code,
  listed: (await roo.files.list(id, { recursive: true })).files.map((file) => file.path),
  outside: await refused(roo.files.read(id, "../../tasks")),
  renamed: (await roo.files.rename(id, { path: "src/grüße & more.txt", to: "b.txt" })).path,
};
const bytes = new Uint8Array([0, 255, 10, 13]);
await roo.files.upload(id, "raw.bin", bytes);
const back = new Uint8Array(await (await roo.files.download(id, "raw.bin")).arrayBuffer());
const streamed = new Blob([bytes]).stream();
await roo.files.upload(id, "streamed.bin", streamed, { ifNoneMatch: "*" });
const part = await roo.files.download(id, "raw.bin", { headers: { Range: "bytes=1-2" } });
outcome.bytes = { back: [...back], part: [...new Uint8Array(await part.arrayBuffer())] };
const archive = await (await roo.workspace.download(id)).arrayBuffer();
outcome.archive = (await roo.workspace.upload(id, archive, { replace: true })).files;

const whole = await (await roo.sessions.export(id)).arrayBuffer();
const moved = await roo.sessions.import(whole, { name: "Moved" });
const copied = await roo.sessions.fork(moved.id, { name: "Copied" });
outcome.copies = [
  moved.name,
  copied.session.name,
  (await roo.files.read(copied.session.id, "b.txt")).content,
];

outcome.search = {
  text: (await roo.search.text(id, { pattern: "thr.e" })).matches.map((match) => match.path ?? match.file),
  files: (await roo.search.files(id, { pattern: "*.bin" })).matches.length,
};
outcome.tools = (await roo.tools.list()).length;
outcome.tool = (await roo.tools.execute(id, "read_file", { parameters: { path: "b.txt" } })).result.success;
outcome.shell = (await roo.shell.exec(id, { cmd: "echo hello" })).output.trim();
const started = await roo.processes.start(id, { command: "sleep 60" });
outcome.processes = (await roo.processes.list(id)).map((each) => each.pid === started.pid);
outcome.stopped = (await roo.processes.stop(id, started.pid)).status;
const terminal = await roo.terminals.open(id, { command: "cat" });
const stream = roo.events.follow(id);
await stream.ready();
await roo.terminals.input(id, terminal.id, { data: "typed\n" });
for await (const event of stream) {
  if (event.type === "terminal.output" && event.data.includes("typed")) break;
}
outcome.terminal = (await roo.terminals.close(id, terminal.id)).id === terminal.id;
const checkpoint = await roo.checkpoints.create(id, { reason: "before" });
await roo.files.delete(id, "b.txt");
await roo.checkpoints.restore(id, checkpoint.id);
outcome.restored = (await roo.files.read(id, "b.txt")).content;
outcome.modes = (await roo.modes.list(id)).modes.length > 0;
outcome.mcp = (await roo.mcp.list(id)).servers.length;
outcome.health = (await roo.monitoring.health()).status;
for await (const event of roo.monitoring.watch({ channels: ["resources"] })) {
  outcome.watched = event.type;
  break;
}
const events = ["task.completed"];
const webhook = await roo.webhooks.create({ url: "https://example.com/hook", events });
outcome.webhook = [webhook.secret.slice(0, 6), (await roo.webhooks.list()).length];
await roo.webhooks.delete(webhook.webhook.id);
const bot = await roo.keys.create({ name: "bot", scopes: ["read"] });
const limited = client({ apiKey: bot.secret });
outcome.denied = await refused(limited.sessions.create({ name: "no" }));
await roo.keys.revoke(bot.key.id);
outcome.revoked = await refused(limited.sessions.list());
outcome.missing = await refused(roo.sessions.get("session-none"));
outcome.invalid = await refused(roo.sessions.create({ name: 7 }));
outcome.reasons = [
  await roo.sessions.create({ name: 7, config: { mode: 3 } }).catch(String),
  await roo.sessions.create({ config: { provider: "nobody" } }).catch(String),
  await roo.sessions.get("session-none").catch(String),
];
outcome.raw = Object.keys(await roo.call("session.get", { sessionId: id }));
outcome.profile = (await roo.auth.profile()).user.email;
outcome.audit = (await roo.audit.list({ limit: 1 })).data.length;
outcome.deaf = await refused(roo.events.follow("session-none").next());
const following = roo.events.follow(id);
await following.ready();
await roo.sessions.delete(id);
let last;
for await (const event of following) last = event.type;
outcome.last = last;
finish(outcome);
