// A guest follows a shared session in three namespaces; then the share is taken back.
import { io } from "socket.io-client";
import { connect, extra, finish, key, once, url } from "./kit.mjs";

const [guestKey, guestId] = extra;
const asGuest = { token: guestKey };
const owner = await connect("/", { token: key });
const { session } = await owner.emitWithAck("session.create", { name: "Shared" });
const sessionId = session.id;
await owner.emitWithAck("session.share", { sessionId, user: guestId, access: "collaborator" });

const heard = [];
const listen = (socket) => socket.onAny((name, event) => heard.push([name, event]));
const everything = await connect("/", { ...asGuest, sessionId }, {}, listen);
const terminals = await connect("/terminals", { ...asGuest, sessionId }, {}, listen);
const extension = io(`${url}/extension`, {
  auth: { ...asGuest, sessionId },
  forceNew: true,
  reconnectionDelay: 10,
});
await once(extension, "connect");

const printed = once(terminals, "terminal.output");
const { terminal } = await everything.emitWithAck("terminal.open", { sessionId, command: "cat" });
await everything.emitWithAck("terminal.input", { terminalId: terminal.id, data: "hello\r" });
await printed;

const running = everything.emitWithAck("shell.exec", { sessionId, cmd: "sleep 600" });
const told = Promise.all([once(everything, "error"), once(terminals, "error")]);
const farewell = once(extension, "error");
const closed = once(extension, "disconnect");
const refusedAgain = once(extension, "connect_error");
await owner.emitWithAck("session.unshare", { sessionId, userId: guestId });

const errors = await told;
const before = heard.length;
await owner.emitWithAck("terminal.input", { sessionId, terminalId: terminal.id, data: "secret\r" });
await owner.emitWithAck("file.create", { sessionId, path: "secret.txt", content: "secret" });
const own = await everything.emitWithAck("session.create", { name: "Own" });
const followed = once(everything, "file.created");
await everything.emitWithAck("event.subscribe", { sessionId: own.session.id });
await everything.emitWithAck("file.create", { sessionId: own.session.id, path: "own.txt", content: "x" });

finish({
  told: errors.map((event) => event.error.code),
  running: (await running).error.code,
  after: heard.slice(before).map(([name, event]) => `${name} ${event.path ?? ""}`),
  own: (await followed).path,
  refused: (await everything.emitWithAck("session.get", { sessionId })).error.code,
  extension: {
    told: (await farewell).error.code,
    reason: await closed,
    refused: (await refusedAgain).data.error.code,
  },
});
