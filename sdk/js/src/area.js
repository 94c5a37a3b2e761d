/** @import { Http } from "./http.js" */
/** @import { Operations } from "./generated/contract.js" */
/** @import { CallOptions } from "./options.js" */

/** A group of operations. */
export class Area {
  /** @param {Http} http */
  constructor(http) {
    /** @protected */
    this.http = http;
  }

  /**
   * @protected
   * @template {keyof Operations} Name
   * @param {Name} operation
   * @param {Operations[Name]["request"]} request
   * @param {CallOptions} [options]
   * @returns {Promise<Operations[Name]["response"]>}
   */
  call(operation, request, options) {
    return this.http.call(operation, request, options);
  }
}
