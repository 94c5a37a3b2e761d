// S0's connection example: a token and a session in `auth`, and a listener for each of its events.
import { io } from "socket.io-client";
import { connect, finish, key, once, url } from "./kit.mjs";

const EVENTS = [
  "task.started",
  "task.progress",
  "task.completed",
  "task.failed",
  "tool.started",
  "tool.completed",
  "approval.required",
  "file.created",
  "file.modified",
];
const root = await connect();
const config = { provider: "scripted", model: "write-and-run" };
const { session } = await root.emitWithAck("session.create", { name: "S0", config });
const socket = io(url, { auth: { token: key, sessionId: session.id } });
const seen = {};
for (const event of EVENTS) {
  socket.on(event, (data) => {
    seen[event] ??= [];
    seen[event].push(data);
  });
}
socket.on("approval.required", (data) =>
  socket.emitWithAck("approval.respond", { approvalId: data.approvalId, action: "approve" }),
);
await once(socket, "connect");
socket.emit("task.create", { input: "write and run" });
await once(socket, "task.completed");
await root.emitWithAck("session.update", { sessionId: session.id, config: { model: "no-such-playbook" } });
const over = once(socket, "task.failed");
socket.emit("task.create", { input: "this cannot work" });
finish({ seen, failed: await over });
