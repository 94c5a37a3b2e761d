import { pendingOf, settle } from "./decisions.js";
import { ApprovalsArea } from "./generated/areas.js";

/** @import * as Api from "./generated/api.js" */
/** @import { Decide, PendingApproval } from "./decisions.js" */
/** @import { Events } from "./events.js" */
/** @import { Http } from "./http.js" */
/** @import { InboxArea } from "./generated/areas.js" */

/** How many approvals a bot remembers that it has seen. */
const MOST_REMEMBERED = 10_000;

/** What agents ask for before they do it. */
export class Approvals extends ApprovalsArea {
  #events;
  #inbox;

  /** @param {Http} http @param {Events} events @param {InboxArea} inbox */
  constructor(http, events, inbox) {
    super(http);
    this.#events = events;
    this.#inbox = inbox;
  }

  /**
   * Be a bot that answers: `decide` is asked about every approval of the caller's sessions, those that wait already
   * and those that came up during a disconnect included, each once. What it leaves undecided is left to others.
   *
   * @param {Decide} decide
   * @param {{ scope?: "mine" | "shared" | "all", signal?: AbortSignal }} [options]
   * @returns {ApprovalBot}
   */
  handle(decide, { scope = "all", signal } = {}) {
    return new ApprovalBot(this, this.#events, this.#inbox, decide, scope, signal);
  }
}

/** A bot at work. */
export class ApprovalBot {
  #approvals;
  #inbox;
  #decide;
  #scope;
  #stream;
  /** @type {Set<string>} */
  #seen = new Set();
  /** @type {Set<Promise<void>>} */
  #underWay = new Set();

  /**
   * @param {Approvals} approvals
   * @param {Events} events
   * @param {InboxArea} inbox
   * @param {Decide} decide
   * @param {"mine" | "shared" | "all"} scope
   * @param {AbortSignal | undefined} signal
   */
  constructor(approvals, events, inbox, decide, scope, signal) {
    this.#approvals = approvals;
    this.#inbox = inbox;
    this.#decide = decide;
    this.#scope = scope;
    this.#stream = events.all({
      scope,
      types: ["approval.required"],
      onOpen: () => this.#watch(this.#lookUp()),
      signal,
    });
    /** Resolves after `close()`, rejects with what `decide` or the connection failed with. */
    this.done = this.#run();
  }

  /** Answer nothing more, and wait for the answers under way. */
  async close() {
    this.#stream.end();
    await this.done;
  }

  async #run() {
    for await (const event of this.#stream) {
      if (event.type === "approval.required") this.#consider(pendingOf(event));
    }
    await Promise.all(this.#underWay);
  }

  /** What waits already. */
  async #lookUp() {
    for await (const entry of this.#inbox.list({ scope: this.#scope })) {
      if (entry.kind === "approval" && entry.approval) this.#consider(entry.approval);
    }
  }

  /** @param {PendingApproval} approval */
  #consider(approval) {
    if (this.#seen.has(approval.id)) return;
    this.#seen.add(approval.id);
    if (this.#seen.size > MOST_REMEMBERED) this.#seen.delete(this.#seen.values().next().value ?? "");
    this.#watch(settle(this.#approvals, approval, this.#decide));
  }

  /** @param {Promise<void>} work */
  #watch(work) {
    this.#underWay.add(work);
    work.then(
      () => this.#underWay.delete(work),
      (error) => this.#stream.fail(error),
    );
  }
}
