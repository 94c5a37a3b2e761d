// A client of S4, the OpenCode WebSocket API: `node opencode_client.mjs ws://127.0.0.1:3000/ws?token=…`.
// It starts two tasks of which one waits for the other, watches them and the machine, and reports.
// Browsers and Node 22 bring WebSocket with them; for Node 20, `npm install ws`.
const WebSocket = globalThis.WebSocket ?? (await import("ws")).WebSocket;
const ws = new WebSocket(process.argv[2]);
const send = (message) => ws.send(JSON.stringify(message));
const open = new Set(["survey", "program"]);

const handlers = {
  connection_established() {
    send({ type: "subscribe_to_updates", channels: ["task_status", "system_resources"] });
    const task = { type: "development", priority: "medium", dependencies: [] };
    send({ type: "start_task", task: { ...task, id: "survey", description: "Survey what is here" } });
    const after = { dependencies: ["survey"], description: "Write and run a program" };
    send({ type: "start_task", task: { ...task, ...after, id: "program" } });
  },
  resource_update({ data }) {
    if (data) console.log("resources:", Object.keys(data).join(" "));
  },
  task_status_update({ task_id, old_status, new_status }) {
    console.log(`${task_id}: ${old_status} → ${new_status}`);
    if (["completed", "failed", "cancelled"].includes(new_status)) open.delete(task_id);
    if (!open.size) send({ type: "list_tasks" });
  },
  task_list({ tasks }) {
    for (const { id, status } of tasks) console.log("listed:", id, status);
    ws.close();
  },
  error({ code, message }) {
    console.error(`${code}: ${message}`);
    process.exitCode = 1;
    ws.close();
  },
};

ws.onmessage = ({ data }) => {
  const message = JSON.parse(data);
  handlers[message.type]?.(message);
};
ws.onerror = () => {
  console.error("the connection failed");
  process.exitCode = 1;
};
