// A client written from S4's document alone: it starts a task, watches it, asks for everything, and waits for
// the end of each. `WebSocket` is the browser's, or Node's package of the same interface.
export function automate(WebSocket, address) {
  const seen = [];
  const waiting = [];
  const ws = new WebSocket(address);
  const send = (message) => ws.send(JSON.stringify(message));
  const until = (holds) =>
    new Promise((resolve) => {
      const found = seen.find(holds);
      if (found) resolve(found);
      else waiting.push({ holds, resolve });
    });
  const handleMessage = (data) => {
    seen.push(data);
    for (const each of [...waiting]) {
      if (each.holds(data)) {
        waiting.splice(waiting.indexOf(each), 1);
        each.resolve(data);
      }
    }
  };
  const told = (type) => until((data) => data.type === type);
  const asked = (message, type) => {
    send(message);
    return told(type);
  };
  ws.onmessage = (event) => handleMessage(JSON.parse(event.data));

  return new Promise((resolve, reject) => {
    ws.onerror = () => reject(new Error("the connection failed"));
    ws.onclose = ({ code }) => reject(new Error(`the connection was closed: ${code}`));
    ws.onopen = async () => {
      await asked({ type: "ping", timestamp: Date.now() }, "pong");
      await asked(
        {
          type: "subscribe_to_updates",
          channels: ["system_resources", "task_status"],
          filters: { task_status: { task_ids: ["task_1", "task_2"] } },
        },
        "subscription_confirmed",
      );
      for (const [id, dependencies] of [
        ["task_1", []],
        ["task_2", ["task_1"]],
      ]) {
        const task = { id, type: "testing", priority: "high", description: "survey", dependencies };
        await asked({ type: "start_task", task }, "task_started");
      }
      for (const id of ["task_1", "task_2"]) {
        await until(
          (data) =>
            data.type === "task_status_update" && data.task_id === id && data.new_status === "completed",
        );
      }
      await told("resource_update");
      await asked({ type: "get_task_status", task_id: "task_2" }, "task_status");
      await asked({ type: "list_tasks", filter: { status: "completed" } }, "task_list");
      await asked({ type: "request_status" }, "full_status");
      await asked({ type: "cancel_task", task_id: "nonexistent_task" }, "error");
      ws.onclose = () => resolve(seen);
      ws.close();
    };
  });
}

// A client written from S1's document alone: it listens until an event has come, and returns all it heard.
export function listen(WebSocket, address, last, opened = () => {}) {
  const heard = [];
  const ws = new WebSocket(address);
  return new Promise((resolve, reject) => {
    ws.onerror = () => reject(new Error("the connection failed"));
    ws.onopen = opened;
    ws.onmessage = (message) => {
      const { event, data } = JSON.parse(message.data);
      if (event === undefined) return;
      heard.push({ event, data });
      if (event === last) {
        ws.close();
        resolve(heard);
      }
    };
  });
}
