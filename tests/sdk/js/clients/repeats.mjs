// Which calls are repeated: a server that breaks off, is overloaded, or asks to wait, and counts.
import http from "node:http";
import { finish, RooCodeClient, refused } from "./kit.mjs";

const asked = [];
let behave = (_request, response) => response.destroy();
const server = http.createServer((request, response) => {
  asked.push([request.method, request.headers["idempotency-key"] ?? null]);
  request.resume();
  request.on("end", () => behave(request, response));
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const roo = new RooCodeClient({ baseURL: `http://127.0.0.1:${server.address().port}`, maxRetries: 2 });

const answer = (status, code, details = {}) => {
  return (_request, response) => {
    response.writeHead(status, { "Content-Type": "application/json", "X-Request-ID": "req-1" });
    response.end(JSON.stringify({ error: { code, message: code, details } }));
  };
};

async function counted(call) {
  asked.length = 0;
  const error = await refused(call());
  return {
    code: error?.code,
    times: asked.length,
    keys: new Set(asked.map(([, key]) => key)).size,
    first: asked[0],
  };
}

const get = () => roo.sessions.get("s");
const change = () => roo.sessions.update("s", { name: "n" });
const create = (options) => roo.sessions.create({ name: "n" }, options);
const outcome = {};
outcome.broken = { get: await counted(get), change: await counted(change), create: await counted(create) };
behave = answer(503, "SERVER_OVERLOAD");
outcome.overload = { get: await counted(get), change: await counted(change), create: await counted(create) };
behave = answer(429, "RATE_LIMIT_EXCEEDED", { retryAfter: 0.01 });
outcome.limit = { get: await counted(get), change: await counted(change) };
behave = answer(429, "RATE_LIMIT_EXCEEDED", { retryAfter: 3600 });
outcome.longLimit = await counted(get);
behave = answer(500, "INTERNAL_ERROR");
outcome.defect = { get: await counted(get), create: await counted(create) };
behave = (_request, response) => response.writeHead(502).end("<html>");
outcome.gateway = { get: await counted(get), change: await counted(change) };
behave = (_request, response) => response.writeHead(200).end("<html>");
outcome.nonsense = await counted(change);
behave = () => {};
outcome.silent = await counted(() => roo.sessions.get("s", { timeoutMs: 200 }));
const controller = new AbortController();
behave = () => controller.abort();
outcome.aborted = await refused(roo.sessions.get("s", { signal: controller.signal }));
behave = answer(409, "IDEMPOTENCY_KEY_IN_USE");
outcome.inUse = await counted(() => create({ idempotencyKey: "mine" }));
finish(outcome);
