// Made by scripts/javascript-sdk from the server's OpenAPI and AsyncAPI documents.

import type * as Api from "./api.js";

/** What each operation that has a route takes and answers. */
export interface Operations {
  /** Log in with an e-mail address and a password. Needs no credentials. */
  "auth.login": { request: Api.Login; response: Api.LoginAnswer };
  /** Log in with the authorization code of an OAuth provider. Needs no credentials. */
  "auth.oauth": { request: Api.OAuthLogin; response: Api.LoginAnswer };
  /** List the OpenID Connect providers that people can sign in with. Needs no credentials. */
  "auth.providers": { request: Api.SignInProviderList; response: Api.SignInProviders };
  /** Log in with the code that a sign-in at an OpenID Connect provider has ended with. */
  "auth.oidc": { request: Api.OpenIdLogin; response: Api.LoginAnswer };
  /** Exchange a refresh token for new tokens. Needs no credentials. */
  "auth.refresh": { request: Api.Refresh; response: Api.RefreshAnswer };
  /** Get your own profile, and what your credential lets you do. */
  "auth.profile": { request: Api.ProfileRequest; response: Api.ProfileAnswer };
  /** Change your own name or preferences. Fields that are left out stay as they are. */
  "auth.update": { request: Api.AccountUpdate; response: Api.ProfileAnswer };
  /** Change your own password. */
  "auth.password": { request: Api.PasswordChange; response: Api.PasswordChanged };
  /** End your login, with its tokens and the connections they have opened; with `all`, end all your */
  "auth.logout": { request: Api.LogOut; response: Api.LoggedOut };
  /** Choose a password with an invitation, and log in. Needs no credentials. */
  "auth.accept": { request: Api.InvitationAccept; response: Api.LoginAnswer };
  /** List your own logins that still work, the one that was used last first. */
  "login.list": { request: Api.LoginList; response: Api.LoginPage };
  /** End one of your own logins, with its tokens and the connections that they have opened. */
  "login.end": { request: Api.LoginRef; response: Api.LoggedOut };
  /** List your own API keys, oldest first, without revoked ones. No key is shown in full. */
  "key.list": { request: Api.KeyList; response: Api.Keys };
  /** Create an API key, which acts as you within its scopes. `secret` is not shown again. */
  "key.create": { request: Api.KeyCreate; response: Api.KeyMade };
  /** Revoke one of your own API keys. Connections that it has opened end. */
  "key.revoke": { request: Api.KeyRef; response: Api.KeyShown };
  /** List the providers' sign-ins that are linked to your account, oldest first. */
  "identity.list": { request: Api.IdentityList; response: Api.Identities };
  /** Link a sign-in that has just ended to your account: from now on it logs in to it. */
  "identity.link": { request: Api.IdentityLink; response: Api.IdentityShown };
  /** Let a sign-in log in to your account no more; logins that came of it go on. */
  "identity.unlink": { request: Api.IdentityRef; response: Api.IdentityShown };
  /** List the users, sorted by e-mail address. `disabledAt` is present for disabled users. */
  "user.list": { request: Api.UserList; response: Api.UserPage };
  /** Add a user with a password, or with an invitation to choose one, which is not shown again. */
  "user.create": { request: Api.UserCreate; response: Api.UserMade };
  /** Get a user. */
  "user.get": { request: Api.UserRef; response: Api.UserShown };
  /** Change a user's name or roles, disable them, or enable them again. */
  "user.update": { request: Api.UserUpdate; response: Api.UserShown };
  /** Create a link with which a user chooses a first or new password. */
  "user.invite": { request: Api.UserRef; response: Api.UserInvited };
  /** End all logins of a user; API keys remain valid. */
  "user.logout": { request: Api.UserLogOut; response: Api.LoggedOut };
  /** List your own provider profiles by name. Keys are never shown, only whether there is one. */
  "profile.list": { request: Api.ProfileList; response: Api.Profiles };
  /** Create a profile and make it the active one, unless `activate` is false. */
  "profile.create": { request: Api.ProfileCreate; response: Api.ProfileShown };
  /** Get one of your own profiles. */
  "profile.get": { request: Api.ProfileRef; response: Api.ProfileShown };
  /** Change a profile. */
  "profile.update": { request: Api.ProfileUpdate; response: Api.ProfileShown };
  /** Delete a profile and its key. Without an active profile, the server's own choice applies again. */
  "profile.delete": { request: Api.ProfileRef; response: Api.ProfileRemoved };
  /** Make this profile the active one. */
  "profile.activate": { request: Api.ProfileRef; response: Api.ProfileShown };
  /** List the providers and models that your sessions can name, and what new ones use by default. */
  "model.list": { request: Api.ModelList; response: Api.ModelCatalogue };
  /** List the playbooks that a session with the provider `scripted` can name as its model. */
  "playbook.list": { request: Api.PlaybookList; response: Api.Playbooks };
  /** List your own sessions and those that are shared with you, newest first. */
  "session.list": { request: Api.SessionList; response: Api.SessionPage };
  /** Open a session with an empty workspace. */
  "session.create": { request: Api.SessionCreate; response: Api.SessionCreated };
  /** Copy a session into a new one of yours: files, conversations, tasks, checkpoints and the log. */
  "session.fork": { request: Api.SessionFork; response: Api.SessionCreated };
  /** Get your session for a purpose; if there is none, it is created as by `session.create`. */
  "session.ensure": { request: Api.SessionEnsure; response: Api.SessionEnsured };
  /** Get a session. `access` says what you may do there. */
  "session.get": { request: Api.SessionRef; response: Api.SessionAnswer };
  /** Change a session's name, status, expiry or configuration. */
  "session.update": { request: Api.SessionUpdate; response: Api.SessionAnswer };
  /** Delete a session: end everything that runs in it and remove its workspace, tasks and events. */
  "session.delete": { request: Api.SessionRef; response: Api.SessionRemoved };
  /** Report where a session's commands run and how each of its limits is enforced. */
  "session.sandbox": { request: Api.SessionRef; response: Api.SandboxAnswer };
  /** Share a session with somebody: as `watcher` they read, as `collaborator` they work in it too. */
  "session.share": { request: Api.SessionShare; response: Api.ShareAnswer };
  /** List whose session it is, and with whom it is shared. */
  "session.shares": { request: Api.SessionRef; response: Api.Shares };
  /** Take somebody's share back: what they have open in the session ends at once. */
  "session.unshare": { request: Api.SessionUnshare; response: Api.ShareRemoved };
  /** Give back your own share of somebody's session. */
  "session.leave": { request: Api.SessionRef; response: Api.ShareRemoved };
  /** Create a task in a session and start it. */
  "task.create": { request: Api.TaskCreate; response: Api.TaskCreated };
  /** List a session's tasks, newest first; those of a status, type or priority. */
  "task.list": { request: Api.TaskList; response: Api.TaskPage };
  /** Get a task: its status, progress, and its result or error once it has ended. */
  "task.get": { request: Api.TaskGet; response: Api.TaskAnswer };
  /** Approve or reject everything a task is waiting for. If it is not waiting, the answer is 409. */
  "task.update": { request: Api.TaskUpdate; response: Api.TaskAnswer };
  /** Stop a task and everything it started. If it has ended already, the answer is 409. */
  "task.cancel": { request: Api.TaskRef; response: Api.TaskAnswer };
  /** List the task under way and the subtasks it waits for; empty if nothing is unfinished. */
  "task.stack": { request: Api.TaskStackRef; response: Api.TaskStack };
  /** Stop what a task is doing at this moment, and leave it resumable. */
  "task.interrupt": { request: Api.TaskRef; response: Api.TaskAnswer };
  /** Queue a failed or cancelled task again, under the same id. Source: S4, `retry_task`. */
  "task.retry": { request: Api.TaskRetry; response: Api.TaskAnswer };
  /** Send a message to the agent of a task: the answer to its question, a remark, or what to do next. */
  "task.message": { request: Api.TaskSay; response: Api.MessageAnswer };
  /** List a task's messages, oldest first. */
  "task.messages": { request: Api.MessageList; response: Api.MessagePage };
  /** List a task's turns, the present one first: what a person said, and what came of it. */
  "task.turns": { request: Api.TaskTurnList; response: Api.TaskTurnPage };
  /** Continue a task that a person or a stop of the server interrupted. Completed steps are not */
  "task.resume": { request: Api.TaskRef; response: Api.TaskAnswer };
  /** Go back to a message of a task: it becomes the last one, and what came after it is taken back. */
  "task.rewind": { request: Api.TaskRewind; response: Api.RewindAnswer };
  /** Copy a session as by `session.fork`, with one of its tasks gone back to a message, as by */
  "task.fork": { request: Api.TaskFork; response: Api.TaskForked };
  /** Undo the last `task.rewind` of a task that has not gone on since: messages and files are back. */
  "task.reinstate": { request: Api.TaskRef; response: Api.RewindAnswer };
  /** Show what changed in the workspace since a task began, whoever changed it. */
  "task.diff": { request: Api.TaskCompare; response: Api.TaskDifference };
  /** Replace a running task's conversation with a summary before its next request to the model. */
  "task.condense": { request: Api.TaskRef; response: Api.TaskAnswer };
  /** Let a command the task asks about (`command_output`) continue in the background, or kill it. */
  "task.command": { request: Api.TaskCommand; response: Api.TaskAnswer };
  /** List the modes available to the session's tasks: built-in, configured, and from its `.roomodes`. */
  "mode.list": { request: Api.ModeList; response: Api.ModeCatalogue };
  /** List the modes that every session has, built-in and configured: a new one can begin in any. */
  "mode.standing": { request: Api.StandingModeList; response: Api.StandingModes };
  /** List the tools that agents and callers can use, with their parameters. */
  "tool.list": { request: Api.ToolListRequest; response: Api.ToolCatalogue };
  /** Run a tool now, without a task. */
  "tool.execute": { request: Api.ToolExecute; response: Api.ToolExecuted };
  /** List a session's approvals, newest first. With `status=pending`, only those still waiting. */
  "approval.list": { request: Api.ApprovalList; response: Api.ApprovalPage };
  /** List the approvals of all your sessions, newest first, those shared with you included. */
  "approval.search": { request: Api.ApprovalSearch; response: Api.ApprovalPage };
  /** Get an approval: the tool call in question, and the answer once there is one. */
  "approval.get": { request: Api.ApprovalRef; response: Api.ApprovalAnswer };
  /** Approve or reject a tool call. The first answer wins; a later one answers 409. */
  "approval.respond": { request: Api.ApprovalRespond; response: Api.ApprovalAnswer };
  /** List your standing rules, in the order in which they apply: the last that matches decides. */
  "rule.list": { request: Api.RuleList; response: Api.RulePage };
  /** Take one of your standing rules back. What it allowed is asked about again from now on. */
  "rule.delete": { request: Api.RuleRef; response: Api.RuleRemoved };
  /** List what waits for you, newest first: approvals, questions, and interrupted tasks. */
  "inbox.list": { request: Api.InboxList; response: Api.InboxPage };
  /** List the files and directories in a directory of the workspace. */
  "file.list": { request: Api.FileList; response: Api.FileListing };
  /** Read a file: UTF-8 text as it is, anything else as base64. */
  "file.read": { request: Api.FileRead; response: Api.FileContent };
  /** Create a file and its parent directories. If the file exists already, the answer is 409. */
  "file.create": { request: Api.FileWrite; response: Api.FileAnswer };
  /** Replace a file's content. If the file does not exist, the answer is 404. */
  "file.update": { request: Api.FileUpdate; response: Api.FileAnswer };
  /** Delete a file, a link, or a directory. `ifMatch` works as in `file.update`. */
  "file.delete": { request: Api.FileDelete; response: Api.FileRemoved };
  /** Move a file, link or directory to another path. `ifMatch` works as in `file.update`. */
  "file.rename": { request: Api.FileRename; response: Api.FileAnswer };
  /** Copy a file, or a directory with all its contents. The copy appears once it is complete. */
  "file.copy": { request: Api.FileCopy; response: Api.FileAnswer };
  /** Create a directory and its parents. If it exists already, the answer is 409. */
  "file.mkdir": { request: Api.DirectoryMake; response: Api.FileAnswer };
  /** Fill a workspace from a git repository: either everything arrives or nothing. */
  "workspace.clone": { request: Api.RepositoryClone; response: Api.RepositoryCloned };
  /** Find files by a glob on their names or paths. */
  "search.files": { request: Api.FileSearchRequest; response: Api.FilesFound };
  /** Find lines of text files that match a regular expression. */
  "search.text": { request: Api.TextSearchRequest; response: Api.TextFound };
  /** Find pieces of text files by meaning, not by words: `where are passwords checked`. */
  "search.semantic": { request: Api.MeaningSearchRequest; response: Api.MeaningFound };
  /** List a session's checkpoints, newest first. */
  "checkpoint.list": { request: Api.CheckpointList; response: Api.CheckpointPage };
  /** Save the workspace as it is now. */
  "checkpoint.create": { request: Api.CheckpointCreate; response: Api.CheckpointCreated };
  /** Show what changed since a checkpoint, or between two. */
  "checkpoint.compare": { request: Api.CheckpointCompare; response: Api.CheckpointDifference };
  /** Restore the workspace to a checkpoint. Its present state is saved first. */
  "checkpoint.restore": { request: Api.CheckpointRef; response: Api.CheckpointRestored };
  /** Start a process that runs independently of tasks until it ends, is stopped, or the session ends. */
  "process.start": { request: Api.ProcessStart; response: Api.ProcessAnswer };
  /** List the last hundred processes of a session, including those that have ended, oldest first. */
  "process.list": { request: Api.ProcessList; response: Api.Processes };
  /** Get a process: whether it is running, and the ports it listens on. */
  "process.get": { request: Api.ProcessRef; response: Api.ProcessAnswer };
  /** Get the last lines of a process's output, both streams interleaved. */
  "process.logs": { request: Api.ProcessLogs; response: Api.ProcessLog };
  /** Stop a process and everything it started: SIGTERM, then SIGKILL after five seconds. */
  "process.stop": { request: Api.ProcessStop; response: Api.ProcessAnswer };
  /** Run a command line in the session's sandbox and wait for it to end; `tty` gives it a terminal. */
  "shell.exec": { request: Api.ShellExec; response: Api.ShellExecuted };
  /** Open a terminal in the session's sandbox. */
  "terminal.open": { request: Api.TerminalOpen; response: Api.TerminalAnswer };
  /** List a session's open terminals, oldest first. */
  "terminal.list": { request: Api.TerminalList; response: Api.Terminals };
  /** Get the most recent output of a terminal, to continue from there after a disconnect. */
  "terminal.get": { request: Api.TerminalRef; response: Api.TerminalScreen };
  /** Close a terminal and end whatever runs in it. */
  "terminal.close": { request: Api.TerminalRef; response: Api.TerminalAnswer };
  /** Send input to a terminal. The order of inputs is kept. */
  "terminal.input": { request: Api.TerminalInput; response: Api.TerminalAnswer };
  /** Set the size of a terminal's window. */
  "terminal.resize": { request: Api.TerminalResize; response: Api.TerminalAnswer };
  /** List a session's MCP servers, with their state and what they offer. Starts none of them. */
  "mcp.list": { request: Api.McpList; response: Api.McpServers };
  /** Restart an MCP server. Its `status` and `error` say whether that succeeded. */
  "mcp.restart": { request: Api.McpRestart; response: Api.McpRestarted };
  /** Read the session's events with a `seq` greater than `after`, in order and without gaps. */
  "event.list": { request: Api.EventList; response: Api.EventPage };
  /** Read the events of all your sessions after a cursor, in the order in which they were stored. */
  "event.read": { request: Api.TimelineRead; response: Api.TimelineSlice };
  /** List your own webhooks, oldest first. Secrets are never shown. */
  "webhook.list": { request: Api.WebhookList; response: Api.Webhooks };
  /** Post the events of your sessions, from now on, to a URL. (S0, Webhooks) */
  "webhook.create": { request: Api.WebhookCreate; response: Api.WebhookWithSecret };
  /** Get one of your own webhooks, and the state of its deliveries. */
  "webhook.get": { request: Api.WebhookRef; response: Api.WebhookShown };
  /** Change a webhook, disable it, or enable it again. */
  "webhook.update": { request: Api.WebhookUpdate; response: Api.WebhookShown };
  /** Delete a webhook with its secret and attempts. Nothing more is sent. */
  "webhook.delete": { request: Api.WebhookRef; response: Api.WebhookRemoved };
  /** Replace the secret. Until `formerSecretUntil`, messages are signed with the former one as well. */
  "webhook.rotate": { request: Api.WebhookRotate; response: Api.WebhookWithSecret };
  /** Send a `webhook.test` now; the answer has its result. */
  "webhook.test": { request: Api.WebhookRef; response: Api.AttemptShown };
  /** Send an event of your sessions again, now and out of order; the answer has its result. */
  "webhook.redeliver": { request: Api.WebhookRedeliver; response: Api.AttemptShown };
  /** List the last requests to a webhook's receiver, newest first: status, duration and error. */
  "webhook.attempts": { request: Api.AttemptList; response: Api.AttemptPage };
  /** Report whether the server works and where commands run. Needs no credentials. */
  "system.health": { request: Api.Nothing; response: Api.Health };
  /** Return the machine's processor, memory, disk and network usage and its processes. */
  "system.resources": { request: Api.Nothing; response: Api.SystemResources };
  /** List the processes that run for sessions of the caller's; administrators see all of the machine. */
  "system.processes": { request: Api.SystemProcessList; response: Api.SystemProcesses };
  /** List the running tasks and agent programs of the caller's sessions; administrators see all. */
  "system.agents": { request: Api.Nothing; response: Api.SystemAgents };
  /** Send a signal to a process that runs for a session of the caller's, and wait a moment for its end. */
  "system.kill": { request: Api.SystemKill; response: Api.KilledProcess };
  /** Read entries of the server's log, newest first: those about sessions of the caller's. */
  "log.list": { request: Api.LogList; response: Api.LogPage };
  /** Return response times, throughput and errors of all calls over a range of time up to now, and how */
  "system.performance": { request: Api.PerformanceQuery; response: Api.Performance };
  /** Sum up requests, tokens and cost of your sessions by day, session and model. */
  "usage.report": { request: Api.UsageReport; response: Api.UsagePage };
  /** List the audit log's entries that match all given fields, newest first. `until` is exclusive. */
  "audit.list": { request: Api.AuditList; response: Api.AuditPage };
  /** Check the chain of the audit log's entries. */
  "audit.verify": { request: Api.AuditVerify; response: Api.AuditVerification };
}

