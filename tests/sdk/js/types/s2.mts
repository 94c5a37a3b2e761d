// S2's interfaces as its document has them, and what it does with its API.
import type * as sdk from "@roocode/sdk";
import type { RooCodeAPI } from "@roocode/sdk";
import * as vscode from "@roocode/sdk/vscode";

async function getRooCodeApi(): Promise<RooCodeAPI | undefined> {
  const rooCodeExtension = vscode.extensions.getExtension<RooCodeAPI>("RooVeterinaryInc.roo-cline");
  if (!rooCodeExtension) {
    console.error("Roocode extension not found.");
    return undefined;
  }

  try {
    const api = await rooCodeExtension.activate();
    return api;
  } catch (error) {
    console.error("Failed to activate Roocode extension:", error);
    return undefined;
  }
}

interface TokenUsage {
  totalTokensIn: number;
  totalTokensOut: number;
  totalCacheWrites?: number;
  totalCacheReads?: number;
  totalCost: number;
  contextTokens: number;
}

type ToolName =
  | "execute_command"
  | "read_file"
  | "write_to_file"
  | "apply_diff"
  | "insert_content"
  | "search_and_replace"
  | "search_files"
  | "list_files"
  | "list_code_definition_names"
  | "browser_action"
  | "use_mcp_tool"
  | "access_mcp_resource"
  | "ask_followup_question"
  | "attempt_completion"
  | "switch_mode"
  | "new_task"
  | "fetch_instructions"
  | "codebase_search"
  | "update_todo_list"
  | "generate_image";

type ToolUsage = Record<ToolName, { attempts: number; failures: number }>;

type ClineAsk = string;
type ClineSay = string;
interface ClineMessage {
  ts: number;
  type: "ask" | "say";
  ask?: ClineAsk;
  say?: ClineSay;
  text?: string;
  images?: string[];
  partial?: boolean;
  reasoning?: string;
}

interface Methods {
  startNewTask(options: {
    configuration: sdk.RooCodeSettings;
    text?: string;
    images?: string[];
    newTab?: boolean;
  }): Promise<string>;
  sendMessage(message: string): Promise<void>;
  pressPrimaryButton(): Promise<void>;
  pressSecondaryButton(): Promise<void>;
}

interface Events {
  taskCreated: (taskId: string) => void;
  taskStarted: (taskId: string) => void;
  taskCompleted: (
    taskId: string,
    tokenUsage: TokenUsage,
    toolUsage: ToolUsage,
    options: { isSubtask: boolean },
  ) => void;
  taskAborted: (taskId: string) => void;
  taskFocused: (taskId: string) => void;
  taskUnfocused: (taskId: string) => void;
  taskActive: (taskId: string) => void;
  taskInteractive: (taskId: string) => void;
  taskResumable: (taskId: string) => void;
  taskIdle: (taskId: string) => void;
  taskPaused: (taskId: string) => void;
  taskUnpaused: (taskId: string) => void;
  taskSpawned: (parentTaskId: string, childTaskId: string) => void;
  message: (data: { taskId: string; action: "created" | "updated"; message: ClineMessage }) => void;
  taskModeSwitched: (taskId: string, modeSlug: string) => void;
  taskAskResponded: (taskId: string) => void;
  taskToolFailed: (taskId: string, toolName: ToolName, error: string) => void;
  taskTokenUsageUpdated: (taskId: string, usage: TokenUsage) => void;
}

type Same<One, Other> = (<T>() => T extends One ? 1 : 2) extends <T>() => T extends Other ? 1 : 2 ? true : false;
export const same: [
  Same<sdk.TokenUsage, TokenUsage>,
  Same<sdk.ToolName, ToolName>,
  Same<sdk.ToolUsage, ToolUsage>,
  Same<sdk.ClineMessage, ClineMessage>,
] = [true, true, true, true];

export async function use(): Promise<void> {
  const rooApi = await getRooCodeApi();
  if (!rooApi) return;
  const methods: Methods = rooApi;
  const listen = <Name extends keyof Events>(name: Name, listener: Events[Name]): unknown =>
    rooApi.on(name, listener as (...given: never[]) => void as never);
  listen("taskFocused", (taskId) => taskId.length);

  rooApi.on("taskStarted", (taskId) => {
    console.log(`Task ${taskId} has started.`);
  });
  rooApi.on("taskCompleted", (taskId, tokenUsage, toolUsage) => {
    console.log(`Task ${taskId} completed. Tool Usage:`, toolUsage, tokenUsage.totalCost);
  });
  rooApi.on("taskToolFailed", (taskId, toolName, error) => {
    console.error(`Task ${taskId}: Tool '${toolName}' failed with error: ${error}`);
  });
  const on: { [Name in keyof Events]: Events[Name] } = {} as Events;
  rooApi.on("taskCreated", on.taskCreated).once("taskCompleted", on.taskCompleted).off("message", on.message);
  rooApi.on("taskSpawned", on.taskSpawned).on("taskModeSwitched", on.taskModeSwitched);
  rooApi.on("taskTokenUsageUpdated", on.taskTokenUsageUpdated).on("taskToolFailed", on.taskToolFailed);
  // @ts-expect-error: no such event
  rooApi.on("taskExploded", () => {});
  // @ts-expect-error: its first argument is the task's id
  rooApi.on("taskStarted", (taskId: number) => taskId);
  const taskId: string = await methods.startNewTask({ configuration: { mode: "code" }, text: "Work" });
  await methods.sendMessage(taskId);
}
