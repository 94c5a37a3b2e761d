// S2's API over a connection that is cut off again and again, beside a client that is not.
import { io } from "socket.io-client";
import { client, extra, finish, key, PLAYED, pause, proxy, RooCodeAPI, url } from "./kit.mjs";

const cuts = Number(extra[0]);
const direct = client();
const between = await proxy();
const session = await direct.sessions.create({ name: "Extension", config: PLAYED });
const auth = { token: key, sessionId: session.id, lastSeq: 0 };
const witness = io(`${url}/extension`, { auth, transports: ["websocket"] });
const api = new RooCodeAPI({ apiKey: key, baseURL: between.url, sessionId: session.id, lastSeq: 0 });
const names = [
  ...["taskCreated", "taskStarted", "taskCompleted", "taskAborted", "taskFocused", "taskUnfocused"],
  ...["taskActive", "taskInteractive", "taskIdle", "taskAskResponded", "taskTokenUsageUpdated", "message"],
];
const seen = [];
const witnessed = [];
// A message that is being written comes in pieces that are not sent again: only what is complete is compared.
const told = (list) => (name, given) => {
  if (name === "message") {
    const { taskId, message } = given[0];
    if (!message.partial) list.push([name, taskId, message.ts, message.text]);
  } else if (names.includes(name)) {
    list.push([name, given[0]]);
  }
};
for (const name of names) api.on(name, (...given) => told(seen)(name, given));
witness.onAny((name, ...given) => told(witnessed)(name, given));
let made = 0;
let completed = 0;
let isOver = false;
/** Whether a task was begun since the last cut: the client waits ever longer before it comes back. */
let isWorked = false;

async function work() {
  while (!isOver) {
    if (isWorked) {
      await pause(10);
      continue;
    }
    isWorked = true;
    const onApproval = () => "approve";
    const task = await direct.tasks.create(session.id, { input: "write and run", onApproval });
    await task.wait();
    completed += 1;
  }
}

async function cut() {
  while (made < cuts || completed < 2) {
    await pause(Math.random() * 60);
    if (between.cut() === 0) continue;
    made += 1;
    isWorked = false;
  }
  isOver = true;
}

await Promise.all([cut(), work()]);
while (witnessed.filter(([name]) => name === "taskIdle").length < completed) {
  await new Promise((resolve) => witness.once("taskIdle", resolve));
}
await api.isReady();
while (seen.length < witnessed.length) await new Promise((resolve) => api.once("message", resolve));
finish({ cuts: made, completed, seen, witnessed });
