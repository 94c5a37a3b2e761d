// Made by scripts/javascript-sdk from the server's OpenAPI and AsyncAPI documents.

import { Area } from "../area.js";
import { Listing } from "../listing.js";

/** @import * as Api from "./api.js" */
/** @import { CallOptions } from "../options.js" */

/** `approval.list`, `approval.search`, `approval.get`, `approval.respond`. */
export class ApprovalsArea extends Area {
  /**
   * List a session's approvals, newest first. With `status=pending`, only those still waiting.
   *
   * GET /api/v1/sessions/{sessionId}/approvals
   * @param {Api.ApprovalList['sessionId']} sessionId
   * @param {Omit<Api.ApprovalList, 'sessionId'>} [request]
   * @param {CallOptions} [options]
   * @returns {Listing<Api.ApprovalPage, Api.ApprovalPage['data'][number]>}
   */
  list(sessionId, request = {}, options) {
    return new Listing(request, (request) => this.call("approval.list", { ...request, sessionId }, options));
  }

  /**
   * List the approvals of all your sessions, newest first, those shared with you included.
   *
   * What you may answer is in `inbox.list`, with the questions and interrupted tasks.
   *
   * GET /api/v1/approvals
   * @param {Api.ApprovalSearch} [request]
   * @param {CallOptions} [options]
   * @returns {Listing<Api.ApprovalPage, Api.ApprovalPage['data'][number]>}
   */
  search(request = {}, options) {
    return new Listing(request, (request) => this.call("approval.search", { ...request }, options));
  }

  /**
   * Get an approval: the tool call in question, and the answer once there is one.
   *
   * GET /api/v1/sessions/{sessionId}/approvals/{approvalId}
   * @param {Api.ApprovalRef['sessionId']} sessionId
   * @param {Api.ApprovalRef['approvalId']} approvalId
   * @param {CallOptions} [options]
   * @returns {Promise<Api.ApprovalAnswer['approval']>}
   */
  async get(sessionId, approvalId, options) {
    return (await this.call("approval.get", { sessionId, approvalId }, options)).approval;
  }

  /**
   * Approve or reject a tool call. The first answer wins; a later one answers 409.
   *
   * With `remember`, the approval's `rules` become rules of the session, which needs the permission
   * `session:write`, or of all sessions that you own, if this one is yours; what they allow or forbid is
   * not asked about again.
   *
   * POST /api/v1/sessions/{sessionId}/approvals/{approvalId}
   * @param {Api.ApprovalRespond['sessionId']} sessionId
   * @param {Api.ApprovalRespond['approvalId']} approvalId
   * @param {Omit<Api.ApprovalRespond, 'sessionId' | 'approvalId'>} request
   * @param {CallOptions} [options]
   * @returns {Promise<Api.ApprovalAnswer['approval']>}
   */
  async respond(sessionId, approvalId, request, options) {
    return (await this.call("approval.respond", { ...request, sessionId, approvalId }, options)).approval;
  }
}

/** `audit.list`, `audit.verify`. */
export class AuditArea extends Area {
  /**
   * List the audit log's entries that match all given fields, newest first. `until` is exclusive.
   *
   * GET /api/v1/audit
   * @param {Api.AuditList} [request]
   * @param {CallOptions} [options]
   * @returns {Listing<Api.AuditPage, Api.AuditPage['data'][number]>}
   */
  list(request = {}, options) {
    return new Listing(request, (request) => this.call("audit.list", { ...request }, options));
  }

  /**
   * Check the chain of the audit log's entries.
   *
   * With `head`, the `head` of an earlier answer, this hash must still be in the chain.
   *
   * GET /api/v1/audit/verification
   * @param {Api.AuditVerify} [request]
   * @param {CallOptions} [options]
   * @returns {Promise<Api.AuditVerification>}
   */
  verify(request = {}, options) {
    return this.call("audit.verify", { ...request }, options);
  }
}

/** `auth.login`, `auth.oauth`, `auth.providers`, `auth.oidc`, `auth.refresh`, `auth.profile`, `auth.update`, `auth.password`, `auth.logout`, `auth.accept`. */
export class AuthArea extends Area {
  /**
   * Log in with an e-mail address and a password. Needs no credentials.
   *
   * After several wrong passwords for an address, even the right one is refused for a growing time.
   *
   * POST /api/v1/auth/login
   * @param {Api.Login} request
   * @param {CallOptions} [options]
   * @returns {Promise<Api.LoginAnswer>}
   */
  login(request, options) {
    return this.call("auth.login", { ...request }, options);
  }

  /**
   * Log in with the authorization code of an OAuth provider. Needs no credentials.
   *
   * The first login creates an account.
   *
   * POST /api/v1/auth/oauth/{provider}
   * @param {Api.OAuthLogin['provider']} provider
   * @param {Omit<Api.OAuthLogin, 'provider'>} request
   * @param {CallOptions} [options]
   * @returns {Promise<Api.LoginAnswer>}
   */
  oauth(provider, request, options) {
    return this.call("auth.oauth", { ...request, provider }, options);
  }

  /**
   * List the OpenID Connect providers that people can sign in with. Needs no credentials.
   *
   * GET /api/v1/auth/providers
   * @param {CallOptions} [options]
   * @returns {Promise<Api.SignInProviders['providers']>}
   */
  async providers(options) {
    return (await this.call("auth.providers", {}, options)).providers;
  }

  /**
   * Log in with the code that a sign-in at an OpenID Connect provider has ended with.
   *
   * Needs no credentials. The sign-in was counted when it started. It works once, and makes an account
   * where the provider's settings say so.
   *
   * POST /api/v1/auth/oidc/{provider}
   * @param {Api.OpenIdLogin['provider']} provider
   * @param {Omit<Api.OpenIdLogin, 'provider'>} request
   * @param {CallOptions} [options]
   * @returns {Promise<Api.LoginAnswer>}
   */
  oidc(provider, request, options) {
    return this.call("auth.oidc", { ...request, provider }, options);
  }

  /**
   * Exchange a refresh token for new tokens. Needs no credentials.
   *
   * A refresh token works once. If it is used again, all tokens that came from the same login are revoked.
   *
   * POST /api/v1/auth/refresh
   * @param {Api.Refresh} request
   * @param {CallOptions} [options]
   * @returns {Promise<Api.RefreshAnswer['tokens']>}
   */
  async refresh(request, options) {
    return (await this.call("auth.refresh", { ...request }, options)).tokens;
  }

  /**
   * Get your own profile, and what your credential lets you do.
   *
   * GET /api/v1/auth/profile
   * @param {CallOptions} [options]
   * @returns {Promise<Api.ProfileAnswer>}
   */
  profile(options) {
    return this.call("auth.profile", {}, options);
  }

  /**
   * Change your own name or preferences. Fields that are left out stay as they are.
   *
   * PUT /api/v1/auth/profile
   * @param {Api.AccountUpdate} [request]
   * @param {CallOptions} [options]
   * @returns {Promise<Api.ProfileAnswer>}
   */
  update(request = {}, options) {
    return this.call("auth.update", { ...request }, options);
  }

  /**
   * Change your own password.
   *
   * Your other logins end, unless `endOtherLogins` is false; API keys remain valid.
   *
   * PUT /api/v1/auth/password
   * @param {Api.PasswordChange} request
   * @param {CallOptions} [options]
   * @returns {Promise<Api.PasswordChanged>}
   */
  password(request, options) {
    return this.call("auth.password", { ...request }, options);
  }

  /**
   * End your login, with its tokens and the connections they have opened; with `all`, end all your
   *
   * logins.
   *
   * POST /api/v1/auth/logout
   * @param {Api.LogOut} [request]
   * @param {CallOptions} [options]
   * @returns {Promise<Api.LoggedOut>}
   */
  logout(request = {}, options) {
    return this.call("auth.logout", { ...request }, options);
  }

  /**
   * Choose a password with an invitation, and log in. Needs no credentials.
   *
   * An invitation works once. The user's other logins end.
   *
   * POST /api/v1/auth/invitation
   * @param {Api.InvitationAccept} request
   * @param {CallOptions} [options]
   * @returns {Promise<Api.LoginAnswer>}
   */
  accept(request, options) {
    return this.call("auth.accept", { ...request }, options);
  }
}

