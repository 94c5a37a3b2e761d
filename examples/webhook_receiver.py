"""A webhook receiver that verifies signatures: `WEBHOOK_SECRET=whsec_… webhook_receiver.py PORT`."""

import os
import sys

from aiohttp import web
from standardwebhooks import Webhook, WebhookVerificationError

WEBHOOK = Webhook(os.environ["WEBHOOK_SECRET"])


async def receive(request: web.Request) -> web.Response:
    try:
        payload = WEBHOOK.verify(await request.text(), dict(request.headers))
    except WebhookVerificationError:
        return web.Response(status=401)
    print(request.headers["webhook-id"], payload["event"], payload["data"].get("taskId", ""), flush=True)
    return web.Response()


if __name__ == "__main__":
    app = web.Application()
    app.router.add_post("/", receive)
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None)
