// The types of S2, the Roocode extension's API, as its document gives them.

/**
 * @typedef {object} TokenUsage
 * @property {number} totalTokensIn
 * @property {number} totalTokensOut
 * @property {number} [totalCacheWrites]
 * @property {number} [totalCacheReads]
 * @property {number} totalCost
 * @property {number} contextTokens
 */

/**
 * The tools that the agent can use. An MCP server's tools are used through `use_mcp_tool`.
 *
 * @typedef {"execute_command" | "read_file" | "write_to_file" | "apply_diff" | "insert_content" |
 *   "search_and_replace" | "search_files" | "list_files" | "list_code_definition_names" | "browser_action" |
 *   "use_mcp_tool" | "access_mcp_resource" | "ask_followup_question" | "attempt_completion" | "switch_mode" |
 *   "new_task" | "fetch_instructions" | "codebase_search" | "update_todo_list" | "generate_image"} ToolName
 */

/** @typedef {Record<ToolName, { attempts: number, failures: number }>} ToolUsage Has the tools that were used. */

/** @typedef {string} ClineAsk */
/** @typedef {string} ClineSay */

/**
 * @typedef {object} ClineMessage
 * @property {number} ts
 * @property {"ask" | "say"} type
 * @property {ClineAsk} [ask]
 * @property {ClineSay} [say]
 * @property {string} [text]
 * @property {string[]} [images]
 * @property {boolean} [partial]
 * @property {string} [reasoning]
 */

/**
 * Settings in S2's words; docs/extension.md says what each is here.
 *
 * @typedef {object} KnownSettings
 * @property {string | null} [mode]
 * @property {string | null} [customInstructions]
 * @property {string | null} [apiProvider]
 * @property {string | null} [apiModelId]
 * @property {number | null} [modelTemperature]
 * @property {number | null} [modelMaxTokens]
 * @property {string | null} [reasoningEffort]
 * @property {number | null} [fuzzyMatchThreshold]
 * @property {boolean | null} [autoApprovalEnabled]
 * @property {string[] | null} [allowedCommands]
 * @property {string[] | null} [deniedCommands]
 */
/** @typedef {KnownSettings & Record<string, unknown>} RooCodeSettings */

/**
 * @typedef {object} StartOptions
 * @property {RooCodeSettings} configuration
 * @property {string} [text]
 * @property {string[]} [images]
 * @property {boolean} [newTab]
 */

/**
 * The arguments of each event.
 *
 * @typedef {object} RooCodeAPIEvents
 * @property {[taskId: string]} taskCreated
 * @property {[taskId: string]} taskStarted
 * @property {[taskId: string, tokenUsage: TokenUsage, toolUsage: ToolUsage, options: { isSubtask: boolean }]} taskCompleted
 * @property {[taskId: string]} taskAborted
 * @property {[taskId: string]} taskFocused
 * @property {[taskId: string]} taskUnfocused
 * @property {[taskId: string]} taskActive
 * @property {[taskId: string]} taskInteractive
 * @property {[taskId: string]} taskResumable
 * @property {[taskId: string]} taskIdle
 * @property {[taskId: string]} taskPaused
 * @property {[taskId: string]} taskUnpaused
 * @property {[parentTaskId: string, childTaskId: string]} taskSpawned
 * @property {[data: { taskId: string, action: "created" | "updated", message: ClineMessage }]} message
 * @property {[taskId: string, modeSlug: string]} taskModeSwitched
 * @property {[taskId: string]} taskAskResponded
 * @property {[taskId: string, toolName: ToolName, error: string]} taskToolFailed
 * @property {[taskId: string, usage: TokenUsage, toolUsage: ToolUsage]} taskTokenUsageUpdated
 * @property {[parentTaskId: string, childTaskId: string]} taskDelegated
 * @property {[parentTaskId: string, childTaskId: string, summary: string]} taskDelegationCompleted
 * @property {[parentTaskId: string, childTaskId: string]} taskDelegationResumed
 * @property {[taskId: string]} taskUserMessage
 * @property {[modeSlug: string]} modeChanged
 * @property {[error: import("./errors.js").RooCodeError]} connectionFailed An addition to S2: the server cannot be
 *   reached any more, or refuses. Where nobody listens, the error is thrown.
 */

/**
 * @typedef {object} ProfileSettings
 * @property {string} [apiProvider]
 * @property {string} [apiModelId]
 * @property {string} [apiKey]
 * @property {string} [baseUrl]
 */

/** @typedef {{ id: string, name: string, apiProvider: string, apiModelId?: string, baseUrl?: string, hasKey: boolean }} ProfileEntry */

export {};