/** `checkpoint.list`, `checkpoint.create`, `checkpoint.compare`, `checkpoint.restore`. */
export class CheckpointsArea extends Area {
  /**
   * List a session's checkpoints, newest first.
   *
   * GET /api/v1/sessions/{sessionId}/checkpoints
   * @param {Api.CheckpointList['sessionId']} sessionId
   * @param {Omit<Api.CheckpointList, 'sessionId'>} [request]
   * @param {CallOptions} [options]
   * @returns {Listing<Api.CheckpointPage, Api.CheckpointPage['data'][number]>}
   */
  list(sessionId, request = {}, options) {
    return new Listing(request, (request) =>
      this.call("checkpoint.list", { ...request, sessionId }, options),
    );
  }

  /**
   * Save the workspace as it is now.
   *
   * POST /api/v1/sessions/{sessionId}/checkpoints
   * @param {Api.CheckpointCreate['sessionId']} sessionId
   * @param {Omit<Api.CheckpointCreate, 'sessionId'>} [request]
   * @param {CallOptions} [options]
   * @returns {Promise<Api.CheckpointCreated['checkpoint']>}
   */
  async create(sessionId, request = {}, options) {
    return (await this.call("checkpoint.create", { ...request, sessionId }, options)).checkpoint;
  }

  /**
   * Show what changed since a checkpoint, or between two.
   *
   * GET /api/v1/sessions/{sessionId}/checkpoints/{checkpointId}/diff
   * @param {Api.CheckpointCompare['sessionId']} sessionId
   * @param {Api.CheckpointCompare['checkpointId']} checkpointId
   * @param {Omit<Api.CheckpointCompare, 'sessionId' | 'checkpointId'>} [request]
   * @param {CallOptions} [options]
   * @returns {Promise<Api.CheckpointDifference>}
   */
  compare(sessionId, checkpointId, request = {}, options) {
    return this.call("checkpoint.compare", { ...request, sessionId, checkpointId }, options);
  }

  /**
   * Restore the workspace to a checkpoint. Its present state is saved first.
   *
   * POST /api/v1/sessions/{sessionId}/checkpoints/{checkpointId}/restore
   * @param {Api.CheckpointRef['sessionId']} sessionId
   * @param {Api.CheckpointRef['checkpointId']} checkpointId
   * @param {CallOptions} [options]
   * @returns {Promise<Api.CheckpointRestored>}
   */
  restore(sessionId, checkpointId, options) {
    return this.call("checkpoint.restore", { sessionId, checkpointId }, options);
  }
}

/** `event.list`, `event.read`. */
export class EventsArea extends Area {
  /**
   * Read the session's events with a `seq` greater than `after`, in order and without gaps.
   *
   * If the cursor does not belong to this log (for example because the log was restored from a backup), or
   * events after it have been removed, reading starts at the beginning and `pagination.reset` is true.
   * `pagination.first` is the `seq` of the first event that is still there.
   *
   * GET /api/v1/sessions/{sessionId}/events
   * @param {Api.EventList['sessionId']} sessionId
   * @param {Omit<Api.EventList, 'sessionId'>} [request]
   * @param {CallOptions} [options]
   * @returns {Promise<Api.EventPage>}
   */
  list(sessionId, request = {}, options) {
    return this.call("event.list", { ...request, sessionId }, options);
  }

  /**
   * Read the events of all your sessions after a cursor, in the order in which they were stored.
   *
   * Continue with `pagination.nextAfter`. If the cursor is none of this server's, or too old, reading
   * starts at the beginning and `pagination.reset` is true.
   *
   * GET /api/v1/events
   * @param {Api.TimelineRead} [request]
   * @param {CallOptions} [options]
   * @returns {Promise<Api.TimelineSlice>}
   */
  read(request = {}, options) {
    return this.call("event.read", { ...request }, options);
  }
}

/** `file.list`, `file.read`, `file.create`, `file.update`, `file.delete`, `file.rename`, `file.copy`, `file.mkdir`. */
export class FilesArea extends Area {
  /**
   * List the files and directories in a directory of the workspace.
   *
   * Paths are absolute within the workspace. Hidden entries (such as `.git`) are left out unless
   * requested.
   *
   * GET /api/v1/sessions/{sessionId}/files
   * @param {Api.FileList['sessionId']} sessionId
   * @param {Omit<Api.FileList, 'sessionId'>} [request]
   * @param {CallOptions} [options]
   * @returns {Promise<Api.FileListing>}
   */
  list(sessionId, request = {}, options) {
    return this.call("file.list", { ...request, sessionId }, options);
  }

  /**
   * Read a file: UTF-8 text as it is, anything else as base64.
   *
   * GET /api/v1/sessions/{sessionId}/files/{path}
   * @param {Api.FileRead['sessionId']} sessionId
   * @param {Api.FileRead['path']} path
   * @param {Omit<Api.FileRead, 'sessionId' | 'path'>} [request]
   * @param {CallOptions} [options]
   * @returns {Promise<Api.FileContent>}
   */
  read(sessionId, path, request = {}, options) {
    return this.call("file.read", { ...request, sessionId, path }, options);
  }

  /**
   * Create a file and its parent directories. If the file exists already, the answer is 409.
   *
   * POST /api/v1/sessions/{sessionId}/files/{path}
   * @param {Api.FileWrite['sessionId']} sessionId
   * @param {Api.FileWrite['path']} path
   * @param {Omit<Api.FileWrite, 'sessionId' | 'path'>} request
   * @param {CallOptions} [options]
   * @returns {Promise<Api.FileAnswer['file']>}
   */
  async create(sessionId, path, request, options) {
    return (await this.call("file.create", { ...request, sessionId, path }, options)).file;
  }

  /**
   * Replace a file's content. If the file does not exist, the answer is 404.
   *
   * With `ifMatch` (in REST also the header `If-Match`), a change that the caller has not seen is never
   * overwritten: if the file's `etag` differs, the answer is 409 and names the current one.
   *
   * PUT /api/v1/sessions/{sessionId}/files/{path}
   * @param {Api.FileUpdate['sessionId']} sessionId
   * @param {Api.FileUpdate['path']} path
   * @param {Omit<Api.FileUpdate, 'sessionId' | 'path'>} request
   * @param {CallOptions} [options]
   * @returns {Promise<Api.FileAnswer['file']>}
   */
  async update(sessionId, path, request, options) {
    return (await this.call("file.update", { ...request, sessionId, path }, options)).file;
  }

  /**
   * Delete a file, a link, or a directory. `ifMatch` works as in `file.update`.
   *
   * A directory that has content answers 409, unless `recursive` is set: then it vanishes as a whole, or
   * not at all. Links are never followed.
   *
   * DELETE /api/v1/sessions/{sessionId}/files/{path}
   * @param {Api.FileDelete['sessionId']} sessionId
   * @param {Api.FileDelete['path']} path
   * @param {Omit<Api.FileDelete, 'sessionId' | 'path'>} [request]
   * @param {CallOptions} [options]
   * @returns {Promise<Api.FileRemoved>}
   */
  delete(sessionId, path, request = {}, options) {
    return this.call("file.delete", { ...request, sessionId, path }, options);
  }

  /**
   * Move a file, link or directory to another path. `ifMatch` works as in `file.update`.
   *
   * POST /api/v1/sessions/{sessionId}/file/rename
   * @param {Api.FileRename['sessionId']} sessionId
   * @param {Omit<Api.FileRename, 'sessionId'>} request
   * @param {CallOptions} [options]
   * @returns {Promise<Api.FileAnswer['file']>}
   */
  async rename(sessionId, request, options) {
    return (await this.call("file.rename", { ...request, sessionId }, options)).file;
  }

  /**
   * Copy a file, or a directory with all its contents. The copy appears once it is complete.
   *
   * POST /api/v1/sessions/{sessionId}/file/copy
   * @param {Api.FileCopy['sessionId']} sessionId
   * @param {Omit<Api.FileCopy, 'sessionId'>} request
   * @param {CallOptions} [options]
   * @returns {Promise<Api.FileAnswer['file']>}
   */
  async copy(sessionId, request, options) {
    return (await this.call("file.copy", { ...request, sessionId }, options)).file;
  }

  /**
   * Create a directory and its parents. If it exists already, the answer is 409.
   *
   * POST /api/v1/sessions/{sessionId}/file/mkdir
   * @param {Api.DirectoryMake['sessionId']} sessionId
   * @param {Omit<Api.DirectoryMake, 'sessionId'>} request
   * @param {CallOptions} [options]
   * @returns {Promise<Api.FileAnswer['file']>}
   */
  async mkdir(sessionId, request, options) {
    return (await this.call("file.mkdir", { ...request, sessionId }, options)).file;
  }
}

