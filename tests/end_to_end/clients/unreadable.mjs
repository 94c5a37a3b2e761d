// A call whose content cannot be read, on a connection in two namespaces with a call under way.
import { connect, finish } from "./kit.mjs";

const root = await connect();
const tasks = root.io.socket("/tasks", { auth: root.auth });
await new Promise((resolve) => tasks.once("connect", resolve));
const before = root.emitWithAck("system.health", {});
const half = await root.emitWithAck("session.create", { name: "😀".slice(0, 1) });
const binary = await root.emitWithAck("session.create", { name: new Uint8Array([1, 2]) });
const after = await root.emitWithAck("system.health", {});
const other = await tasks.emitWithAck("task.list", { sessionId: "session-none" });
finish({
  before: (await before).status,
  half: half.error,
  binary: binary.error.code,
  after: after.status,
  other: other.error.code,
  connected: root.connected && tasks.connected,
});
