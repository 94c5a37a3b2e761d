// Calls of a person until some are refused: in `/`, in an area, and in the dialect of S2.
import { connect, extra, finish } from "./kit.mjs";

const [token] = extra;
const socket = await connect("/", { token });
const { session } = await socket.emitWithAck("session.create", { name: "Limits" });
const auth = { token, sessionId: session.id };
const inRoot = [];
for (let calls = 0; calls < 4; calls += 1)
  inRoot.push(await socket.emitWithAck("file.list", { sessionId: session.id, path: "/" }));
const files = await connect("/files", auth);
const inArea = await files.emitWithAck("file.list", {});
const light = await socket.emitWithAck("system.health", {});
const extension = await connect("/extension", auth);
const inDialect = [];
for (let calls = 0; calls < 3; calls += 1)
  inDialect.push(await extension.emitWithAck("startNewTask", { text: "Survey the workspace" }));
finish({ inRoot, inArea, light, inDialect, sessionId: session.id });
