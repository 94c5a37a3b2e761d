// A plain WebSocket follows a session in S3's words, over a task given by REST.
import { createRequire } from "node:module";
import { extra, finish, key, url } from "./kit.mjs";

const { WebSocket } = createRequire(import.meta.url)("ws");
const [playbook, credential] = extra;
const headers = { Authorization: `Bearer ${key}`, "Content-Type": "application/json" };
const post = (path, body) =>
  fetch(url + path, { method: "POST", headers, body: JSON.stringify(body) }).then((answer) => answer.json());

const made = await post("/api/v1/sessions", {
  name: "Raw",
  config: { provider: "scripted", model: playbook },
});
const path = `/api/v1/sessions/${made.session.id}/tasks`;
const address = `${url.replace("http", "ws")}/ws/${made.session.id}`;
const socket =
  credential === "subprotocol"
    ? new WebSocket(address, [`bearer.${key}`])
    : new WebSocket(`${address}?token=${key}`);
const seen = [];
const over = new Promise((resolve) => {
  socket.onmessage = ({ data }) => {
    seen.push(JSON.parse(data));
    if (["task_completed", "error"].includes(seen.at(-1).type)) resolve();
  };
});
await new Promise((resolve, reject) => {
  socket.onopen = resolve;
  socket.onerror = ({ message }) => reject(new Error(message));
});
const { websocket } = await post(path, { input: "test task" });
await over;
finish({ seen, websocket, address });
