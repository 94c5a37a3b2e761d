"""The SDK in a browser: ES modules as they are, found by an import map, from another origin."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Callable

import pytest
from aiohttp import web

from tests.sdk.js.conftest import MODULES, SDK
from tests.support.browser import Page
from tests.support.server import ServerProcess

PAGE = """<!doctype html><title>A page</title>
<script type="importmap">
  {"imports": {"@roocode/sdk": "/roocode/src/index.js", "socket.io-client": "/socket.io.esm.min.js"}}
</script>
<script type="module">
  import { RooCodeClient } from "@roocode/sdk";
  const [baseURL, apiKey] = JSON.parse(decodeURIComponent(location.hash.slice(1)));
  const client = new RooCodeClient({ apiKey, baseURL });
  const config = { provider: "scripted", model: "write-and-run" };
  const session = await client.sessions.create({ name: "In a browser", config });
  const seen = [];
  const task = await client.tasks.create(session.id, {
    input: "Write a program and run it",
    onApproval: () => "approve",
    onEvent: ({ seq }) => seq && seen.push(seq),
  });
  const { status, result } = await task.wait({ timeoutMs: 60000 });
  const missing = await client.sessions.get("session-none").catch(({ code }) => code);
  window.outcome = { status, files: result.filesCreated, missing, seen };
</script>
"""


@pytest.fixture
async def site() -> AsyncIterator[str]:
    """A site with the page, the SDK's sources and the Socket.IO client."""
    app = web.Application()

    async def page(_: web.Request) -> web.Response:
        return web.Response(text=PAGE, content_type="text/html")

    async def client(_: web.Request) -> web.FileResponse:
        return web.FileResponse(MODULES / "socket.io-client" / "dist" / "socket.io.esm.min.js")

    app.router.add_get("/", page)
    app.router.add_get("/socket.io.esm.min.js", client)
    app.router.add_static("/roocode/src", SDK / "src")
    runner = web.AppRunner(app)
    await runner.setup()
    listening = socket.create_server(("127.0.0.1", 0))
    await web.SockSite(runner, listening).start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    await runner.cleanup()


async def test_a_page_of_another_origin_follows_a_task(
    start_server: Callable[..., ServerProcess], site: str, page: Page
) -> None:
    server = start_server(server__allowed_origins=f'["{site}"]')
    await page.open(f'{site}/#["{server.url}","{server.key}"]')
    outcome = await page.until("window.outcome")
    assert outcome["status"] == "completed"
    assert outcome["files"] == ["/primes.py"]
    assert outcome["missing"] == "RESOURCE_NOT_FOUND"
    assert outcome["seen"] == list(range(outcome["seen"][0], outcome["seen"][-1] + 1))
    assert [each for each in page.complaints if "404" not in each and "favicon" not in each] == []
