// Who is there and what they may: what the server would refuse is not offered.
import { html, useEffect, useState } from "../vendor/htm/preact.js";

const ROLES = ["admin", "developer", "viewer"]; // each may all that the next one may

export const ROLE_WORDS = { admin: "Administrator", developer: "Developer", viewer: "Viewer" };

/** The role that reaches furthest. */
export const roleOf = (user) => ROLES.find((role) => user.roles.includes(role));

const OWNERS = ["session:write", "session:share"];

/** What each access to a session keeps from those whose role would grant it. */
const WITHHELD = {
  owner: [],
  collaborator: OWNERS,
  watcher: [...OWNERS, "task:write", "task:steer", "file:write", "tool:execute", "approval:respond"],
};

export class Caller {
  constructor({ user, permissions }) {
    this.user = user;
    this.permissions = new Set(permissions);
  }

  may(permission) {
    return this.permissions.has(permission);
  }

  /** In a session the access that was given to it counts, too. */
  mayIn({ access }, permission) {
    return this.may(permission) && !WITHHELD[access].includes(permission);
  }
}

/** The caller, null until the server has said who it is; asked again with each connection. */
export function useCaller(connection, isConnected) {
  const [caller, setCaller] = useState(null);
  useEffect(() => {
    if (isConnected)
      connection.call("auth.profile").then(
        (profile) => setCaller(new Caller(profile)),
        (failure) => connection.onTrouble(failure),
      );
  }, [connection, isConnected]);
  return [caller, (profile) => setCaller(new Caller(profile))];
}

/** Why somebody can only look on, in the place where others write to the agent. */
export const WhyNot = ({ caller }) => html`<p class="notice why">
  ${
    caller.may("task:write")
      ? "You watch this session: its owner can make you a collaborator, who gives tasks and answers."
      : caller.user.roles.join() === "viewer"
        ? "Your role is viewer: you see all of this and change nothing. An administrator can change that."
        : "Your API key only reads. Log in with your password, or use a key with the scope write."
  }
</p>`;
