import { AllSessions } from "./all_sessions.js";
import { Connection } from "./connection.js";
import { EventStream } from "./event_stream.js";
import { EventsArea } from "./generated/areas.js";
import { SessionFeeds } from "./session_feeds.js";
import { SessionStream } from "./session_stream.js";

/** @import * as Api from "./generated/api.js" */
/** @import { Server } from "./connection.js" */
/** @import { Events as Payloads } from "./generated/contract.js" */
/** @import { Http } from "./http.js" */
/** @import { Cursor } from "./session_stream.js" */

/** @typedef {keyof Payloads} EventName */
/**
 * @template {EventName} Name
 * @typedef {Payloads[Name]} EventOf
 */
/** @typedef {{ [Name in EventName]: Payloads[Name] & { seq?: number | null, sessionId?: string, taskId?: string | null, cursor?: string | null } }[EventName]} AnyEvent */

/** Session logs: read them, follow one, or all. */
export class Events extends EventsArea {
  #server;
  #feeds;

  /** @param {Http} http @param {Server} server */
  constructor(http, server) {
    super(http);
    this.#server = server;
    this.#feeds = new SessionFeeds(server);
  }

  /**
   * Follow a session: everything after `lastSeq`, in order and each event once, then what happens, whatever
   * becomes of the connection. Without `lastSeq`, what happens once `ready()` has returned.
   *
   * Pieces of text and output (`message.delta`, `tool.output`) have no `seq` and come only live. If the log was
   * restored from a backup, or events after the cursor have been removed, `log.reset` comes, and then the
   * whole log; `log.cut`, if the log is read from its beginning and its first events have been removed. It
   * ends after `session.deleted`.
   *
   * @param {string} sessionId
   * @param {Partial<Cursor> & { signal?: AbortSignal }} [from]
   */
  follow(sessionId, from = {}) {
    /** @param {Cursor} cursor @param {number} limit */
    const read = ({ lastSeq, lastEventId }, limit) =>
      this.list(sessionId, { after: lastSeq, lastEventId, limit }, { signal: from.signal });
    return new SessionStream(sessionId, this.#feeds, { read, mostWaiting: this.#server.mostWaiting }, from);
  }

  /**
   * Follow all sessions of the caller, those included that are yet to be made: everything after `cursor`, in order
   * and each event once, whatever becomes of the connection; without it, what happens from now on. The stream's
   * `cursor` is where to go on from. `onOpen` is called each time the connection is there. If the server was restored
   * from a backup, or the cursor is too old, `log.reset` comes, and then all events.
   *
   * @param {Api.EventFollow & { onOpen?: () => void, signal?: AbortSignal }} [request]
   */
  all({ onOpen, signal, ...request } = {}) {
    return new AllSessions(this.#server, request, { onOpen, signal });
  }

  /**
   * A connection of its own that makes this call each time it is there, and what then comes.
   *
   * @param {string} call
   * @param {unknown} request
   * @param {{ onOpen?: () => void, signal?: AbortSignal }} [options]
   */
  live(call, request, { onOpen, signal } = {}) {
    const connection = new Connection(this.#server, "/", {
      onOpen: () => {
        connection.emit(call, request).then(
          () => onOpen?.(),
          (error) => {
            if (connection.isOpen) stream.fail(error);
          },
        );
      },
      onEvent: (name, [event]) => {
        if (name !== "error") stream.push(event);
      },
      onFailure: (error) => stream.fail(error),
    });
    const stream = new EventStream(() => connection.close(), this.#server.mostWaiting);
    stream.heed(signal);
    return stream;
  }

  /** End all streams of sessions. */
  close() {
    this.#feeds.close();
  }
}
