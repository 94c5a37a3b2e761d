import { MonitoringArea } from "./generated/areas.js";

/** @import * as Api from "./generated/api.js" */
/** @import { Events } from "./events.js" */
/** @import { Http } from "./http.js" */

/** The machine, the server and its log. */
export class Monitoring extends MonitoringArea {
  #events;

  /** @param {Http} http @param {Events} events */
  constructor(http, events) {
    super(http);
    this.#events = events;
  }

  /**
   * Watch the machine's resources (`system.sampled`) and the server's log (`log.written`), live.
   *
   * @param {Api.SystemWatch & { signal?: AbortSignal }} request
   */
  watch({ signal, ...request }) {
    return this.#events.live("system.watch", request, { signal });
  }
}
