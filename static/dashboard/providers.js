// Signing in at a provider (OpenID Connect): there with a challenge, and back with a code that works once.
import { html, useEffect, useState } from "../vendor/htm/preact.js";
import { kept, link, providers, redeem } from "./credentials.js";
import { Failure, useAsking } from "./parts.js";

const STARTED = "roocode.sign-in"; // the sign-in that this tab has started: no other can end it
const REASONS = {
  denied: "you, or the provider, said no",
  expired: "it took too long, or was started in another window",
  untrusted: "what the provider said proves nothing; the server's log has the reason",
  unavailable: "the provider cannot be used at the moment; the server's log has the reason",
  busy: "there were too many sign-ins from your address; try again in a minute",
};

const base64url = (bytes) =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

/** Lead the browser to the provider; it comes back to this page. Source: RFC 7636. */
export async function startSignIn(provider, { isLink = false } = {}) {
  const verifier = base64url(crypto.getRandomValues(new Uint8Array(32)));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  sessionStorage.setItem(STARTED, JSON.stringify({ ...provider, verifier, isLink }));
  const query = new URLSearchParams({
    challenge: base64url(new Uint8Array(digest)),
    next: `/${location.search}`,
  });
  location.assign(`auth/${provider.name}/start?${query}`);
}

/**
 * How a sign-in has ended, where the address says that one has: `{who}`, who is logged in now (null: nobody),
 * and `trouble`, if it has not worked.
 */
export async function endSignIn() {
  const hash = new URLSearchParams(location.hash.slice(1));
  const [code, reason] = [hash.get("sign-in"), hash.get("sign-in-refused")];
  if (code === null && reason === null) return null;
  history.replaceState(null, "", location.pathname + location.search);
  const started = JSON.parse(sessionStorage.getItem(STARTED) ?? "null");
  sessionStorage.removeItem(STARTED);
  const refused = async (why) => ({ who: await kept(), trouble: `Signing in has not worked: ${why}` });
  if (code === null || !started) return refused(REASONS[reason] ?? REASONS.expired);
  const proof = { provider: started.name, code, codeVerifier: started.verifier };
  try {
    if (!started.isLink) return { who: await redeem(proof) };
    await link(proof);
    return { who: await kept() };
  } catch ({ message }) {
    return refused(message);
  }
}

/** The providers of this server, once they are known. */
export function useProviders() {
  const [found, setFound] = useState([]);
  const [ask, { failure }] = useAsking();
  useEffect(() => void ask(async () => setFound(await providers())), []);
  return [found, failure];
}

/** A button for each provider. Browsers make the challenge on pages with https, and on this machine. */
export function SignInButtons() {
  const [found, failure] = useProviders();
  if (!found.length) return html`<${Failure} of=${failure} />`;
  if (!isSecureContext)
    return html`<p class="quiet small">
      With https you can also sign in with ${found.map(({ label }) => label).join(", ")}.
    </p>`;
  return found.map(
    (provider) => html`<button key=${provider.name} type="button" onClick=${() => startSignIn(provider)}>
      Sign in with ${provider.label}
    </button>`,
  );
}
