// Two clients whose token expires: one gives a new one, the other comes back with a new one by itself.
import { io } from "socket.io-client";
import { connect, extra, finish, once, url } from "./kit.mjs";

const [sessionId, email, password] = extra;

async function login() {
  const answer = await fetch(`${url}/api/v1/auth/login`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ email, password }),
  });
  return (await answer.json()).tokens.accessToken;
}

async function renewing() {
  const socket = await connect("/", { token: await login(), sessionId });
  const told = await once(socket, "error");
  const refused = await socket.emitWithAck("session.list", {});
  const renewed = await socket.emitWithAck("auth.renew", { token: await login() });
  const created = once(socket, "file.created");
  await socket.emitWithAck("file.create", { sessionId, path: "renewed.txt", content: "x" });
  const outcome = {
    told: told.error.code,
    refused: refused.error.code,
    renewed: "expiresAt" in renewed,
    path: (await created).path,
    connected: socket.connected,
  };
  socket.close();
  return outcome;
}

async function returning() {
  const auth = (give) => login().then((token) => give({ token }));
  const socket = io(url, { auth, forceNew: true, reconnectionDelay: 10 });
  await once(socket, "connect");
  const reason = await once(socket, "disconnect");
  await once(socket, "connect");
  const health = await socket.emitWithAck("system.health", {});
  socket.close();
  return { reason, health: health.status };
}

const [renewed, returned] = await Promise.all([renewing(), returning()]);
finish({ renewed, returned });
