// Each area has a namespace that carries its own operations and events, and no others.
import { connect, finish, once } from "./kit.mjs";

const root = await connect();
const { session } = await root.emitWithAck("session.create", { name: "Areas" });
const auth = { sessionId: session.id, lastSeq: 0 };
const seen = {};
const answers = {};
const calls = {
  "/sessions": "session.get",
  "/tasks": "task.list",
  "/tools": "tool.list",
  "/approvals": "approval.list",
  "/files": "file.list",
  "/monitoring": "system.health",
};
const sockets = {};
for (const [namespace, operation] of Object.entries(calls)) {
  seen[namespace] = [];
  const listen = (socket) => socket.onAny((type) => seen[namespace].push(type));
  const socket = await connect(namespace, auth, {}, listen);
  sockets[namespace] = socket;
  answers[namespace] = {
    own: await socket.emitWithAck(operation, {}),
    foreign: await socket.emitWithAck(namespace === "/tasks" ? "file.list" : "task.list", {}),
  };
}
const created = once(sockets["/files"], "file.created");
await root.emitWithAck("file.create", { sessionId: session.id, path: "/a.txt", content: "hello" });
await created;
finish({ seen, answers });
