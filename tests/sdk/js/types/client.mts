// What the types of the client let through, and what they do not.
import { RooCodeClient, type RooCodeError, type Task, verifyWebhook } from "@roocode/sdk";

const client = new RooCodeClient({ apiKey: "roo_", timeoutMs: 1000 });

export async function use(): Promise<Task> {
  const session = await client.sessions.create({ name: "Types" });
  const path: string = session.workspace.path;
  const task = await client.tasks.create(session.id, {
    input: path,
    onProgress: (progress, { step }) => progress + step.length,
    onComplete: ({ summary }) => summary.length,
    onApproval: ({ toolName }) => (toolName === "read_file" ? "approve" : { action: "reject", feedback: "no" }),
  });
  for await (const event of task) {
    if (event.type === "file.created") console.log(event.path.length, event.seq + 1);
    // @ts-expect-error: there is no such event
    if (event.type === "file.exploded") return task;
  }
  for await (const each of client.sessions.list({ limit: 10 })) console.log(each.name);
  const page = await client.sessions.list();
  console.log(page.pagination.total, page.data[0]?.id);
  const { task: raw } = await client.call("task.get", { sessionId: session.id, taskId: task.id });
  console.log(raw.status === "completed", (error: RooCodeError) => error.code);
  const hook = await verifyWebhook("{}", { "webhook-id": "x" }, "secret");
  if (hook.event === "task.completed") console.log(hook.data.result.summary);
  // @ts-expect-error: a task needs an input
  await client.tasks.create(session.id, {});
  // @ts-expect-error: no such operation
  await client.call("task.explode", {});
  // @ts-expect-error: a decision is one of two words
  client.approvals.handle(() => "perhaps");
  return task.wait({ signal: AbortSignal.timeout(1000) });
}