/** `identity.list`, `identity.link`, `identity.unlink`. */
export class IdentitiesArea extends Area {
  /**
   * List the providers' sign-ins that are linked to your account, oldest first.
   *
   * GET /api/v1/identities
   * @param {CallOptions} [options]
   * @returns {Promise<Api.Identities['identities']>}
   */
  async list(options) {
    return (await this.call("identity.list", {}, options)).identities;
  }

  /**
   * Link a sign-in that has just ended to your account: from now on it logs in to it.
   *
   * You have to be logged in; an API key is not enough.
   *
   * POST /api/v1/identities/{provider}
   * @param {Api.IdentityLink['provider']} provider
   * @param {Omit<Api.IdentityLink, 'provider'>} request
   * @param {CallOptions} [options]
   * @returns {Promise<Api.IdentityShown['identity']>}
   */
  async link(provider, request, options) {
    return (await this.call("identity.link", { ...request, provider }, options)).identity;
  }

  /**
   * Let a sign-in log in to your account no more; logins that came of it go on.
   *
   * Your only way to log in stays.
   *
   * DELETE /api/v1/identities/{identityId}
   * @param {Api.IdentityRef['identityId']} identityId
   * @param {CallOptions} [options]
   * @returns {Promise<Api.IdentityShown['identity']>}
   */
  async unlink(identityId, options) {
    return (await this.call("identity.unlink", { identityId }, options)).identity;
  }
}

/** `inbox.list`. */
export class InboxArea extends Area {
  /**
   * List what waits for you, newest first: approvals, questions, and interrupted tasks.
   *
   * The sessions are your own and those in which you are a collaborator; `scope` leaves one of the two
   * out. `event.follow` with `types: ["task.*", "approval.*"]` says when to look again.
   *
   * GET /api/v1/inbox
   * @param {Api.InboxList} [request]
   * @param {CallOptions} [options]
   * @returns {Listing<Api.InboxPage, Api.InboxPage['data'][number]>}
   */
  list(request = {}, options) {
    return new Listing(request, (request) => this.call("inbox.list", { ...request }, options));
  }
}

/** `key.list`, `key.create`, `key.revoke`. */
export class KeysArea extends Area {
  /**
   * List your own API keys, oldest first, without revoked ones. No key is shown in full.
   *
   * GET /api/v1/keys
   * @param {CallOptions} [options]
   * @returns {Promise<Api.Keys['keys']>}
   */
  async list(options) {
    return (await this.call("key.list", {}, options)).keys;
  }

  /**
   * Create an API key, which acts as you within its scopes. `secret` is not shown again.
   *
   * A key that is created with a key has no more than that one.
   *
   * POST /api/v1/keys
   * @param {Api.KeyCreate} request
   * @param {CallOptions} [options]
   * @returns {Promise<Api.KeyMade>}
   */
  create(request, options) {
    return this.call("key.create", { ...request }, options);
  }

  /**
   * Revoke one of your own API keys. Connections that it has opened end.
   *
   * DELETE /api/v1/keys/{keyId}
   * @param {Api.KeyRef['keyId']} keyId
   * @param {CallOptions} [options]
   * @returns {Promise<Api.KeyShown['key']>}
   */
  async revoke(keyId, options) {
    return (await this.call("key.revoke", { keyId }, options)).key;
  }
}

/** `login.list`, `login.end`. */
export class LoginsArea extends Area {
  /**
   * List your own logins that still work, the one that was used last first.
   *
   * `isCurrent` is true for the one that your access token came from.
   *
   * GET /api/v1/logins
   * @param {Api.LoginList} [request]
   * @param {CallOptions} [options]
   * @returns {Listing<Api.LoginPage, Api.LoginPage['data'][number]>}
   */
  list(request = {}, options) {
    return new Listing(request, (request) => this.call("login.list", { ...request }, options));
  }

  /**
   * End one of your own logins, with its tokens and the connections that they have opened.
   *
   * DELETE /api/v1/logins/{loginId}
   * @param {Api.LoginRef['loginId']} loginId
   * @param {CallOptions} [options]
   * @returns {Promise<Api.LoggedOut>}
   */
  end(loginId, options) {
    return this.call("login.end", { loginId }, options);
  }
}

/** `mcp.list`, `mcp.restart`. */
export class McpArea extends Area {
  /**
   * List a session's MCP servers, with their state and what they offer. Starts none of them.
   *
   * GET /api/v1/sessions/{sessionId}/mcp
   * @param {Api.McpList['sessionId']} sessionId
   * @param {CallOptions} [options]
   * @returns {Promise<Api.McpServers>}
   */
  list(sessionId, options) {
    return this.call("mcp.list", { sessionId }, options);
  }

  /**
   * Restart an MCP server. Its `status` and `error` say whether that succeeded.
   *
   * POST /api/v1/sessions/{sessionId}/mcp/{serverName}/restart
   * @param {Api.McpRestart['sessionId']} sessionId
   * @param {Api.McpRestart['serverName']} serverName
   * @param {CallOptions} [options]
   * @returns {Promise<Api.McpRestarted['server']>}
   */
  async restart(sessionId, serverName, options) {
    return (await this.call("mcp.restart", { sessionId, serverName }, options)).server;
  }
}

/** `model.list`. */
export class ModelsArea extends Area {
  /**
   * List the providers and models that your sessions can name, and what new ones use by default.
   *
   * Keys are never shown, only whether there is one. A provider that cannot be used now has a `problem`:
   * the code with which tasks would fail, and what to do. A session that is shared with you uses the
   * active profile of its owner, not yours.
   *
   * GET /api/v1/models
   * @param {CallOptions} [options]
   * @returns {Promise<Api.ModelCatalogue>}
   */
  list(options) {
    return this.call("model.list", {}, options);
  }
}

/** `mode.list`, `mode.standing`. */
export class ModesArea extends Area {
  /**
   * List the modes available to the session's tasks: built-in, configured, and from its `.roomodes`.
   *
   * GET /api/v1/sessions/{sessionId}/modes
   * @param {Api.ModeList['sessionId']} sessionId
   * @param {CallOptions} [options]
   * @returns {Promise<Api.ModeCatalogue>}
   */
  list(sessionId, options) {
    return this.call("mode.list", { sessionId }, options);
  }

  /**
   * List the modes that every session has, built-in and configured: a new one can begin in any.
   *
   * The modes of a workspace's `.roomodes` are told by `mode.list`.
   *
   * GET /api/v1/modes
   * @param {CallOptions} [options]
   * @returns {Promise<Api.StandingModes>}
   */
  standing(options) {
    return this.call("mode.standing", {}, options);
  }
}

/** `system.health`, `system.resources`, `system.processes`, `system.agents`, `system.kill`, `log.list`, `system.performance`. */
export class MonitoringArea extends Area {
  /**
   * Report whether the server works and where commands run. Needs no credentials.
   *
   * The check includes a write to the database. If that fails, the answer is SERVER_OVERLOAD (503).
   *
   * GET /api/v1/health
   * @param {CallOptions} [options]
   * @returns {Promise<Api.Health>}
   */
  health(options) {
    return this.call("system.health", {}, options);
  }

  /**
   * Return the machine's processor, memory, disk and network usage and its processes.
   *
   * The sample is at most `monitoring.sample_interval_s` old.
   *
   * GET /api/v1/system/resources
   * @param {CallOptions} [options]
   * @returns {Promise<Api.SystemResources>}
   */
  resources(options) {
    return this.call("system.resources", {}, options);
  }

  /**
   * List the processes that run for sessions of the caller's; administrators see all of the machine.
   *
   * The most active ones come first.
   *
   * GET /api/v1/system/processes
   * @param {Api.SystemProcessList} [request]
   * @param {CallOptions} [options]
   * @returns {Promise<Api.SystemProcesses>}
   */
  processes(request = {}, options) {
    return this.call("system.processes", { ...request }, options);
  }

  /**
   * List the running tasks and agent programs of the caller's sessions; administrators see all.
   *
   * A task of this server has the type `roocode` and the server's own pid; its memory and processor are
   * those of what it has started.
   *
   * GET /api/v1/system/agents
   * @param {CallOptions} [options]
   * @returns {Promise<Api.SystemAgents>}
   */
  agents(options) {
    return this.call("system.agents", {}, options);
  }

