import { FilesArea, WorkspaceArea } from "./generated/areas.js";

/** @import * as Api from "./generated/api.js" */
/** @import { CallOptions } from "./options.js" */

/** Files of a workspace. */
export class Files extends FilesArea {
  /**
   * Send a file's bytes; an existing file is replaced, unless `ifNoneMatch` is `*`.
   *
   * @param {string} sessionId
   * @param {string} path
   * @param {BodyInit} content
   * @param {{ ifMatch?: string, ifNoneMatch?: "*" }} [conditions]
   * @param {CallOptions} [options]
   * @returns {Promise<Api.FileStored>}
   */
  upload(sessionId, path, content, conditions = {}, options) {
    return this.http.upload("file.upload", { sessionId, path, ...conditions }, content, options);
  }

  /**
   * Get a file's bytes: `await (await files.download(…)).arrayBuffer()`, or its `body` as a stream.
   *
   * @param {string} sessionId
   * @param {string} path
   * @param {CallOptions & { headers?: { Range?: string, "If-Range"?: string } }} [options]
   */
  download(sessionId, path, options) {
    return this.http.download("file.download", { sessionId, path }, options);
  }
}

/** Whole workspaces. */
export class Workspace extends WorkspaceArea {
  /**
   * Replace the workspace's content by that of an archive, or add to it if `replace` is false.
   *
   * @param {string} sessionId
   * @param {BodyInit} archive
   * @param {{ format?: "tar.gz" | "zip", replace?: boolean }} [request]
   * @param {CallOptions} [options]
   * @returns {Promise<Api.ArchiveUnpacked>}
   */
  upload(sessionId, archive, request = {}, options) {
    return this.http.upload("archive.upload", { sessionId, ...request }, archive, options);
  }

  /**
   * Get the whole workspace as an archive.
   *
   * @param {string} sessionId
   * @param {{ format?: "tar.gz" | "zip" }} [request]
   * @param {CallOptions} [options]
   */
  download(sessionId, request = {}, options) {
    return this.http.download("archive.download", { sessionId, ...request }, options);
  }
}
