// Verifies a request by the standard's own library: {secret, isRaw, headers, body} on standard input.
import { readFileSync } from "node:fs";
import { Webhook } from "standardwebhooks";

const { secret, isRaw, headers, body } = JSON.parse(readFileSync(0, "utf8"));
const webhook = isRaw ? new Webhook(secret, { format: "raw" }) : new Webhook(secret);
console.log(JSON.stringify(webhook.verify(body, headers)));
