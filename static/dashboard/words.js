// Plain words for what the server calls by its terms.

/** What a task is doing, in addition to how it has ended. */
const STATES = {
  queued: "Queued",
  pending: "Queued",
  active: "Working",
  running: "Working",
  interactive: "Waits for you",
  idle: "Waits for you",
  paused: "Waits for a subtask",
  resumable: "Interrupted",
  completed: "Done",
  failed: "Failed",
  cancelled: "Cancelled",
};

/** A task's state: its activity while it is under way, else how it has ended. */
export function stateOf(task) {
  const isUnderWay = task.status === "running" || ["resumable", "interactive"].includes(task.activity);
  return isUnderWay && !["completed", "failed", "cancelled"].includes(task.status)
    ? task.activity
    : task.status;
}

export const stateWords = (task) => STATES[stateOf(task)] ?? stateOf(task);

export const TOOLS = {
  access_mcp_resource: "Read resource",
  apply_diff: "Edit",
  ask_followup_question: "Question",
  attempt_completion: "Result",
  browser_action: "Browser",
  codebase_search: "Search code",
  execute_command: "Command",
  fetch_instructions: "Instructions",
  generate_image: "Image",
  insert_content: "Insert",
  list_code_definition_names: "Outline",
  list_files: "List files",
  new_task: "Subtask",
  read_file: "Read",
  search_and_replace: "Replace",
  search_files: "Search",
  switch_mode: "Switch mode",
  update_todo_list: "To-do list",
  use_mcp_tool: "Use tool",
  write_to_file: "Write",
};

export const toolWords = (name) => TOOLS[name] ?? name;

/** What approving does, by tool: the words of the button. */
const APPROVALS = {
  access_mcp_resource: "Read resource",
  apply_diff: "Approve edit",
  browser_action: "Use browser",
  codebase_search: "Allow search",
  execute_command: "Run command",
  fetch_instructions: "Allow reading",
  generate_image: "Make image",
  insert_content: "Approve edit",
  list_code_definition_names: "Allow reading",
  list_files: "Allow reading",
  new_task: "Start subtask",
  read_file: "Allow reading",
  search_and_replace: "Approve edit",
  search_files: "Allow search",
  switch_mode: "Switch mode",
  use_mcp_tool: "Use tool",
  write_to_file: "Write file",
};

/** What is asked about other things than a tool: approving and rejecting. */
const CONFIRMATIONS = {
  api_req_failed: ["Try again", "End task"],
  mistake_limit_reached: ["Let it go on", "End task"],
  auto_approval_max_req_reached: ["Let it go on", "End task"],
};

/** The words of the approving and the rejecting button. */
export const answersTo = (name) => CONFIRMATIONS[name] ?? [APPROVALS[name] ?? "Approve", "Reject"];

/** What happened to a call. */
export const CALLS = {
  writing: "being written",
  asking: "waits for an answer",
  running: "running",
  background: "runs in the background",
  stopped: "stopped",
  done: "done",
  failed: "failed",
  rejected: "rejected",
  expired: "not answered in time",
  cancelled: "cancelled",
  approved: "approved",
  interrupted: "interrupted",
};

/** Who or what has stopped a command in the background. */
export const STOPPERS = {
  person: "by a person",
  task: "with its task",
  server: "with the server",
  time: "at its time limit",
  memory: "at its memory limit",
  output: "at the limit of its output",
  disk: "at the disk limit",
};

export const GROUPS = {
  read: "read files",
  edit: "change files",
  command: "run commands",
  browser: "use the browser",
  mcp: "use tools of MCP servers",
  modes: "switch modes and start subtasks",
};

export const DECISIONS = { always: "Always allow", ask: "Ask me", never: "Never allow" };

/** What becomes of something that nobody has answered, as the end of a sentence. */
export const fallbackWords = (then, isQuestion) =>
  ({
    refuse: isQuestion ? "the agent decides for itself" : "it is refused",
    allow: isQuestion ? "it gets its first suggestion" : "it is allowed",
    answer: "it gets this answer",
    review: isQuestion ? "a model answers" : "a model decides",
    fail: "the task fails",
  })[then];

export const ACCESSES = { collaborator: "You collaborate", watcher: "You watch" };

const count = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

export const tokens = (number) => count.format(number);
export const dollars = (amount) => (amount && amount < 0.01 ? "< $0.01" : `$${amount.toFixed(2)}`);
export const plural = (number, one, many = `${one}s`) => `${number} ${number === 1 ? one : many}`;

const MARKS = /^\s*(?:#{1,6}|[-*>])\s+|`|\*\*/g;

/** What a task is about, in one line: the first that says something, without Markdown's marks. */
export function titleOf(input) {
  const line = input.split("\n").find((one) => /[\p{L}\p{N}]/u.test(one)) ?? input;
  return line.replace(MARKS, "").trim();
}

/** What a rule is about, in words. */
export function ruleWords({ tool, group, path, command, server }) {
  const parts = [
    command && `commands that begin with “${command}”`,
    server && `the MCP server ${server}`,
    tool && `the tool “${toolWords(tool)}”`,
    group && (GROUPS[group] ?? group),
    path && `files that match “${path}”`,
  ].filter(Boolean);
  return parts.length ? parts.join(", and then only ") : "everything";
}
