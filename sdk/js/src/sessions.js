import { SessionsArea } from "./generated/areas.js";

/** @import * as Api from "./generated/api.js" */
/** @import { CallOptions } from "./options.js" */

/** @typedef {Api.CallersSession & { workspace: Api.WorkspaceLocation }} NewSession */

/** Sessions and who shares them. */
export class Sessions extends SessionsArea {
  /**
   * Create a session and its workspace, which is the session's `workspace`.
   *
   * @param {Api.SessionCreate} request
   * @param {CallOptions} [options]
   * @returns {Promise<NewSession>}
   */
  async create(request, options) {
    const { session, workspace } = await this.call("session.create", request, options);
    return { ...session, workspace };
  }

  /**
   * Get a session with everything in it as an archive.
   *
   * @param {string} sessionId
   * @param {CallOptions} [options]
   */
  export(sessionId, options) {
    return this.http.download("session.export", { sessionId }, options);
  }

  /**
   * Make a session of an archive that `export` has got, here or from another server.
   *
   * @param {BodyInit} archive
   * @param {{ name?: string }} [request]
   * @param {CallOptions} [options]
   * @returns {Promise<NewSession>}
   */
  async import(archive, request = {}, options) {
    const { session, workspace } = await this.http.upload("session.import", request, archive, options);
    return { ...session, workspace };
  }
}
