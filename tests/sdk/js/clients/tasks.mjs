// A task with callbacks, waited for and iterated; what can be said to it; and its end.
import { client, PLAYED, refused } from "./kit.mjs";

const roo = client();
const session = await roo.sessions.create({ name: "Tasks", config: PLAYED });
const told = { progress: [], approvals: [], completed: null, failed: null, types: [] };
const task = await roo.tasks.create(session.id, {
  input: "write and run",
  onProgress: (progress, event) => told.progress.push([progress, event.step]),
  onApproval: async (approval) => {
    told.approvals.push(approval.toolName);
    return { action: "approve", feedback: "go on" };
  },
  onComplete: (result) => {
    told.completed = result;
  },
});
const iterated = [];
for await (const event of task) {
  if (event.seq) iterated.push(event.seq);
  told.types.push(event.type);
}
const ended = await task.wait();
await task.message("And once more, please");
const further = await task.wait();
const again = await (await roo.tasks.get(session.id, task.id)).wait({ timeoutMs: 60_000 });

await roo.sessions.update(session.id, { config: { model: "no-such-playbook" } });
const failing = await roo.tasks.create(session.id, {
  input: "this cannot work",
  onFail: (error) => {
    told.failed = error.code;
  },
});
const failed = await failing.wait();
await failing.retry();
const retried = await failing.wait();

await roo.sessions.update(session.id, { config: PLAYED });
const waiting = await roo.tasks.create(session.id, { input: "waits for somebody" });
const impatient = await refused(waiting.wait({ timeoutMs: 1000 }));
const controller = new AbortController();
const given = waiting.wait({ signal: controller.signal });
controller.abort(new Error("no more"));
const aborted = await refused(given);
await waiting.message("Do something else");
const cancelled = await waiting.cancel();
const left = await waiting.wait();

const broken = await roo.tasks.create(session.id, {
  input: "a callback fails",
  onEvent: () => {
    throw new TypeError("mine");
  },
  onError: (error) => {
    told.own = error.message;
  },
});
await broken.cancel().catch(() => {});
await broken.wait();
const page = await roo.tasks.list(session.id, { limit: 2 });
const all = [];
for await (const each of roo.tasks.list(session.id, { limit: 2 })) all.push(each.id);
process.stdout.write(
  JSON.stringify({
    told,
    iterated,
    id: task.id,
    isPlain: JSON.parse(JSON.stringify(task)).id === task.id,
    statuses: [ended, again, failed, retried, cancelled, left].map((each) => each.status),
    retryCount: retried.retryCount,
    turn: further.turn,
    impatient,
    aborted,
    page: [page.data.length, page.pagination.total],
    all,
  }),
);
// It ends by itself: nothing holds it open.
