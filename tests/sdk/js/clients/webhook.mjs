// Verify a request that a webhook got: body, headers and secret come as JSON.
import { extra, finish, refused, verifyWebhook } from "./kit.mjs";

const { body, headers, secret } = JSON.parse(extra[0]);
const payload = await verifyWebhook(body, headers, secret);
const asBytes = await verifyWebhook(new TextEncoder().encode(body), new Headers(headers), secret);
const late = String(Number(headers["webhook-timestamp"]) - 301);
finish({
  payload,
  asBytes,
  other: await refused(verifyWebhook(body, headers, "another_secret")),
  changed: await refused(verifyWebhook(`${body} `, headers, secret)),
  late: await refused(verifyWebhook(body, { ...headers, "webhook-timestamp": late }, secret)),
  bare: await refused(verifyWebhook(body, {}, secret)),
});
