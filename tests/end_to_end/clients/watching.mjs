// What commands change, as a client that follows the session sees it: by a command line, a process, a tool.
import { connect, finish, once } from "./kit.mjs";

const seen = [];
setTimeout(() => finish({ stuck: true, seen }), 60_000).unref();

const { session } = await (await connect("/")).emitWithAck("session.create", { name: "Watching" });
const sessionId = session.id;
const socket = await connect("/", { sessionId }, {}, (made) =>
  made.onAny((type, event) => seen.push({ type, ...event })),
);

const shell = await socket.emitWithAck("shell.exec", { sessionId, cmd: "mkdir src && echo one > src/a.txt" });
const changed = await socket.emitWithAck("shell.exec", {
  sessionId,
  cmd: "echo two >> src/a.txt; sleep 0.2; rm -r src",
});
const ended = once(socket, "process.ended");
const started = await socket.emitWithAck("process.start", { sessionId, command: "echo three > b.txt" });
await ended;
const tool = await socket.emitWithAck("tool.execute", {
  sessionId,
  toolName: "execute_command",
  parameters: { command: "for i in $(seq 1000); do echo > f$i; done" },
});
finish({ seen, shell, changed, started, tool });
