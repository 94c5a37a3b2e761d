// A client follows a task event by event and approves what it is asked. S0, "WebSocket Events".
import { connect, extra, finish, once } from "./kit.mjs";

const [playbook, transport] = extra;
const options = transport ? { transports: [transport] } : {};
const first = await connect("/", {}, options);
const created = await first.emitWithAck("session.create", {
  name: "Followed by JavaScript",
  config: { provider: "scripted", model: playbook },
});
const sessionId = created.session.id;

const seen = [];
const watcher = await connect("/", { sessionId, lastSeq: 0 }, options, (socket) => {
  socket.onAny((type, data) => seen.push({ type, seq: data.seq, data }));
  socket.on("approval.required", (data) =>
    socket.emitWithAck("approval.respond", { approvalId: data.approvalId, action: "approve" }),
  );
});
const over = Promise.race([once(watcher, "task.completed"), once(watcher, "task.failed")]);
watcher.emit("task.create", { input: "test task" });
const last = await over;
const files = await watcher.emitWithAck("file.list", {});
finish({ sessionId, created, seen, last, files });