/** What each event carries. Those with a `seq` are in the session's log. */
export interface Events {
  /** The cursor does not belong to this log: discard what is known of the session; the whole log follows. */
  "log.reset": Api.LogResetPayload;
  /** The first events of the log have been removed; the first one that follows has the seq `first`. */
  "log.cut": Api.LogCutPayload;
  /** The agent waits for a person to approve or reject a tool call. */
  "approval.required": Api.ApprovalRequiredPayload & { seq: number };
  /** An approval is resolved: approved, rejected, expired or cancelled. The first answer wins. */
  "approval.resolved": Api.ApprovalResolvedPayload & { seq: number };
  /** A server has been connected; the numbers are those of its tools, resources and prompts. */
  "mcp.started": Api.McpStartedPayload & { seq: number };
  /** A server is no longer connected; `error` is left out if it was stopped deliberately. */
  "mcp.stopped": Api.McpStoppedPayload & { seq: number };
  /** The agent of a task has switched to another mode. */
  "mode.switched": Api.ModeSwitchedPayload & { seq: number };
  /** The session is shared with this user from now on, or with another access than before. */
  "session.shared": Api.SessionSharedPayload & { seq: number };
  /** The session is not shared with this user any more. */
  "session.unshared": Api.SessionUnsharedPayload & { seq: number };
  /** The image of the session's container is being pulled; `current` of `total` bytes of a layer. */
  "sandbox.progress": Api.ImageProgressPayload;
  /** A session has been created and its workspace is ready. */
  "session.created": Api.SessionCreatedEventPayload & { seq: number };
  /** A session's name, status or configuration has changed; `changed` names the fields (`config.mode`). */
  "session.updated": Api.SessionUpdatedEventPayload & { seq: number };
  /** The session has reached its `expiresAt`: it is `inactive` now, and what runs in it is stopped. */
  "session.expired": Api.SessionExpiredPayload & { seq: number };
  /** The session is about to be deleted; this is the last event of its log. */
  "session.deleted": Api.SessionDeletedEventPayload & { seq: number };
  /** A tool call has ended, successfully or not. */
  "tool.completed": Api.ToolCompletedPayload & { seq: number };
  /** The agent says that its task is done, and the task's checks were made. */
  "task.checked": Api.TaskCheckedPayload & { seq: number };
  /** The workspace has been saved. */
  "checkpoint.saved": Api.CheckpointSavedPayload & { seq: number };
  /** The workspace has been restored to a checkpoint. */
  "checkpoint.restored": Api.CheckpointRestoredEventPayload & { seq: number };
  /** A request has been answered or a tool has been used. */
  "usage.updated": Api.UsageUpdatedPayload & { seq: number };
  /** A task has been accepted and stored. */
  "task.created": Api.TaskCreatedEventPayload & { seq: number };
  /** The agent has started to work on a task. */
  "task.started": Api.TaskStartedPayload & { seq: number };
  /** The progress of a task, 0 to 100, and its present step. */
  "task.progress": Api.TaskProgressPayload & { seq: number };
  /** The agent has completed its task. */
  "task.completed": Api.TaskCompletedPayload & { seq: number };
  /** The task has failed. */
  "task.failed": Api.TaskFailedPayload & { seq: number };
  /** The task was cancelled; nothing of it is running any more. */
  "task.cancelled": Api.TaskCancelledPayload & { seq: number };
  /** A failed or cancelled task is queued again, with a fresh conversation. */
  "task.retried": Api.TaskRetriedPayload & { seq: number };
  /** A person's message has taken up a task that had ended: it is queued for its next turn, in the same */
  "task.reopened": Api.TaskReopenedPayload & { seq: number };
  /** The task is now the one of its session that is running or waits for a person. */
  "task.focused": Api.TaskFocusedPayload & { seq: number };
  /** The task has lost the focus: it has ended, delegates, or was interrupted. */
  "task.unfocused": Api.TaskUnfocusedPayload & { seq: number };
  /** The task waits for a person: for `approval`, or the answer to `question`. */
  "task.interactive": Api.TaskInteractivePayload & { seq: number };
  /** The task continues after waiting. */
  "task.active": Api.TaskActivePayload & { seq: number };
  /** The task rests until a person decides, by `approval`, whether it continues. */
  "task.idle": Api.TaskIdlePayload & { seq: number };
  /** The task's question has been answered. */
  "task.answered": Api.TaskAnsweredPayload & { seq: number };
  /** The task has created a subtask. */
  "task.spawned": Api.TaskSpawnedPayload & { seq: number };
  /** The task waits for its subtask. */
  "task.paused": Api.TaskPausedPayload & { seq: number };
  /** The subtask has ended, and the task continues with its result. */
  "task.unpaused": Api.TaskUnpausedPayload & { seq: number };
  /** A request to the model failed and will be repeated after `delay` seconds. */
  "task.retrying": Api.TaskRetryingPayload & { seq: number };
  /** The conversation was too long for the model, which is shown a summary and what follows from now on. */
  "task.condensed": Api.TaskCondensedPayload & { seq: number };
  /** The agent has changed its to-do list. */
  "todos.updated": Api.TodosUpdatedPayload & { seq: number };
  /** The task was interrupted and can be resumed from its stored conversation. */
  "task.resumable": Api.TaskResumablePayload & { seq: number };
  /** Work on a task goes on: it was interrupted, or has been reopened for another `turn`. `isPaused` if it */
  "task.resumed": Api.TaskResumedPayload & { seq: number };
  /** A message of the task is complete and stored. */
  "message.created": Api.MessageCreatedPayload & { seq: number };
  /** A piece of a message that is being written; the complete message follows as `message.created`. */
  "message.delta": Api.MessageDeltaPayload;
  /** A message that was being written will not be completed: its request broke off, or its call failed. */
  "message.discarded": Api.MessageDiscardedPayload;
  /** A piece of the arguments (JSON text) of a call that the model is writing, and of the call's message. */
  "call.delta": Api.CallWrittenPayload;
  /** A tool call failed: it could not be made, the tool failed, or it was interrupted. */
  "tool.failed": Api.ToolFailedPayload & { seq: number };
  /** A tool call begins. */
  "tool.started": Api.ToolStartedPayload & { seq: number };
  /** Output of a running command: a line, part of one, or several that arrived at once. */
  "tool.output": Api.ToolOutputPayload;
  /** A task's command goes on in the background: its call is answered, and `command.ended` follows. */
  "command.continued": Api.CommandContinuedPayload & { seq: number };
  /** A command in the background has ended, for whatever reason. */
  "command.ended": Api.CommandEndedPayload & { seq: number };
  /** A file, or a directory with everything in it, has been created. */
  "file.created": Api.FileCreatedPayload & { seq: number };
  /** A file's content has changed. */
  "file.modified": Api.FileModifiedPayload & { seq: number };
  /** A file, or a directory with everything in it, has moved from `path` to `to`. */
  "file.renamed": Api.FileRenamedPayload & { seq: number };
  /** A repository is being cloned into the workspace; `step` is git's word for what it does. */
  "workspace.cloning": Api.CloneStepPayload;
  /** The workspace's content has been replaced by that of an archive or repository. */
  "workspace.imported": Api.WorkspaceImportedPayload & { seq: number };
  /** Commands have changed more below `path` than is reported one by one: list it again. */
  "workspace.changed": Api.WorkspaceChangedPayload & { seq: number };
  /** A file, or a directory with everything in it, has been deleted. */
  "file.deleted": Api.FileDeletedPayload & { seq: number };
  /** A process has started. */
  "process.started": Api.ProcessStartedPayload & { seq: number };
  /** Output of a process: a line, part of one, or several that arrived at once. */
  "process.output": Api.ProcessOutputPayload;
  /** A process has ended, for whatever reason. */
  "process.ended": Api.ProcessEndedPayload & { seq: number };
  /** The session was made of an archive: what the log has up to `sourceSeq` is what the archive says. */
  "session.imported": Api.SessionImportedPayload & { seq: number };
  /** The session is a copy of another one: what the log has up to `sourceSeq` happened there. */
  "session.forked": Api.SessionForkedPayload & { seq: number };
  /** The message is the last one of the task now: those after it are taken back. */
  "task.rewound": Api.TaskRewoundPayload & { seq: number };
  /** The last rewind of the task is undone: its messages are back, and its status is what it was. */
  "task.reinstated": Api.TaskReinstatedPayload & { seq: number };
  /** An entry has been added to the server's log. Only sent to sockets that watch `logs`. */
  "log.written": Api.LogWrittenPayload;
  /** The machine's resources have been measured. Only sent to sockets that watch `resources`. */
  "system.sampled": Api.SystemSampledPayload;
  /** A terminal has been opened. */
  "terminal.opened": Api.TerminalOpenedPayload & { seq: number };
  /** Output of a terminal, including control sequences. */
  "terminal.output": Api.TerminalOutputPayload;
  /** A terminal has been closed, or its program has ended. */
  "terminal.closed": Api.TerminalClosedPayload & { seq: number };
  /** The server has disabled a webhook; emitted in the session whose event could not be delivered. */
  "webhook.disabled": Api.WebhookDisabledPayload & { seq: number };
}