  /**
   * Send a signal to a process that runs for a session of the caller's, and wait a moment for its end.
   *
   * Administrators reach every process but this server's own, those above it, and the kernel's. `success`
   * is false if the process goes on.
   *
   * POST /api/v1/system/processes/{pid}/kill
   * @param {Api.SystemKill['pid']} pid
   * @param {Omit<Api.SystemKill, 'pid'>} [request]
   * @param {CallOptions} [options]
   * @returns {Promise<Api.KilledProcess>}
   */
  kill(pid, request = {}, options) {
    return this.call("system.kill", { ...request, pid }, options);
  }

  /**
   * Read entries of the server's log, newest first: those about sessions of the caller's.
   *
   * Administrators see all. A call reads a bounded part of the log: follow `nextCursor` for older entries,
   * also if there are none in an answer.
   *
   * GET /api/v1/system/logs
   * @param {Api.LogList} [request]
   * @param {CallOptions} [options]
   * @returns {Promise<Api.LogPage>}
   */
  logs(request = {}, options) {
    return this.call("log.list", { ...request }, options);
  }

  /**
   * Return response times, throughput and errors of all calls over a range of time up to now, and how
   *
   * the machine was used.
   *
   * The answer sums up all callers and names none. Ranges up to an hour begin with a whole minute, longer
   * ones with half an hour; none begins before the server's start.
   *
   * GET /api/v1/system/performance
   * @param {Api.PerformanceQuery} [request]
   * @param {CallOptions} [options]
   * @returns {Promise<Api.Performance>}
   */
  performance(request = {}, options) {
    return this.call("system.performance", { ...request }, options);
  }
}

/** `playbook.list`. */
export class PlaybooksArea extends Area {
  /**
   * List the playbooks that a session with the provider `scripted` can name as its model.
   *
   * GET /api/v1/playbooks
   * @param {CallOptions} [options]
   * @returns {Promise<Api.Playbooks>}
   */
  list(options) {
    return this.call("playbook.list", {}, options);
  }
}

/** `process.start`, `process.list`, `process.get`, `process.logs`, `process.stop`. */
export class ProcessesArea extends Area {
  /**
   * Start a process that runs independently of tasks until it ends, is stopped, or the session ends.
   *
   * Its output is sent as `process.output` and kept in a file of the workspace.
   *
   * POST /api/v1/sessions/{sessionId}/processes
   * @param {Api.ProcessStart['sessionId']} sessionId
   * @param {Omit<Api.ProcessStart, 'sessionId'>} request
   * @param {CallOptions} [options]
   * @returns {Promise<Api.ProcessAnswer['process']>}
   */
  async start(sessionId, request, options) {
    return (await this.call("process.start", { ...request, sessionId }, options)).process;
  }

  /**
   * List the last hundred processes of a session, including those that have ended, oldest first.
   *
   * GET /api/v1/sessions/{sessionId}/processes
   * @param {Api.ProcessList['sessionId']} sessionId
   * @param {CallOptions} [options]
   * @returns {Promise<Api.Processes['processes']>}
   */
  async list(sessionId, options) {
    return (await this.call("process.list", { sessionId }, options)).processes;
  }

  /**
   * Get a process: whether it is running, and the ports it listens on.
   *
   * GET /api/v1/sessions/{sessionId}/processes/{pid}
   * @param {Api.ProcessRef['sessionId']} sessionId
   * @param {Api.ProcessRef['pid']} pid
   * @param {CallOptions} [options]
   * @returns {Promise<Api.ProcessAnswer['process']>}
   */
  async get(sessionId, pid, options) {
    return (await this.call("process.get", { sessionId, pid }, options)).process;
  }

  /**
   * Get the last lines of a process's output, both streams interleaved.
   *
   * GET /api/v1/sessions/{sessionId}/processes/{pid}/logs
   * @param {Api.ProcessLogs['sessionId']} sessionId
   * @param {Api.ProcessLogs['pid']} pid
   * @param {Omit<Api.ProcessLogs, 'sessionId' | 'pid'>} [request]
   * @param {CallOptions} [options]
   * @returns {Promise<Api.ProcessLog>}
   */
  logs(sessionId, pid, request = {}, options) {
    return this.call("process.logs", { ...request, sessionId, pid }, options);
  }

  /**
   * Stop a process and everything it started: SIGTERM, then SIGKILL after five seconds.
   *
   * If it has ended already, the answer is 409.
   *
   * POST /api/v1/sessions/{sessionId}/processes/{pid}/stop
   * @param {Api.ProcessStop['sessionId']} sessionId
   * @param {Api.ProcessStop['pid']} pid
   * @param {Omit<Api.ProcessStop, 'sessionId' | 'pid'>} [request]
   * @param {CallOptions} [options]
   * @returns {Promise<Api.ProcessAnswer['process']>}
   */
  async stop(sessionId, pid, request = {}, options) {
    return (await this.call("process.stop", { ...request, sessionId, pid }, options)).process;
  }
}

/** `profile.list`, `profile.create`, `profile.get`, `profile.update`, `profile.delete`, `profile.activate`. */
export class ProfilesArea extends Area {
  /**
   * List your own provider profiles by name. Keys are never shown, only whether there is one.
   *
   * GET /api/v1/profiles
   * @param {CallOptions} [options]
   * @returns {Promise<Api.Profiles['profiles']>}
   */
  async list(options) {
    return (await this.call("profile.list", {}, options)).profiles;
  }

  /**
   * Create a profile and make it the active one, unless `activate` is false.
   *
   * Your sessions whose provider is `auto` use the active profile's provider, model, address and key.
   *
   * POST /api/v1/profiles
   * @param {Api.ProfileCreate} request
   * @param {CallOptions} [options]
   * @returns {Promise<Api.ProfileShown['profile']>}
   */
  async create(request, options) {
    return (await this.call("profile.create", { ...request }, options)).profile;
  }

  /**
   * Get one of your own profiles.
   *
   * GET /api/v1/profiles/{profileId}
   * @param {Api.ProfileRef['profileId']} profileId
   * @param {CallOptions} [options]
   * @returns {Promise<Api.ProfileShown['profile']>}
   */
  async get(profileId, options) {
    return (await this.call("profile.get", { profileId }, options)).profile;
  }

  /**
   * Change a profile.
   *
   * Fields that are left out stay as they are; an empty `baseUrl` or `apiKey` removes it. Running tasks
   * use the changed profile from their next request to the model.
   *
   * PUT /api/v1/profiles/{profileId}
   * @param {Api.ProfileUpdate['profileId']} profileId
   * @param {Omit<Api.ProfileUpdate, 'profileId'>} [request]
   * @param {CallOptions} [options]
   * @returns {Promise<Api.ProfileShown['profile']>}
   */
  async update(profileId, request = {}, options) {
    return (await this.call("profile.update", { ...request, profileId }, options)).profile;
  }

  /**
   * Delete a profile and its key. Without an active profile, the server's own choice applies again.
   *
   * DELETE /api/v1/profiles/{profileId}
   * @param {Api.ProfileRef['profileId']} profileId
   * @param {CallOptions} [options]
   * @returns {Promise<Api.ProfileRemoved>}
   */
  delete(profileId, options) {
    return this.call("profile.delete", { profileId }, options);
  }

  /**
   * Make this profile the active one.
   *
   * POST /api/v1/profiles/{profileId}/activate
   * @param {Api.ProfileRef['profileId']} profileId
   * @param {CallOptions} [options]
   * @returns {Promise<Api.ProfileShown['profile']>}
   */
  async activate(profileId, options) {
    return (await this.call("profile.activate", { profileId }, options)).profile;
  }
}

/** `rule.list`, `rule.delete`. */
export class RulesArea extends Area {
  /**
   * List your standing rules, in the order in which they apply: the last that matches decides.
   *
   * GET /api/v1/rules
   * @param {Api.RuleList} [request]
   * @param {CallOptions} [options]
   * @returns {Listing<Api.RulePage, Api.RulePage['data'][number]>}
   */
  list(request = {}, options) {
    return new Listing(request, (request) => this.call("rule.list", { ...request }, options));
  }

