// An independent OpenID Connect provider, whose development pages take any name and password.
// openid-provider.mjs PORT (0: a free one) KEYS (JWK Set); prints its issuer once it listens.
import { createServer } from "node:http";
import Provider from "oidc-provider";

const [port, keys] = process.argv.slice(2);

/** Everybody exists; whose name begins with `unverified` has an address that nobody has looked at. */
function findAccount(_, login) {
  const claims = {
    sub: `subject of ${login}`,
    email: login,
    email_verified: !login.startsWith("unverified"),
    name: login.split("@")[0],
  };
  return { accountId: login, claims: () => claims };
}

const client = {
  client_id: "roocode",
  client_secret: "the-secret",
  redirect_uris: ["http://127.0.0.1/auth/company/callback"],
};

const server = createServer();
server.listen(Number(port), "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [client],
    findAccount,
    jwks: JSON.parse(keys),
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
    pkce: { required: () => false },
    cookies: { keys: ["of-the-test"] },
    ttl: { AuthorizationCode: 60, Grant: 600, IdToken: 60, Interaction: 600, Session: 600 },
  });
  // The server under test listens on a port that is not known yet; native clients may do so (RFC 8252, 7.3).
  provider.Client.prototype.redirectUriAllowed = (given) => {
    const { protocol, hostname, pathname, search } = new URL(given);
    return `${protocol}//${hostname}${pathname}${search}` === client.redirect_uris[0];
  };
  server.on("request", provider.callback());
  process.stdout.write(`${issuer}\n`);
});
