// Follows all sessions on one socket, and answers what waits from the inbox; a guest sees what is shared.
import { connect, extra, finish, key } from "./kit.mjs";

const [guestKey, guestId] = extra;
const heard = [];
const socket = await connect("/", { token: key }, {}, (made) =>
  made.onAny((name, event) => heard.push([event.sessionId, name, event.seq])),
);
const guest = await connect("/", { token: guestKey });
const types = ["session.*", "task.*", "approval.*"];
const following = await socket.emitWithAck("event.follow", { types });

async function heardOf(name, sessionId) {
  while (!heard.some(([where, what]) => what === name && where === sessionId))
    await new Promise((again) => setTimeout(again, 20));
}

const config = { provider: "scripted", model: "asks" };
const start = async (name) => {
  const { session } = await socket.emitWithAck("session.create", { name, config });
  await socket.emitWithAck("task.create", { sessionId: session.id, input: `asks, ${name}` });
  await heardOf("task.interactive", session.id);
  return session.id;
};
const first = await start("First");
const second = await start("Second");
const inbox = async (from = socket, request = {}) => (await from.emitWithAck("inbox.list", request)).data;

const questions = await inbox();
await socket.emitWithAck("session.share", { sessionId: first, user: guestId, access: "watcher" });
const watching = await inbox(guest);
await socket.emitWithAck("session.share", { sessionId: first, user: guestId, access: "collaborator" });
const helping = await inbox(guest);
const { taskId } = questions.find((entry) => entry.sessionId === first);
await guest.emitWithAck("task.message", { sessionId: first, taskId, text: "red" });
await heardOf("approval.required", first);
const asked = await inbox();
const { approval } = asked.find((entry) => entry.kind === "approval");
await socket.emitWithAck("approval.respond", {
  sessionId: first,
  approvalId: approval.id,
  action: "approve",
});
await heardOf("task.completed", first);
const left = await inbox(socket, { scope: "mine" });

await socket.emitWithAck("event.unfollow", {});
const before = heard.length;
await socket.emitWithAck("session.update", { sessionId: second, name: "Renamed" });
const unfollowed = heard.length - before;

const log = await socket.emitWithAck("event.list", { sessionId: first, limit: 500 });
finish({
  following,
  first,
  second,
  questions,
  watching,
  helping,
  asked,
  left,
  shared: await inbox(socket, { scope: "shared" }),
  unfollowed,
  heard: heard.filter(([where, , seq]) => where === first && seq).map(([, name, seq]) => [name, seq]),
  log: log.data.filter(({ type }) => types.some((each) => type.startsWith(each.slice(0, -1)))),
});
