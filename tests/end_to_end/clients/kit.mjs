// Words that every client script uses: connect, call, wait for an event, print the outcome as JSON.
import { io } from "socket.io-client";

export const [url, key, ...extra] = process.argv.slice(2);

// `listen(socket)` is called before the socket connects: later would miss the first events.
export function connect(namespace = "/", auth = {}, options = {}, listen = () => {}) {
  const socket = io(url + namespace, { auth: { token: key, ...auth }, forceNew: true, ...options });
  listen(socket);
  return new Promise((resolve, reject) => {
    socket.once("connect", () => resolve(socket));
    socket.once("connect_error", (error) => {
      socket.close();
      reject(error);
    });
  });
}

export function once(socket, event) {
  return new Promise((resolve) => socket.once(event, resolve));
}

export function finish(outcome) {
  process.stdout.write(JSON.stringify(outcome), () => process.exit(0));
}
