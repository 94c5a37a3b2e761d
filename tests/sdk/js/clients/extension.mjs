// S2's own code, for the extension: only where `vscode` comes from has changed.
import * as vscode from "../../../../sdk/js/src/vscode.js";
import { finish, refused } from "./kit.mjs";

async function getRooCodeApi() {
  const rooCodeExtension = vscode.extensions.getExtension("RooVeterinaryInc.roo-cline");
  if (!rooCodeExtension) {
    console.error("Roocode extension not found.");
    return undefined;
  }
  try {
    return await rooCodeExtension.activate();
  } catch (error) {
    console.error("Failed to activate Roocode extension:", error);
    return undefined;
  }
}

const none = vscode.extensions.getExtension("somebody.else");
const rooApi = await getRooCodeApi();
const seen = [];
for (const name of ["taskCreated", "taskStarted", "taskInteractive", "taskAborted", "taskToolFailed"]) {
  rooApi.on(name, (...given) => seen.push([name, ...given]));
}
const messages = [];
rooApi.on("message", ({ taskId, action, message }) => messages.push([taskId, action, typeof message.ts]));
rooApi.on("taskInteractive", () => rooApi.pressPrimaryButton());
const completed = new Promise((resolve) => {
  rooApi.once("taskCompleted", (...given) => resolve(given));
});
const early = await refused(rooApi.pressPrimaryButton());
const configuration = { apiProvider: "scripted", apiModelId: "write-and-run", mode: "code" };
const taskId = await rooApi.startNewTask({ configuration, text: "write and run" });
const [doneId, tokenUsage, toolUsage, options] = await completed;
const stack = await rooApi.getCurrentTaskStack();
const inHistory = await rooApi.isTaskInHistory(taskId);
const settings = await rooApi.getConfiguration();
const { sessionId, lastSeq } = rooApi.session;
rooApi.close();
const closed = await refused(rooApi.isReady());
finish({
  none: none === undefined,
  early,
  taskId,
  doneId,
  tokenUsage,
  toolUsage,
  options,
  seen,
  messages,
  stack,
  inHistory,
  mode: settings.mode,
  sessionId,
  lastSeq,
  closed,
});