  /**
   * Take one of your standing rules back. What it allowed is asked about again from now on.
   *
   * DELETE /api/v1/rules/{ruleId}
   * @param {Api.RuleRef['ruleId']} ruleId
   * @param {CallOptions} [options]
   * @returns {Promise<Api.RuleRemoved>}
   */
  delete(ruleId, options) {
    return this.call("rule.delete", { ruleId }, options);
  }
}

/** `search.files`, `search.text`, `search.semantic`. */
export class SearchArea extends Area {
  /**
   * Find files by a glob on their names or paths.
   *
   * Hidden files and files ignored by `.gitignore` are left out unless requested; a glob with a slash in
   * it also finds ignored files. The search ends when the caller disconnects, and after one minute.
   *
   * POST /api/v1/sessions/{sessionId}/search/files
   * @param {Api.FileSearchRequest['sessionId']} sessionId
   * @param {Omit<Api.FileSearchRequest, 'sessionId'>} request
   * @param {CallOptions} [options]
   * @returns {Promise<Api.FilesFound>}
   */
  files(sessionId, request, options) {
    return this.call("search.files", { ...request, sessionId }, options);
  }

  /**
   * Find lines of text files that match a regular expression.
   *
   * Hidden files and files ignored by `.gitignore` are left out unless requested; binary files always are.
   * The search ends when the caller disconnects, and after one minute.
   *
   * POST /api/v1/sessions/{sessionId}/search/text
   * @param {Api.TextSearchRequest['sessionId']} sessionId
   * @param {Omit<Api.TextSearchRequest, 'sessionId'>} request
   * @param {CallOptions} [options]
   * @returns {Promise<Api.TextFound>}
   */
  text(sessionId, request, options) {
    return this.call("search.text", { ...request, sessionId }, options);
  }

  /**
   * Find pieces of text files by meaning, not by words: `where are passwords checked`.
   *
   * Files that `.gitignore` or `.rooignore` excludes are left out. The first search of a session reads all
   * files; it answers after 20 seconds with what has been read by then, and `waiting` says how many are
   * left.
   * Without the extra `semantic` the answer is `EXTRA_NOT_INSTALLED` and says how to get it.
   *
   * POST /api/v1/sessions/{sessionId}/search/semantic
   * @param {Api.MeaningSearchRequest['sessionId']} sessionId
   * @param {Omit<Api.MeaningSearchRequest, 'sessionId'>} request
   * @param {CallOptions} [options]
   * @returns {Promise<Api.MeaningFound>}
   */
  semantic(sessionId, request, options) {
    return this.call("search.semantic", { ...request, sessionId }, options);
  }
}

/** `session.list`, `session.create`, `session.fork`, `session.ensure`, `session.get`, `session.update`, `session.delete`, `session.sandbox`, `session.share`, `session.shares`, `session.unshare`, `session.leave`. */
export class SessionsArea extends Area {
  /**
   * List your own sessions and those that are shared with you, newest first.
   *
   * `scope` leaves one of the two out, `purpose` all but those for it. `access` says what you may do in
   * each.
   *
   * GET /api/v1/sessions
   * @param {Api.SessionList} [request]
   * @param {CallOptions} [options]
   * @returns {Listing<Api.SessionPage, Api.SessionPage['data'][number]>}
   */
  list(request = {}, options) {
    return new Listing(request, (request) => this.call("session.list", { ...request }, options));
  }

  /**
   * Copy a session into a new one of yours: files, conversations, tasks, checkpoints and the log.
   *
   * Neither sees what happens in the other afterwards. Nothing is at work in the copy: unfinished tasks
   * wait to be resumed, and pending approvals are withdrawn.
   *
   * POST /api/v1/sessions/{sessionId}/fork
   * @param {Api.SessionFork['sessionId']} sessionId
   * @param {Omit<Api.SessionFork, 'sessionId'>} [request]
   * @param {CallOptions} [options]
   * @returns {Promise<Api.SessionCreated>}
   */
  fork(sessionId, request = {}, options) {
    return this.call("session.fork", { ...request, sessionId }, options);
  }

  /**
   * Get your session for a purpose; if there is none, it is created as by `session.create`.
   *
   * A user has one session for each purpose, however many programs ask for it at once. Programs that keep
   * no state find theirs again by it. Once it has been deleted, the next call creates another.
   *
   * PUT /api/v1/purposes/{purpose}/session
   * @param {Api.SessionEnsure['purpose']} purpose
   * @param {Omit<Api.SessionEnsure, 'purpose'>} [request]
   * @param {CallOptions} [options]
   * @returns {Promise<Api.SessionEnsured>}
   */
  ensure(purpose, request = {}, options) {
    return this.call("session.ensure", { ...request, purpose }, options);
  }

  /**
   * Get a session. `access` says what you may do there.
   *
   * GET /api/v1/sessions/{sessionId}
   * @param {Api.SessionRef['sessionId']} sessionId
   * @param {CallOptions} [options]
   * @returns {Promise<Api.SessionAnswer['session']>}
   */
  async get(sessionId, options) {
    return (await this.call("session.get", { sessionId }, options)).session;
  }

  /**
   * Change a session's name, status, expiry or configuration.
   *
   * Fields that are left out stay as they are. A running task keeps the configuration it began with.
   *
   * PUT /api/v1/sessions/{sessionId}
   * @param {Api.SessionUpdate['sessionId']} sessionId
   * @param {Omit<Api.SessionUpdate, 'sessionId'>} [request]
   * @param {CallOptions} [options]
   * @returns {Promise<Api.SessionAnswer['session']>}
   */
  async update(sessionId, request = {}, options) {
    return (await this.call("session.update", { ...request, sessionId }, options)).session;
  }

  /**
   * Delete a session: end everything that runs in it and remove its workspace, tasks and events.
   *
   * DELETE /api/v1/sessions/{sessionId}
   * @param {Api.SessionRef['sessionId']} sessionId
   * @param {CallOptions} [options]
   * @returns {Promise<Api.SessionRemoved>}
   */
  delete(sessionId, options) {
    return this.call("session.delete", { sessionId }, options);
  }

  /**
   * Report where a session's commands run and how each of its limits is enforced.
   *
   * GET /api/v1/sessions/{sessionId}/sandbox
   * @param {Api.SessionRef['sessionId']} sessionId
   * @param {CallOptions} [options]
   * @returns {Promise<Api.SandboxAnswer['sandbox']>}
   */
  async sandbox(sessionId, options) {
    return (await this.call("session.sandbox", { sessionId }, options)).sandbox;
  }

  /**
   * Share a session with somebody: as `watcher` they read, as `collaborator` they work in it too.
   *
   * A second call for the same user changes their access. What they have open in the session ends as far
   * as the new access does not permit it.
   *
   * POST /api/v1/sessions/{sessionId}/shares
   * @param {Api.SessionShare['sessionId']} sessionId
   * @param {Omit<Api.SessionShare, 'sessionId'>} request
   * @param {CallOptions} [options]
   * @returns {Promise<Api.ShareAnswer['share']>}
   */
  async share(sessionId, request, options) {
    return (await this.call("session.share", { ...request, sessionId }, options)).share;
  }

  /**
   * List whose session it is, and with whom it is shared.
   *
   * GET /api/v1/sessions/{sessionId}/shares
   * @param {Api.SessionRef['sessionId']} sessionId
   * @param {CallOptions} [options]
   * @returns {Promise<Api.Shares>}
   */
  shares(sessionId, options) {
    return this.call("session.shares", { sessionId }, options);
  }

  /**
   * Take somebody's share back: what they have open in the session ends at once.
   *
   * DELETE /api/v1/sessions/{sessionId}/shares/{userId}
   * @param {Api.SessionUnshare['sessionId']} sessionId
   * @param {Api.SessionUnshare['userId']} userId
   * @param {CallOptions} [options]
   * @returns {Promise<Api.ShareRemoved>}
   */
  unshare(sessionId, userId, options) {
    return this.call("session.unshare", { sessionId, userId }, options);
  }

  /**
   * Give back your own share of somebody's session.
   *
   * POST /api/v1/sessions/{sessionId}/leave
   * @param {Api.SessionRef['sessionId']} sessionId
   * @param {CallOptions} [options]
   * @returns {Promise<Api.ShareRemoved>}
   */
  leave(sessionId, options) {
    return this.call("session.leave", { sessionId }, options);
  }
}

