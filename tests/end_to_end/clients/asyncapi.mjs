// Read the server's AsyncAPI document with the specification's own parser; print what that finds. It takes a
// tenth of a second for each operation, and reads a message again wherever a channel has it: so without "all"
// only one operation of each channel and form is left in, and in the channels, only their messages.
import parser from "@asyncapi/parser";
import { extra, finish, url } from "./kit.mjs";

const WARNING = 1; // above it are hints, such as that a newer version of the specification exists
const content = await (await fetch(`${url}/asyncapi.json`)).json();
if (extra[0] !== "all") {
  const forms = new Set();
  for (const [name, operation] of Object.entries(content.operations)) {
    const form = JSON.stringify([operation.channel, operation.action, Object.keys(operation).sort()]);
    if (forms.has(form)) delete content.operations[name];
    forms.add(form);
  }
  const said = JSON.stringify(content.operations);
  for (const [name, { messages }] of Object.entries(content.channels)) {
    for (const message of Object.keys(messages)) {
      if (!said.includes(`"#/channels/${name}/messages/${message}"`)) delete messages[message];
    }
  }
}
const { document, diagnostics } = await new parser.Parser().parse(JSON.stringify(content));
finish({
  problems: diagnostics
    .filter((found) => found.severity <= WARNING)
    .map((found) => `${found.path.join(".")}: ${found.message}`),
  channels: document
    ?.channels()
    .all()
    .map((channel) => channel.address()), // no document if there are problems
  operations: document?.operations().all().length,
});
