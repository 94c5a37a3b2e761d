// A bot that answers the approvals of all sessions: one that waits already, and those that come up.
import { client, extra, finish, PLAYED } from "./kit.mjs";

const roo = client();
const cuttable = extra[0];
const asked = [];
const session = await roo.sessions.create({ name: "Bot", config: PLAYED });
const first = await roo.tasks.create(session.id, { input: "waits already" });
for await (const event of first) if (event.type === "approval.required") break;
const bot = roo.approvals.handle((approval) => {
  asked.push([approval.sessionId === session.id, approval.toolName, approval.id]);
  return "approve";
});
const ended = await first.wait();
const second = await roo.tasks.create(session.id, { input: "comes up" });
const then = await second.wait();
await bot.close();
const failing = roo.approvals.handle(() => {
  throw new TypeError("undecided");
});
await roo.tasks.create(session.id, { input: "nobody answers" });
const failure = await failing.done.catch((error) => error.message);
finish({ asked, statuses: [ended.status, then.status], failure, cuttable });