/** `shell.exec`. */
export class ShellArea extends Area {
  /**
   * Run a command line in the session's sandbox and wait for it to end; `tty` gives it a terminal.
   *
   * It is ended when the connection that requested it closes. For anything longer, start a process.
   *
   * POST /api/v1/sessions/{sessionId}/shell
   * @param {Api.ShellExec['sessionId']} sessionId
   * @param {Omit<Api.ShellExec, 'sessionId'>} request
   * @param {CallOptions} [options]
   * @returns {Promise<Api.ShellExecuted>}
   */
  exec(sessionId, request, options) {
    return this.call("shell.exec", { ...request, sessionId }, options);
  }
}

/** `task.create`, `task.list`, `task.get`, `task.update`, `task.cancel`, `task.stack`, `task.interrupt`, `task.retry`, `task.message`, `task.messages`, `task.turns`, `task.resume`, `task.rewind`, `task.fork`, `task.reinstate`, `task.diff`, `task.condense`, `task.command`. */
export class TasksArea extends Area {
  /**
   * List a session's tasks, newest first; those of a status, type or priority.
   *
   * GET /api/v1/sessions/{sessionId}/tasks
   * @param {Api.TaskList['sessionId']} sessionId
   * @param {Omit<Api.TaskList, 'sessionId'>} [request]
   * @param {CallOptions} [options]
   * @returns {Listing<Api.TaskPage, Api.TaskPage['data'][number]>}
   */
  list(sessionId, request = {}, options) {
    return new Listing(request, (request) => this.call("task.list", { ...request, sessionId }, options));
  }

  /**
   * Approve or reject everything a task is waiting for. If it is not waiting, the answer is 409.
   *
   * PUT /api/v1/sessions/{sessionId}/tasks/{taskId}
   * @param {Api.TaskUpdate['sessionId']} sessionId
   * @param {Api.TaskUpdate['taskId']} taskId
   * @param {Omit<Api.TaskUpdate, 'sessionId' | 'taskId'>} request
   * @param {CallOptions} [options]
   * @returns {Promise<Api.TaskAnswer['task']>}
   */
  async update(sessionId, taskId, request, options) {
    return (await this.call("task.update", { ...request, sessionId, taskId }, options)).task;
  }

  /**
   * Stop a task and everything it started. If it has ended already, the answer is 409.
   *
   * DELETE /api/v1/sessions/{sessionId}/tasks/{taskId}
   * @param {Api.TaskRef['sessionId']} sessionId
   * @param {Api.TaskRef['taskId']} taskId
   * @param {CallOptions} [options]
   * @returns {Promise<Api.TaskAnswer['task']>}
   */
  async cancel(sessionId, taskId, options) {
    return (await this.call("task.cancel", { sessionId, taskId }, options)).task;
  }

  /**
   * List the task under way and the subtasks it waits for; empty if nothing is unfinished.
   *
   * GET /api/v1/sessions/{sessionId}/stack
   * @param {Api.TaskStackRef['sessionId']} sessionId
   * @param {CallOptions} [options]
   * @returns {Promise<Api.TaskStack['tasks']>}
   */
  async stack(sessionId, options) {
    return (await this.call("task.stack", { sessionId }, options)).tasks;
  }

  /**
   * Stop what a task is doing at this moment, and leave it resumable.
   *
   * The request to the model is dropped, and a running command killed; a subtask is interrupted with the
   * task that waits for it. `task.resume` goes on where it was; a message goes on with what it says;
   * so does the answer to an approval that was pending. If the task is not running, the answer is 409.
   *
   * POST /api/v1/sessions/{sessionId}/tasks/{taskId}/interrupt
   * @param {Api.TaskRef['sessionId']} sessionId
   * @param {Api.TaskRef['taskId']} taskId
   * @param {CallOptions} [options]
   * @returns {Promise<Api.TaskAnswer['task']>}
   */
  async interrupt(sessionId, taskId, options) {
    return (await this.call("task.interrupt", { sessionId, taskId }, options)).task;
  }

  /**
   * Queue a failed or cancelled task again, under the same id. Source: S4, `retry_task`.
   *
   * It begins anew, with `retryCount` one higher; its messages stay. If it did not fail, is a subtask, or
   * depends on a task that failed, the answer is 409. What it has used counts on: a task that has used up
   * its budget needs another one.
   *
   * POST /api/v1/sessions/{sessionId}/tasks/{taskId}/retry
   * @param {Api.TaskRetry['sessionId']} sessionId
   * @param {Api.TaskRetry['taskId']} taskId
   * @param {Omit<Api.TaskRetry, 'sessionId' | 'taskId'>} [request]
   * @param {CallOptions} [options]
   * @returns {Promise<Api.TaskAnswer['task']>}
   */
  async retry(sessionId, taskId, request = {}, options) {
    return (await this.call("task.retry", { ...request, sessionId, taskId }, options)).task;
  }

  /**
   * Send a message to the agent of a task: the answer to its question, a remark, or what to do next.
   *
   * If an approval is pending, the message rejects it and gives the agent the reason. An interrupted task
   * is resumed. A task that has completed, failed or was cancelled is queued again: its next `turn` goes
   * on in the same conversation. If such a task is a subtask, the answer is 409.
   *
   * POST /api/v1/sessions/{sessionId}/tasks/{taskId}/messages
   * @param {Api.TaskSay['sessionId']} sessionId
   * @param {Api.TaskSay['taskId']} taskId
   * @param {Omit<Api.TaskSay, 'sessionId' | 'taskId'>} request
   * @param {CallOptions} [options]
   * @returns {Promise<Api.MessageAnswer['message']>}
   */
  async message(sessionId, taskId, request, options) {
    return (await this.call("task.message", { ...request, sessionId, taskId }, options)).message;
  }

  /**
   * List a task's messages, oldest first.
   *
   * GET /api/v1/sessions/{sessionId}/tasks/{taskId}/messages
   * @param {Api.MessageList['sessionId']} sessionId
   * @param {Api.MessageList['taskId']} taskId
   * @param {Omit<Api.MessageList, 'sessionId' | 'taskId'>} [request]
   * @param {CallOptions} [options]
   * @returns {Listing<Api.MessagePage, Api.MessagePage['data'][number]>}
   */
  messages(sessionId, taskId, request = {}, options) {
    return new Listing(request, (request) =>
      this.call("task.messages", { ...request, sessionId, taskId }, options),
    );
  }

  /**
   * List a task's turns, the present one first: what a person said, and what came of it.
   *
   * GET /api/v1/sessions/{sessionId}/tasks/{taskId}/turns
   * @param {Api.TaskTurnList['sessionId']} sessionId
   * @param {Api.TaskTurnList['taskId']} taskId
   * @param {Omit<Api.TaskTurnList, 'sessionId' | 'taskId'>} [request]
   * @param {CallOptions} [options]
   * @returns {Listing<Api.TaskTurnPage, Api.TaskTurnPage['data'][number]>}
   */
  turns(sessionId, taskId, request = {}, options) {
    return new Listing(request, (request) =>
      this.call("task.turns", { ...request, sessionId, taskId }, options),
    );
  }

  /**
   * Continue a task that a person or a stop of the server interrupted. Completed steps are not
   *
   * repeated.
   *
   * POST /api/v1/sessions/{sessionId}/tasks/{taskId}/resume
   * @param {Api.TaskRef['sessionId']} sessionId
   * @param {Api.TaskRef['taskId']} taskId
   * @param {CallOptions} [options]
   * @returns {Promise<Api.TaskAnswer['task']>}
   */
  async resume(sessionId, taskId, options) {
    return (await this.call("task.resume", { sessionId, taskId }, options)).task;
  }

  /**
   * Go back to a message of a task: it becomes the last one, and what came after it is taken back.
   *
   * Conversation, to-do list, mode and, unless `files` is false, the workspace are as they were then. The
   * task waits for `task.message` or `task.resume`. `task.reinstate` undoes it. If the task is at work, or
   * no checkpoint of it was saved, the answer is 409. `files` needs the permission `file:write`.
   *
   * POST /api/v1/sessions/{sessionId}/tasks/{taskId}/rewind
   * @param {Api.TaskRewind['sessionId']} sessionId
   * @param {Api.TaskRewind['taskId']} taskId
   * @param {Omit<Api.TaskRewind, 'sessionId' | 'taskId'>} request
   * @param {CallOptions} [options]
   * @returns {Promise<Api.RewindAnswer>}
   */
  rewind(sessionId, taskId, request, options) {
    return this.call("task.rewind", { ...request, sessionId, taskId }, options);
  }

