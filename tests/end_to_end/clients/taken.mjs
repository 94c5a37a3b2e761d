// One caller at every door, whose access is then taken back by a request; how each connection has ended.
// Arguments: the caller's credential, the session, the request ({method, path, body, credential}), and
// the namespaces.
import http from "node:http";
import { createRequire } from "node:module";
import { connect, extra, finish, url } from "./kit.mjs";

const { WebSocket } = createRequire(import.meta.url)("ws");
const [token, sessionId, request, namespaces] = [extra[0], extra[1], ...extra.slice(2).map(JSON.parse)];
const headers = { Authorization: `Bearer ${token}` };
const place = `${url}/api/v1/sessions/${sessionId}`;
const ended = {};
const endings = [];

// `open` is called with what to call with the way in which the connection has ended.
async function watch(name, open) {
  let told;
  endings.push(
    new Promise((resolve) => {
      told = (how) => {
        ended[name] ??= how;
        resolve();
      };
    }),
  );
  await open(told);
}

function socketIo(namespace, transport) {
  return async (told) => {
    let code = "not told";
    const options = { transports: [transport], reconnection: false };
    const socket = await connect(namespace, { token, sessionId }, options, (made) => {
      made.on("error", ({ error }) => {
        code = error.code;
      });
    });
    socket.on("disconnect", () => told(code));
  };
}

function raw(told) {
  const socket = new WebSocket(`${url.replace("http", "ws")}/ws/${sessionId}?token=${token}`);
  socket.onclose = ({ code }) => told(code);
  return new Promise((resolve) => {
    socket.onopen = resolve;
  });
}

// Reads no further than the beginning until everything else has ended.
const goOn = [];
function download(path) {
  return (told) =>
    new Promise((resolve) => {
      const asked = http.get(`${place}/${path}`, { headers }, (answer) => {
        answer.once("readable", () => {
          answer.read(1);
          goOn.push(() => answer.resume());
          resolve();
        });
        answer.on("close", () => told(answer.complete ? `whole, ${answer.statusCode}` : "broken off"));
        answer.on("error", () => {});
      });
      asked.on("error", () => told("broken off"));
    });
}

// The server says that it reads the body only when it has begun to handle the request; whether it then breaks
// the connection off or is still able to refuse is a matter of the moment.
async function upload(told) {
  const sent = http.request(`${place}/files/raw?path=endless`, {
    method: "PUT",
    headers: { ...headers, Expect: "100-continue" },
  });
  sent.on("error", () => told("broken off"));
  sent.on("close", () => told("broken off"));
  sent.on("response", ({ statusCode }) => told(statusCode >= 400 ? "broken off" : statusCode));
  sent.flushHeaders();
  await new Promise((resolve) => sent.once("continue", resolve));
  const writing = setInterval(() => sent.write("x"), 50);
  sent.on("close", () => clearInterval(writing));
}

for (const transport of ["websocket", "polling"])
  for (const namespace of namespaces)
    await watch(`${transport} ${namespace}`, socketIo(namespace, transport));
await watch("raw", raw);
await watch("download", download("files/raw?path=large"));
await watch("archive", download("archive?format=zip"));
await watch("upload", upload);
const answer = await fetch(url + request.path, {
  method: request.method,
  headers: { Authorization: `Bearer ${request.credential}`, "Content-Type": "application/json" },
  body: JSON.stringify(request.body),
});
if (!answer.ok) finish({ status: answer.status, ended: await answer.text() });
const sockets = endings.filter((_, index) => index !== endings.length - 2 && index !== endings.length - 3);
await Promise.all(sockets);
for (const each of goOn) each();
await Promise.all(endings);
const again = await fetch(`${url}/api/v1/auth/profile`, { headers });
finish({ status: answer.status, ended, again: again.status });
