// S3's JavaScript example, but for the port, and for a token where there is one. Source: S3, "Example Usage".
// A browser brings WebSocket with it; Node of this age does not.
import { createRequire } from "node:module";
import { extra, finish, key, url } from "./kit.mjs";

const WebSocket = createRequire(import.meta.url)("ws");
const host = `localhost:${new URL(url).port}`;
const isOpen = extra[0] === "open";
const first = extra[1];
const given = "Add props to the React component";
const authorization = isOpen ? {} : { Authorization: `Bearer ${key}` };
const token = isOpen ? "" : `?token=${key}`;

let output = "";
const seen = [];
const appendToOutput = (content) => (output += content);

// Create a new session
const response = await fetch(`http://${host}/api/sessions`, {
  method: "POST",
  headers: { "Content-Type": "application/json", ...authorization },
  body: JSON.stringify({ task: first }),
});
const session = await response.json();

// Connect to WebSocket
const ws = new WebSocket(`ws://${host}/ws/${session.session_id}${token}`);

const completed = new Promise((resolve) => {
  ws.onmessage = (event) => {
    const data = JSON.parse(event.data);
    seen.push(data);

    if (data.type === "text_delta") {
      // Stream agent output to UI
      appendToOutput(data.content);
    }
    if (data.type === "task_completed") resolve();
  };
});

// Execute a task
await fetch(`http://${host}/api/sessions/${session.session_id}/tasks`, {
  method: "POST",
  headers: { "Content-Type": "application/json", ...authorization },
  body: JSON.stringify({ task: given }),
});
await completed;
ws.close();
finish({ session, seen, output, given });
