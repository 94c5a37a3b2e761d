// A workspace from a git repository: the answer, what is told of it, and a file that came.
import { argv } from "node:process";
import { connect, finish, once } from "./kit.mjs";

const [sessionId, url] = argv.slice(-2);
const seen = [];
const steps = [];
setTimeout(() => finish({ stuck: true, seen }), 60_000).unref();

const socket = await connect("/", { sessionId });
const imported = once(socket, "workspace.imported");
socket.on("workspace.cloning", (step) => steps.push(step));
const answer = await socket.emitWithAck("workspace.clone", { sessionId, url, depth: 1 });
seen.push(await imported);
const { content } = await socket.emitWithAck("file.read", { sessionId, path: "README.md" });
finish({ answer, seen, steps, content });
