// Read the server's AsyncAPI document with the specification's own parser; print what that finds.
import parser from "@asyncapi/parser";
import { finish, url } from "./kit.mjs";

const WARNING = 1; // above it are hints, such as that a newer version of the specification exists
const response = await fetch(`${url}/asyncapi.json`);
const { document, diagnostics } = await new parser.Parser().parse(await response.text());
finish({
  problems: diagnostics
    .filter((found) => found.severity <= WARNING)
    .map((found) => `${found.path.join(".")}: ${found.message}`),
  channels: document
    .channels()
    .all()
    .map((channel) => channel.address()),
  operations: document.operations().all().length,
});
