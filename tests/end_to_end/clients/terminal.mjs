// A terminal over Socket.IO: opened, typed into, left, come back to, closed.
import { connect, finish } from "./kit.mjs";

setTimeout(() => finish({ stuck: true, output, printed }), 60_000).unref();

const { session } = await (await connect("/")).emitWithAck("session.create", { name: "Terminal" });
const sessionId = session.id;
const printed = [];
let output = "";
let position = 0;

/** Follow the terminals of the session: what is printed after `position` is added to the output. */
async function follow() {
  const socket = await connect("/terminals", { sessionId }, {}, (made) =>
    made.on("terminal.output", (event) => {
      printed.push(event.position);
      if (event.position < position) return;
      output += event.data;
      position = event.position + event.data.length;
    }),
  );
  return socket;
}

async function shows(text) {
  while (!output.includes(text)) await new Promise((resolve) => setTimeout(resolve, 20));
}

let socket = await follow();
const { terminal } = await socket.emitWithAck("terminal.open", {
  sessionId,
  command: "PS1='$ ' exec bash --norc",
  columns: 100,
  rows: 30,
});
const place = { sessionId, terminalId: terminal.id };
await socket.emitWithAck("terminal.input", { ...place, data: "echo $((40 + 2)); stty size\r" });
await shows("30 100");
socket.disconnect();

const other = await connect("/", { sessionId });
await other.emitWithAck("terminal.input", { ...place, data: "echo while-away\r" });
let screen;
do screen = await other.emitWithAck("terminal.get", place);
while (screen.output.split("while-away").length < 3);
({ output, position } = screen);
socket = await follow();
await socket.emitWithAck("terminal.input", { ...place, data: "echo back-again\r" });
await shows("\rback-again");
const closed = new Promise((resolve) => socket.on("terminal.closed", resolve));
const answer = await socket.emitWithAck("terminal.input", { ...place, data: "exit 7\r" });
const { exitCode } = await closed;
const after = await socket.emitWithAck("terminal.input", { ...place, data: "x" });
finish({ output, printed, exitCode, answer, after });
