// A login whose access token expires soon: calls and streams go on with the next one.
import { client, extra, finish, refused } from "./kit.mjs";

const [email, password] = extra;
const tokens = [];
const roo = client({ apiKey: undefined, onTokens: (given) => tokens.push(given.accessToken) });
const before = await refused(roo.sessions.list());
await roo.login({ email, password });
const session = await roo.sessions.create({ name: "Renewed" });
const stream = roo.events.follow(session.id, { lastSeq: 0 });
const seen = [];
const reading = (async () => {
  for await (const event of stream) {
    seen.push(event.seq);
    if (event.type === "session.updated" && event.session.name === "The last") break;
  }
})();
for (let number = 0; tokens.length < 4; number++) {
  await Promise.all([
    roo.sessions.update(session.id, { name: `Name ${number}` }),
    roo.sessions.get(session.id),
  ]);
  await new Promise((resolve) => setTimeout(resolve, 100));
}
await roo.sessions.update(session.id, { name: "The last" });
await reading;
await roo.logout();
const after = await refused(roo.sessions.list());
finish({ before, after, tokens: new Set(tokens).size, seen });
