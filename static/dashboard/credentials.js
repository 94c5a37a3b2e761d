// Who the person at the browser is. The tokens are in cookies that no script can read: the server sets them,
// and takes them for this page's own requests alone.

/** A refusal by the server, with its message. */
export class Refusal extends Error {
  constructor({ code, message, details }) {
    super(
      details?.reason ? `${message}: ${details.field ? `${details.field}: ` : ""}${details.reason}` : message,
    );
    this.code = code;
    this.mistakes = details?.fields ?? (details?.field === undefined ? [] : [details]); // {field, reason}
    this.retryAfter = details?.retryAfter; // seconds, if the server asks to wait
  }
}

/** Who logged in earlier in this browser; null if nobody did. */
export async function kept() {
  const { isLoggedIn } = await ask("dashboard/login");
  return isLoggedIn ? loggedIn() : null;
}

/** End the login, in all tabs, also if this one is closed meanwhile. */
export function logOut() {
  return post("dashboard/logout", {}, { keepalive: true });
}

/**
 * What a link brings in its hash: `#token=…` (an access token, an API key, or a refresh token, which works
 * once) and `session=…`. The token leaves the address, and so the history, at once.
 */
export async function fromAddress() {
  const hash = new URLSearchParams(location.hash.slice(1));
  const token = hash.get("token");
  if (!token) return null;
  hash.delete("token");
  const rest = hash.toString();
  history.replaceState(null, "", location.pathname + location.search + (rest ? `#${rest}` : ""));
  const isUsedAsItIs = token.startsWith("roo_") || token.split(".").length === 3;
  if (isUsedAsItIs) return useKey(token);
  await renew({ refreshToken: token });
  return loggedIn();
}

export async function logIn(email, password) {
  await post("dashboard/login", { email, password });
  return loggedIn();
}

/** The secret of an invitation's link, `#invitation=…`; it is removed from URL and history at once. */
export function invitationFromAddress() {
  const hash = new URLSearchParams(location.hash.slice(1));
  const invitation = hash.get("invitation");
  if (invitation) history.replaceState(null, "", location.pathname + location.search);
  return invitation;
}

/** Choose a password with an invitation, which works once, and log in. */
export async function accept(invitation, password) {
  await post("dashboard/invitation", { invitation, password });
  return loggedIn();
}

/** Use a key (or a token) if the server accepts it. */
export async function useKey(token) {
  await ask("dashboard/credential", { method: "POST", headers: { Authorization: `Bearer ${token}` } });
  return loggedIn();
}

/** Where one can sign in besides: `{name, label, startUrl}` each. */
export async function providers() {
  return (await ask("api/v1/auth/providers")).providers;
}

/** Log in by the code that a sign-in at a provider has ended with. */
export async function redeem(proof) {
  await post("dashboard/sign-in", proof);
  return loggedIn();
}

/** Link the sign-in to the account that is logged in. */
export function link({ provider, ...proof }) {
  return post(`api/v1/identities/${provider}`, proof);
}

/** New tokens in the place of those that run out, by the refresh token of a link or of the cookie. */
export function renew(refreshToken = {}) {
  return post("dashboard/refresh", refreshToken);
}

function loggedIn() {
  return { isLoggedIn: true, since: performance.now() };
}

function post(path, body = {}, options = {}) {
  return ask(path, {
    ...options,
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
}

async function ask(path, options) {
  const response = await fetch(path, options);
  const body = await response.json();
  if (!response.ok) throw new Refusal(body.error);
  return body;
}
