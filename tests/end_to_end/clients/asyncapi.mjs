// Read an AsyncAPI document from standard input with the specification's own parser; print what it finds.
import { readFileSync } from "node:fs";
import parser from "@asyncapi/parser";

const { document, diagnostics } = await new parser.Parser().parse(readFileSync(0, "utf8"));
const errors = diagnostics.filter((found) => found.severity === 0);
process.stdout.write(
  JSON.stringify({
    errors: errors.map((found) => `${found.path.join(".")}: ${found.message}`),
    warnings: diagnostics.filter((found) => found.severity === 1).map((found) => found.message),
    channels: document ? document.channels().all().map((channel) => channel.address()) : [],
    operations: document ? document.operations().all().length : 0,
    messages: document ? document.components().messages().all().length : 0,
  }),
);
