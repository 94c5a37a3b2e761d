import { Approvals } from "./approvals.js";
import { Events } from "./events.js";
import { Files, Workspace } from "./files.js";
import * as areas from "./generated/areas.js";
import { Monitoring } from "./monitoring.js";
import { reach } from "./server.js";
import { Sessions } from "./sessions.js";
import { Tasks } from "./tasks.js";
import { Webhooks } from "./webhooks.js";

/** @import * as Api from "./generated/api.js" */
/** @import { Operations } from "./generated/contract.js" */
/** @import { CallOptions, ClientOptions } from "./options.js" */

/** A client of a server. It holds no connection but while events are followed. */
export class RooCodeClient {
  #credentials;
  #http;

  /** @param {ClientOptions} [options] */
  constructor(options = {}) {
    const { http, server } = reach(options);
    this.#credentials = server.credentials;
    this.#http = http;
    this.events = new Events(http, server);
    this.sessions = new Sessions(http);
    this.inbox = new areas.InboxArea(http);
    this.approvals = new Approvals(http, this.events, this.inbox);
    this.tasks = new Tasks(http, this.events, this.approvals);
    this.files = new Files(http);
    this.workspace = new Workspace(http);
    this.search = new areas.SearchArea(http);
    this.tools = new areas.ToolsArea(http);
    this.models = new areas.ModelsArea(http);
    this.playbooks = new areas.PlaybooksArea(http);
    this.modes = new areas.ModesArea(http);
    this.mcp = new areas.McpArea(http);
    this.shell = new areas.ShellArea(http);
    this.processes = new areas.ProcessesArea(http);
    this.terminals = new areas.TerminalsArea(http);
    this.checkpoints = new areas.CheckpointsArea(http);
    this.webhooks = new Webhooks(http);
    this.monitoring = new Monitoring(http, this.events);
    this.auth = new areas.AuthArea(http);
    this.logins = new areas.LoginsArea(http);
    this.keys = new areas.KeysArea(http);
    this.identities = new areas.IdentitiesArea(http);
    this.profiles = new areas.ProfilesArea(http);
    this.users = new areas.UsersArea(http);
    this.rules = new areas.RulesArea(http);
    this.usage = new areas.UsageArea(http);
    this.audit = new areas.AuditArea(http);
  }

  /**
   * Log in with a password: from now on the client has the tokens, and renews them when they expire.
   *
   * @param {Api.Login} request
   * @param {CallOptions} [options]
   */
  async login(request, options) {
    const { user, tokens } = await this.auth.login(request, options);
    await this.#credentials.keep(tokens);
    return user;
  }

  /**
   * End the login: its tokens and connections.
   *
   * @param {Api.LogOut} [request]
   * @param {CallOptions} [options]
   */
  async logout(request, options) {
    await this.auth.logout(request, options);
    this.#credentials.forget();
  }

  /**
   * Ask for any operation by its name, and get its whole answer.
   *
   * @template {keyof Operations} Name
   * @param {Name} operation
   * @param {Operations[Name]["request"]} request
   * @param {CallOptions} [options]
   * @returns {Promise<Operations[Name]["response"]>}
   */
  call(operation, request, options) {
    return this.#http.call(operation, request, options);
  }

  /** End all streams of sessions. */
  close() {
    this.events.close();
  }
}
