// Words that the scripts use: a client of the SDK, a proxy that cuts off, and the outcome as JSON.
import net from "node:net";
import { RooCodeClient } from "../../../../sdk/js/src/index.js";

export * from "../../../../sdk/js/src/index.js";

export const [url, key, ...extra] = process.argv.slice(2);

export const PLAYED = { provider: "scripted", model: "write-and-run" };

export function client(options = {}) {
  return new RooCodeClient({ apiKey: key, baseURL: url, ...options });
}

export function finish(outcome) {
  process.stdout.write(JSON.stringify(outcome), () => process.exit(0));
}

// What a promise is rejected with, in short.
export async function refused(promise) {
  try {
    await promise;
  } catch (error) {
    return {
      name: error.name,
      code: error.code,
      status: error.status,
      hasRequestId: Boolean(error.requestId),
    };
  }
  return null;
}

export const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

// A TCP proxy to the server. `cut()` breaks all of its connections and returns their number.
export async function proxy() {
  const { hostname, port } = new URL(url);
  const sockets = new Set();
  const server = net.createServer((near) => {
    const far = net.connect(Number(port), hostname);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ]) {
      one.on("error", () => other.destroy());
      one.on("close", () => other.destroy());
      one.pipe(other);
    }
    sockets.add(near);
    near.on("close", () => sockets.delete(near));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    cut() {
      const cut = sockets.size;
      for (const each of sockets) each.resetAndDestroy();
      return cut;
    },
  };
}
