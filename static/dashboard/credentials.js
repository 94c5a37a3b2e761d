// Who the person at the browser is. Kept for this tab alone, in sessionStorage.
const KEPT = "roocode.credentials";

/** A refusal in the server's own words. */
export class Refusal extends Error {
  constructor({ code, message, details }) {
    super(
      details?.reason ? `${message}: ${details.field ? `${details.field}: ` : ""}${details.reason}` : message,
    );
    this.code = code;
    this.retryAfter = details?.retryAfter; // seconds, where the server asks to wait
  }
}

export function kept() {
  return JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
}

export function forget() {
  sessionStorage.removeItem(KEPT);
}

/** Tokens that have run out, or will in a moment, and can be renewed. */
export function isRunOut({ refreshToken, until }) {
  return Boolean(refreshToken) && until < Date.now() + 5000;
}

function keep(credentials) {
  sessionStorage.setItem(KEPT, JSON.stringify(credentials));
  return credentials;
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
  return isUsedAsItIs ? keep({ token }) : renew({ refreshToken: token });
}

export async function logIn(email, password) {
  const { tokens } = await post("api/v1/auth/login", { email, password });
  return keep(ofTokens(tokens));
}

/** The secret of an invitation's link, `#invitation=…`; it leaves the address and the history at once. */
export function invitationFromAddress() {
  const hash = new URLSearchParams(location.hash.slice(1));
  const invitation = hash.get("invitation");
  if (invitation) history.replaceState(null, "", location.pathname + location.search);
  return invitation;
}

/** Choose a password by an invitation, which works once, and log in. */
export async function accept(invitation, password) {
  const { tokens } = await post("api/v1/auth/invitation", { invitation, password });
  return keep(ofTokens(tokens));
}

/** Take a key (or a token) if the server knows it. */
export async function useKey(token) {
  await ask("api/v1/auth/profile", { headers: { Authorization: `Bearer ${token}` } });
  return keep({ token });
}

/** New tokens for the refresh token. */
export async function renew({ refreshToken }) {
  const { tokens } = await post("api/v1/auth/refresh", { refreshToken });
  return keep(ofTokens(tokens));
}

function ofTokens({ accessToken, refreshToken, expiresIn }) {
  return { token: accessToken, refreshToken, until: Date.now() + expiresIn * 1000 };
}

function post(path, body) {
  return ask(path, {
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
