export { ApprovalBot } from "./approvals.js";
export { RooCodeClient } from "./client.js";
export { RooCodeError } from "./errors.js";
export { RooCodeAPI } from "./extension.js";
export { verifyWebhook } from "./webhooks.js";

/** @typedef {import("./decisions.js").Decide} Decide */
/** @typedef {import("./decisions.js").Decision} Decision */
/** @typedef {import("./decisions.js").PendingApproval} PendingApproval */
/** @typedef {import("./events.js").AnyEvent} AnyEvent */
/** @typedef {import("./events.js").EventName} EventName */
/** @typedef {import("./generated/contract.js").Events} Events */
/** @typedef {import("./generated/contract.js").Operations} Operations */
/** @typedef {import("./options.js").CallOptions} CallOptions */
/** @typedef {import("./options.js").ClientOptions} ClientOptions */
/** @typedef {import("./sessions.js").NewSession} NewSession */
/** @typedef {import("./task_run.js").Callbacks} Callbacks */
/** @typedef {import("./task_run.js").Task} Task */
/** @typedef {import("./webhooks.js").WebhookPayload} WebhookPayload */
/** @typedef {import("./generated/api.js").components["schemas"]} Schemas */
/** @typedef {import("./extension_types.js").ClineMessage} ClineMessage */
/** @typedef {import("./extension_types.js").RooCodeAPIEvents} RooCodeAPIEvents */
/** @typedef {import("./extension_types.js").RooCodeSettings} RooCodeSettings */
/** @typedef {import("./extension_types.js").TokenUsage} TokenUsage */
/** @typedef {import("./extension_types.js").ToolName} ToolName */
/** @typedef {import("./extension_types.js").ToolUsage} ToolUsage */