  /**
   * Copy a session as by `session.fork`, with one of its tasks gone back to a message, as by
   *
   * `task.rewind`.
   *
   * The task and its session stay as they are. `taskId` and `messageId` are those in the copy, where the
   * task waits for `task.message` or `task.resume`.
   *
   * POST /api/v1/sessions/{sessionId}/tasks/{taskId}/fork
   * @param {Api.TaskFork['sessionId']} sessionId
   * @param {Api.TaskFork['taskId']} taskId
   * @param {Omit<Api.TaskFork, 'sessionId' | 'taskId'>} request
   * @param {CallOptions} [options]
   * @returns {Promise<Api.TaskForked>}
   */
  fork(sessionId, taskId, request, options) {
    return this.call("task.fork", { ...request, sessionId, taskId }, options);
  }

  /**
   * Undo the last `task.rewind` of a task that has not gone on since: messages and files are back.
   *
   * POST /api/v1/sessions/{sessionId}/tasks/{taskId}/reinstate
   * @param {Api.TaskRef['sessionId']} sessionId
   * @param {Api.TaskRef['taskId']} taskId
   * @param {CallOptions} [options]
   * @returns {Promise<Api.RewindAnswer>}
   */
  reinstate(sessionId, taskId, options) {
    return this.call("task.reinstate", { sessionId, taskId }, options);
  }

  /**
   * Show what changed in the workspace since a task began, whoever changed it.
   *
   * Of a task that has ended, it is what changed before the next task began. If the workspace was not kept
   * as the task found it, the answer is 409.
   *
   * GET /api/v1/sessions/{sessionId}/tasks/{taskId}/diff
   * @param {Api.TaskCompare['sessionId']} sessionId
   * @param {Api.TaskCompare['taskId']} taskId
   * @param {Omit<Api.TaskCompare, 'sessionId' | 'taskId'>} [request]
   * @param {CallOptions} [options]
   * @returns {Promise<Api.TaskDifference>}
   */
  diff(sessionId, taskId, request = {}, options) {
    return this.call("task.diff", { ...request, sessionId, taskId }, options);
  }

  /**
   * Replace a running task's conversation with a summary before its next request to the model.
   *
   * POST /api/v1/sessions/{sessionId}/tasks/{taskId}/condense
   * @param {Api.TaskRef['sessionId']} sessionId
   * @param {Api.TaskRef['taskId']} taskId
   * @param {CallOptions} [options]
   * @returns {Promise<Api.TaskAnswer['task']>}
   */
  async condense(sessionId, taskId, options) {
    return (await this.call("task.condense", { sessionId, taskId }, options)).task;
  }

  /**
   * Let a command the task asks about (`command_output`) continue in the background, or kill it.
   *
   * With `callId`, any running command. If no such command is running, the answer is 409.
   *
   * POST /api/v1/sessions/{sessionId}/tasks/{taskId}/command
   * @param {Api.TaskCommand['sessionId']} sessionId
   * @param {Api.TaskCommand['taskId']} taskId
   * @param {Omit<Api.TaskCommand, 'sessionId' | 'taskId'>} request
   * @param {CallOptions} [options]
   * @returns {Promise<Api.TaskAnswer['task']>}
   */
  async command(sessionId, taskId, request, options) {
    return (await this.call("task.command", { ...request, sessionId, taskId }, options)).task;
  }
}

/** `terminal.open`, `terminal.list`, `terminal.get`, `terminal.close`, `terminal.input`, `terminal.resize`. */
export class TerminalsArea extends Area {
  /**
   * Open a terminal in the session's sandbox.
   *
   * It stays open after the client disconnects, until it is closed. Its output is sent as
   * `terminal.output` to everyone who follows the session.
   *
   * POST /api/v1/sessions/{sessionId}/terminals
   * @param {Api.TerminalOpen['sessionId']} sessionId
   * @param {Omit<Api.TerminalOpen, 'sessionId'>} [request]
   * @param {CallOptions} [options]
   * @returns {Promise<Api.TerminalAnswer['terminal']>}
   */
  async open(sessionId, request = {}, options) {
    return (await this.call("terminal.open", { ...request, sessionId }, options)).terminal;
  }

  /**
   * List a session's open terminals, oldest first.
   *
   * GET /api/v1/sessions/{sessionId}/terminals
   * @param {Api.TerminalList['sessionId']} sessionId
   * @param {CallOptions} [options]
   * @returns {Promise<Api.Terminals['terminals']>}
   */
  async list(sessionId, options) {
    return (await this.call("terminal.list", { sessionId }, options)).terminals;
  }

  /**
   * Get the most recent output of a terminal, to continue from there after a disconnect.
   *
   * GET /api/v1/sessions/{sessionId}/terminals/{terminalId}
   * @param {Api.TerminalRef['sessionId']} sessionId
   * @param {Api.TerminalRef['terminalId']} terminalId
   * @param {CallOptions} [options]
   * @returns {Promise<Api.TerminalScreen>}
   */
  get(sessionId, terminalId, options) {
    return this.call("terminal.get", { sessionId, terminalId }, options);
  }

  /**
   * Close a terminal and end whatever runs in it.
   *
   * DELETE /api/v1/sessions/{sessionId}/terminals/{terminalId}
   * @param {Api.TerminalRef['sessionId']} sessionId
   * @param {Api.TerminalRef['terminalId']} terminalId
   * @param {CallOptions} [options]
   * @returns {Promise<Api.TerminalAnswer['terminal']>}
   */
  async close(sessionId, terminalId, options) {
    return (await this.call("terminal.close", { sessionId, terminalId }, options)).terminal;
  }

  /**
   * Send input to a terminal. The order of inputs is kept.
   *
   * POST /api/v1/sessions/{sessionId}/terminals/{terminalId}/input
   * @param {Api.TerminalInput['sessionId']} sessionId
   * @param {Api.TerminalInput['terminalId']} terminalId
   * @param {Omit<Api.TerminalInput, 'sessionId' | 'terminalId'>} request
   * @param {CallOptions} [options]
   * @returns {Promise<Api.TerminalAnswer['terminal']>}
   */
  async input(sessionId, terminalId, request, options) {
    return (await this.call("terminal.input", { ...request, sessionId, terminalId }, options)).terminal;
  }

  /**
   * Set the size of a terminal's window.
   *
   * POST /api/v1/sessions/{sessionId}/terminals/{terminalId}/resize
   * @param {Api.TerminalResize['sessionId']} sessionId
   * @param {Api.TerminalResize['terminalId']} terminalId
   * @param {Omit<Api.TerminalResize, 'sessionId' | 'terminalId'>} request
   * @param {CallOptions} [options]
   * @returns {Promise<Api.TerminalAnswer['terminal']>}
   */
  async resize(sessionId, terminalId, request, options) {
    return (await this.call("terminal.resize", { ...request, sessionId, terminalId }, options)).terminal;
  }
}

/** `tool.list`, `tool.execute`. */
export class ToolsArea extends Area {
  /**
   * List the tools that agents and callers can use, with their parameters.
   *
   * GET /api/v1/tools
   * @param {CallOptions} [options]
   * @returns {Promise<Api.ToolCatalogue['tools']>}
   */
  async list(options) {
    return (await this.call("tool.list", {}, options)).tools;
  }

  /**
   * Run a tool now, without a task.
   *
   * If the tool ran and failed, the answer is 200 with `success: false` and the reason in `output`.
   *
   * POST /api/v1/sessions/{sessionId}/tools/{toolName}
   * @param {Api.ToolExecute['sessionId']} sessionId
   * @param {Api.ToolExecute['toolName']} toolName
   * @param {Omit<Api.ToolExecute, 'sessionId' | 'toolName'>} [request]
   * @param {CallOptions} [options]
   * @returns {Promise<Api.ToolExecuted>}
   */
  execute(sessionId, toolName, request = {}, options) {
    return this.call("tool.execute", { ...request, sessionId, toolName }, options);
  }
}

