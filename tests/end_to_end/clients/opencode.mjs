// S4's and S1's clients in Node, and the document's own lines of JavaScript, but for the address.
import { createRequire } from "node:module";
import vm from "node:vm";
import { extra, finish, key, url } from "./kit.mjs";
import { automate, listen } from "./opencode_client.mjs";

const { WebSocket } = createRequire(import.meta.url)("ws");
const [document] = extra;
const host = `localhost:${new URL(url).port}`;
const address = `ws://${host}/ws`;
const headers = { Authorization: `Bearer ${key}`, "Content-Type": "application/json" };
const post = (path, body) =>
  fetch(url + path, { method: "POST", headers, body: JSON.stringify(body) }).then((answer) => answer.json());

const said = [];
const first = await new Promise((handleMessage) => {
  const console = { log: (text) => said.push(text) };
  const lines = document.replaceAll("localhost:8080", host);
  vm.runInNewContext(lines, { WebSocket, handleMessage, console });
});
const seen = await automate(WebSocket, address);
const heard = await listen(WebSocket, address, "task.completed", async () => {
  const { session } = await post("/api/v1/sessions", { name: "Heard" });
  await post(`/api/v1/sessions/${session.id}/tasks`, { input: "survey" });
});
finish({ said, first, seen, heard });
