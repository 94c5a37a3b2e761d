// A task completes, is told "now also this", is interrupted, corrected, and goes on.
import { connect, finish } from "./kit.mjs";

const told = [];
const waiting = [];
const socket = await connect("/", {}, {}, (made) =>
  made.onAny((type, event) => {
    if (event?.seq === undefined) return;
    told.push({ ...event, type });
    for (const look of [...waiting]) look();
  }),
);

// The first event after position `after` that is the one.
function until(isIt, after = 0) {
  return new Promise((resolve) => {
    const look = () => {
      const found = told.findIndex((event, position) => position >= after && isIt(event));
      if (found < 0) return;
      waiting.splice(waiting.indexOf(look), 1);
      resolve(told[found]);
    };
    waiting.push(look);
    look();
  });
}

async function call(operation, request) {
  const answer = await socket.emitWithAck(operation, request);
  if (answer.error) throw new Error(`${operation}: ${answer.error.code}: ${answer.error.message}`);
  return answer;
}

const said = [];
const config = { provider: "scripted", approvals: [{ decision: "always" }] };
const { session } = await call("session.create", { name: "A conversation", config });
const sessionId = session.id;
await call("event.subscribe", { sessionId, lastSeq: 0 });

async function completion(turn) {
  const end = await until((event) => event.type === "task.completed" && event.turn === turn);
  said.push(`completed, turn ${end.turn}: ${end.result.summary}`);
}

const { task } = await call("task.create", { sessionId, input: "several turns" });
const here = { sessionId, taskId: task.id };
await completion(1);

await call("task.message", { ...here, text: "now also this" });
const reopened = await until((event) => event.type === "task.reopened");
await until((event) => event.type === "tool.started" && event.seq > reopened.seq);
const { task: stopped } = await call("task.interrupt", here);
said.push(`interrupted by ${stopped.interruptedBy}`);
await call("task.message", { ...here, text: "that, rather" });
await completion(2);

await call("task.message", { ...here, text: "anything else?" });
await completion(3);
const { data } = await call("task.turns", here);
said.push(`turns: ${data.map(({ turn }) => turn).join(" ")}`);
finish({ said });