/** `usage.report`. */
export class UsageArea extends Area {
  /**
   * Sum up requests, tokens and cost of your sessions by day, session and model.
   *
   * Administrators see all users, and may group by `user`. Deleted sessions stay counted.
   *
   * GET /api/v1/usage
   * @param {Api.UsageReport} [request]
   * @param {CallOptions} [options]
   * @returns {Listing<Api.UsagePage, Api.UsagePage['data'][number]>}
   */
  report(request = {}, options) {
    return new Listing(request, (request) => this.call("usage.report", { ...request }, options));
  }
}

/** `user.list`, `user.create`, `user.get`, `user.update`, `user.invite`, `user.logout`. */
export class UsersArea extends Area {
  /**
   * List the users, sorted by e-mail address. `disabledAt` is present for disabled users.
   *
   * GET /api/v1/users
   * @param {Api.UserList} [request]
   * @param {CallOptions} [options]
   * @returns {Listing<Api.UserPage, Api.UserPage['data'][number]>}
   */
  list(request = {}, options) {
    return new Listing(request, (request) => this.call("user.list", { ...request }, options));
  }

  /**
   * Add a user with a password, or with an invitation to choose one, which is not shown again.
   *
   * POST /api/v1/users
   * @param {Api.UserCreate} request
   * @param {CallOptions} [options]
   * @returns {Promise<Api.UserMade>}
   */
  create(request, options) {
    return this.call("user.create", { ...request }, options);
  }

  /**
   * Get a user.
   *
   * GET /api/v1/users/{userId}
   * @param {Api.UserRef['userId']} userId
   * @param {CallOptions} [options]
   * @returns {Promise<Api.UserShown['user']>}
   */
  async get(userId, options) {
    return (await this.call("user.get", { userId }, options)).user;
  }

  /**
   * Change a user's name or roles, disable them, or enable them again.
   *
   * Fields that are left out stay as they are. Connections of users who are disabled or lose a role end.
   * The last active administrator cannot be disabled or lose that role.
   *
   * PUT /api/v1/users/{userId}
   * @param {Api.UserUpdate['userId']} userId
   * @param {Omit<Api.UserUpdate, 'userId'>} [request]
   * @param {CallOptions} [options]
   * @returns {Promise<Api.UserShown['user']>}
   */
  async update(userId, request = {}, options) {
    return (await this.call("user.update", { ...request, userId }, options)).user;
  }

  /**
   * Create a link with which a user chooses a first or new password.
   *
   * It works once and is not shown again; an earlier one no longer works.
   *
   * POST /api/v1/users/{userId}/invitation
   * @param {Api.UserRef['userId']} userId
   * @param {CallOptions} [options]
   * @returns {Promise<Api.UserInvited['invitation']>}
   */
  async invite(userId, options) {
    return (await this.call("user.invite", { userId }, options)).invitation;
  }

  /**
   * End all logins of a user; API keys remain valid.
   *
   * POST /api/v1/users/{userId}/logout
   * @param {Api.UserLogOut['userId']} userId
   * @param {CallOptions} [options]
   * @returns {Promise<Api.LoggedOut>}
   */
  logout(userId, options) {
    return this.call("user.logout", { userId }, options);
  }
}

/** `webhook.list`, `webhook.create`, `webhook.get`, `webhook.update`, `webhook.delete`, `webhook.rotate`, `webhook.test`, `webhook.redeliver`, `webhook.attempts`. */
export class WebhooksArea extends Area {
  /**
   * List your own webhooks, oldest first. Secrets are never shown.
   *
   * GET /api/v1/webhooks
   * @param {CallOptions} [options]
   * @returns {Promise<Api.Webhooks['webhooks']>}
   */
  async list(options) {
    return (await this.call("webhook.list", {}, options)).webhooks;
  }

  /**
   * Post the events of your sessions, from now on, to a URL. (S0, Webhooks)
   *
   * Without a `secret` the server generates one and returns it in this answer only.
   *
   * POST /api/v1/webhooks
   * @param {Api.WebhookCreate} request
   * @param {CallOptions} [options]
   * @returns {Promise<Api.WebhookWithSecret>}
   */
  create(request, options) {
    return this.call("webhook.create", { ...request }, options);
  }

  /**
   * Get one of your own webhooks, and the state of its deliveries.
   *
   * GET /api/v1/webhooks/{webhookId}
   * @param {Api.WebhookRef['webhookId']} webhookId
   * @param {CallOptions} [options]
   * @returns {Promise<Api.WebhookShown['webhook']>}
   */
  async get(webhookId, options) {
    return (await this.call("webhook.get", { webhookId }, options)).webhook;
  }

  /**
   * Change a webhook, disable it, or enable it again.
   *
   * Fields that are left out stay as they are. A delivery that waits is tried again at once. New `events`
   * also apply to events that have not been delivered yet.
   *
   * PUT /api/v1/webhooks/{webhookId}
   * @param {Api.WebhookUpdate['webhookId']} webhookId
   * @param {Omit<Api.WebhookUpdate, 'webhookId'>} [request]
   * @param {CallOptions} [options]
   * @returns {Promise<Api.WebhookShown['webhook']>}
   */
  async update(webhookId, request = {}, options) {
    return (await this.call("webhook.update", { ...request, webhookId }, options)).webhook;
  }

  /**
   * Delete a webhook with its secret and attempts. Nothing more is sent.
   *
   * DELETE /api/v1/webhooks/{webhookId}
   * @param {Api.WebhookRef['webhookId']} webhookId
   * @param {CallOptions} [options]
   * @returns {Promise<Api.WebhookRemoved>}
   */
  delete(webhookId, options) {
    return this.call("webhook.delete", { webhookId }, options);
  }

  /**
   * Replace the secret. Until `formerSecretUntil`, messages are signed with the former one as well.
   *
   * Without a `secret` the server generates one and returns it in this answer only.
   *
   * POST /api/v1/webhooks/{webhookId}/rotate
   * @param {Api.WebhookRotate['webhookId']} webhookId
   * @param {Omit<Api.WebhookRotate, 'webhookId'>} [request]
   * @param {CallOptions} [options]
   * @returns {Promise<Api.WebhookWithSecret>}
   */
  rotate(webhookId, request = {}, options) {
    return this.call("webhook.rotate", { ...request, webhookId }, options);
  }

  /**
   * Send a `webhook.test` now; the answer has its result.
   *
   * POST /api/v1/webhooks/{webhookId}/test
   * @param {Api.WebhookRef['webhookId']} webhookId
   * @param {CallOptions} [options]
   * @returns {Promise<Api.AttemptShown['attempt']>}
   */
  async test(webhookId, options) {
    return (await this.call("webhook.test", { webhookId }, options)).attempt;
  }

  /**
   * Send an event of your sessions again, now and out of order; the answer has its result.
   *
   * POST /api/v1/webhooks/{webhookId}/redeliver
   * @param {Api.WebhookRedeliver['webhookId']} webhookId
   * @param {Omit<Api.WebhookRedeliver, 'webhookId'>} request
   * @param {CallOptions} [options]
   * @returns {Promise<Api.AttemptShown['attempt']>}
   */
  async redeliver(webhookId, request, options) {
    return (await this.call("webhook.redeliver", { ...request, webhookId }, options)).attempt;
  }

  /**
   * List the last requests to a webhook's receiver, newest first: status, duration and error.
   *
   * GET /api/v1/webhooks/{webhookId}/attempts
   * @param {Api.AttemptList['webhookId']} webhookId
   * @param {Omit<Api.AttemptList, 'webhookId'>} [request]
   * @param {CallOptions} [options]
   * @returns {Listing<Api.AttemptPage, Api.AttemptPage['data'][number]>}
   */
  attempts(webhookId, request = {}, options) {
    return new Listing(request, (request) =>
      this.call("webhook.attempts", { ...request, webhookId }, options),
    );
  }
}

/** `workspace.clone`. */
export class WorkspaceArea extends Area {
  /**
   * Fill a workspace from a git repository: either everything arrives or nothing.
   *
   * The session needs network access, or the host must be listed in the server's settings. A `token` is
   * sent to the URL's host only and is not stored. If the workspace is not empty, the answer is 409 unless
   * `replace` is true.
   *
   * POST /api/v1/sessions/{sessionId}/clone
   * @param {Api.RepositoryClone['sessionId']} sessionId
   * @param {Omit<Api.RepositoryClone, 'sessionId'>} request
   * @param {CallOptions} [options]
   * @returns {Promise<Api.RepositoryCloned>}
   */
  clone(sessionId, request, options) {
    return this.call("workspace.clone", { ...request, sessionId }, options);
  }
}
