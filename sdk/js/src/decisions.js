import { hasCode } from "./errors.js";

/** @import * as Api from "./generated/api.js" */
/** @import { ApprovalsArea } from "./generated/areas.js" */

/**
 * What to do about an approval: a word, a word with what the agent is told, or nothing, which leaves it to others.
 *
 * @typedef {"approve" | "reject" | { action: "approve" | "reject", feedback?: string } | null | undefined | void} Decision
 */

/**
 * What the agent wants to do.
 *
 * @typedef {Pick<Api.Approval, "id" | "sessionId" | "taskId" | "callId" | "toolName" | "action" | "description" | "parameters" | "expiresAt">} PendingApproval
 */

/** @typedef {(approval: PendingApproval) => Decision | Promise<Decision>} Decide */

/** @param {Api.ApprovalRequiredPayload} event @returns {PendingApproval} */
export function pendingOf(event) {
  const { approvalId, sessionId, taskId, callId, toolName, action, description, parameters, expiresAt } =
    event;
  const about = { sessionId, taskId: taskId ?? "", callId, toolName, action, description, parameters };
  return { id: approvalId, ...about, expiresAt };
}

/**
 * Decide about an approval and answer it. Whoever answers first wins: if somebody else has, that is all right.
 *
 * @param {ApprovalsArea} approvals
 * @param {PendingApproval} approval
 * @param {Decide} decide
 */
export async function settle(approvals, approval, decide) {
  const decision = await decide(approval);
  if (decision === undefined || decision === null) return;
  const answer = typeof decision === "string" ? { action: decision } : decision;
  try {
    await approvals.respond(approval.sessionId, approval.id, answer);
  } catch (error) {
    if (!hasCode(error, "RESOURCE_CONFLICT")) throw error;
  }
}
