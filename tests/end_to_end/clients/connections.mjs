// Connections of a person until one is refused; after one has been closed there is room again.
import { connect, extra, finish } from "./kit.mjs";

const [token, count] = extra;
const open = [];
for (let each = 0; each < Number(count); each += 1) open.push(await connect("/", { token }));
const refused = await connect("/", { token }).then(
  () => null,
  (error) => error.data,
);
open[0].close();
let again = null;
for (let attempt = 0; attempt < 200 && !again; attempt += 1) {
  again = await connect("/", { token }).catch(() => new Promise((resolve) => setTimeout(resolve, 50)));
}
finish({ refused, again: Boolean(again) });
