"""A page served by the test is controlled in a real Chromium."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import struct
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from roocode_server.engine.engine import Engine, open_engine
from roocode_server.engine.tools.browser_action import BrowserAction, BrowserActionParameters
from roocode_server.engine.tools.tool import ToolFailure, ToolResult
from roocode_server.models.session import Session, SessionConfigChange, SessionCreate
from roocode_server.models.settings import BrowserSettings, ServerSettings, Settings
from roocode_server.models.user import Caller
from tests.support.processes import kill, started

PATIENCE_S = 90
BROWSER = "chrom"  # of every name that the program has had
PAGE = """<!doctype html><title>Greeter</title><style>body { margin: 0; height: 3000px }
button { position: absolute; left: 10px; top: 10px; width: 200px; height: 50px }
input { position: absolute; left: 10px; top: 100px; width: 200px; height: 50px }</style>
<button onclick="console.log('pressed')" onmouseover="console.warn('over')">Press</button>
<input onfocus="console.log('focus')" oninput="console.log('input ' + this.value)">
<script>console.log('hello'); addEventListener('scroll', () => console.log('scrolled ' + (scrollY > 0)));
addEventListener('resize', () => console.log(`size ${innerWidth}x${innerHeight}`));</script>"""


@dataclass
class Browsing:
    """A session's use of the tool."""

    engine: Engine
    session: Session
    said: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    @property
    def config(self) -> Any:
        return self.session.config

    @property
    def session_id(self) -> Any:
        return self.session.id

    async def say(self, kind: str, text: str, images: Sequence[str] = ()) -> None:
        self.said.append((kind, json.loads(text)))

    async def act(self, action: str, **parameters: str) -> ToolResult:
        tool = BrowserAction(self.engine.browsers)
        return await tool.run(self, BrowserActionParameters(action=action, **parameters))  # type: ignore[arg-type]

    async def refused(self, action: str, **parameters: str) -> str:
        with pytest.raises(ToolFailure) as refusal:
            await self.act(action, **parameters)
        return str(refusal.value)


OpenBrowsing = Callable[..., AbstractAsyncContextManager[Browsing]]


@pytest.fixture
def browsing(tmp_path: Path) -> OpenBrowsing:
    """`async with browsing(network=…, **settings of the browser) as page`."""

    @asynccontextmanager
    async def opening(*, network: bool = True, **browser: Any) -> AsyncIterator[Browsing]:
        settings = Settings(
            server=ServerSettings(data_dir=str(tmp_path / "data")),
            browser=BrowserSettings(**{"allow_private": True, **browser}),
        )
        engine = await open_engine(settings)
        try:
            identity = await engine.accounts.open_identity()
            caller = Caller.of(identity, request_id="test", base_url="http://test")
            wanted = SessionCreate(config=SessionConfigChange(network=network))
            yield Browsing(engine, await engine.sessions.create(caller, wanted))
        finally:
            await engine.close()

    return opening


@pytest.fixture
async def site() -> AsyncIterator[str]:
    """Run a server with a page, and with a redirect to `to`; yields its URL."""

    async def page(request: web.Request) -> web.Response:
        return web.Response(text=PAGE, content_type="text/html")

    async def away(request: web.Request) -> web.Response:
        raise web.HTTPFound(request.query["to"])

    app = web.Application()
    app.add_routes([web.get("/", page), web.get("/away", away)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "0.0.0.0", 0).start()  # noqa: S104 - for the test of two loopback addresses
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


def jpeg_size(url: str) -> tuple[int, int]:
    """Width and height, from the frame header. Source: ITU-T T.81, B.2.2."""
    content = io.BytesIO(base64.b64decode(url.removeprefix("data:image/jpeg;base64,"), validate=True))
    assert content.read(2) == b"\xff\xd8"
    while True:
        marker, length = struct.unpack(">HH", content.read(4))
        if marker in (0xFFC0, 0xFFC2):
            _, height, width = struct.unpack(">BHH", content.read(5))
            return width, height
        content.seek(length - 2, io.SEEK_CUR)


async def test_a_page_is_opened_clicked_typed_into_and_scrolled(browsing: OpenBrowsing, site: str) -> None:
    async with asyncio.timeout(PATIENCE_S), browsing() as page:
        opened = await page.act("launch", url=site)
        assert "(Greeter)" in opened.output and "[log] hello" in opened.output
        assert jpeg_size(opened.images[0]) == (900, 600)
        assert "[warning] over" in (await page.act("hover", coordinate="50,30")).output
        clicked = await page.act("click", coordinate="50,30")
        assert "[log] pressed" in clicked.output and "hello" not in clicked.output
        await page.act("click", coordinate="50,120")
        assert "[log] input abc" in (await page.act("type", text="abc")).output
        assert "scrolled true" in (await page.act("scroll_down")).output
        assert "scrolled false" in (await page.act("scroll_up")).output
        resized = await page.act("resize", size="640,480")
        assert jpeg_size(resized.images[0]) == (640, 480) and "size 640x480" in resized.output


async def test_people_are_told_what_is_done_and_seen(browsing: OpenBrowsing, site: str) -> None:
    async with asyncio.timeout(PATIENCE_S), browsing() as page:
        await page.act("launch", url=site)
        await page.act("click", coordinate="50,30")
        assert [kind for kind, _ in page.said] == ["browser_action", "browser_action_result"] * 2
        assert page.said[2][1] == {"action": "click", "coordinate": "50,30"}
        assert page.said[3][1]["currentMousePosition"] == "50,30"


async def test_only_opening_a_page_asks_for_an_approval(browsing: OpenBrowsing) -> None:
    async with browsing() as page:
        tool = BrowserAction(page.engine.browsers)
        launch = BrowserActionParameters(action="launch", url="https://example.org/")
        notice = await tool.notice(page, launch)  # type: ignore[arg-type]
        assert notice is not None
        assert (notice.kind, notice.text) == ("browser_action_launch", "https://example.org/")
        assert not tool.is_allowed(page.config, launch)
        assert tool.is_allowed(page.config, BrowserActionParameters(action="close"))


async def test_a_closed_page_is_gone_and_the_browser_with_the_last(browsing: OpenBrowsing, site: str) -> None:
    async with asyncio.timeout(PATIENCE_S), browsing() as page:
        await page.act("launch", url=site)
        assert started(BROWSER)
        assert (await page.act("close")).success
        assert "No page is open" in await page.refused("click", coordinate="1,1")
        assert started(BROWSER) == []


async def test_a_page_ends_with_its_session(browsing: OpenBrowsing, site: str) -> None:
    async with asyncio.timeout(PATIENCE_S), browsing() as page:
        await page.act("launch", url=site)
        await page.engine.sessions.delete(page.session_id)
        assert started(BROWSER) == []


async def test_a_page_that_nobody_uses_is_closed(browsing: OpenBrowsing, site: str) -> None:
    async with asyncio.timeout(PATIENCE_S), browsing(idle_timeout_s=1) as page:
        await page.act("launch", url=site)
        while started(BROWSER):
            await asyncio.sleep(0.05)
        assert "No page is open" in await page.refused("scroll_down")


async def test_a_page_is_opened_again_after_the_browser_was_killed(browsing: OpenBrowsing, site: str) -> None:
    async with asyncio.timeout(PATIENCE_S), browsing() as page:
        await page.act("launch", url=site)
        assert kill(BROWSER)
        assert await page.refused("click", coordinate="1,1")
        assert "(Greeter)" in (await page.act("launch", url=site)).output


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "chrome://version", "about:blank", "javascript:1", "http://", "http://a:99999/"]
)  # fmt: skip
async def test_only_pages_of_the_web_are_opened(browsing: OpenBrowsing, url: str) -> None:
    async with browsing() as page:
        assert await page.refused("launch", url=url)
        assert started(BROWSER) == []


PRIVATE = ["127.0.0.1", "localhost", "10.0.0.1", "169.254.169.254", "[::1]", "[::ffff:127.0.0.1]", "0"]


@pytest.mark.parametrize("host", [*PRIVATE, "2130706433"])
async def test_private_addresses_are_refused(browsing: OpenBrowsing, host: str) -> None:
    async with browsing(allow_private=False) as page:
        assert "not public" in await page.refused("launch", url=f"http://{host}:1/")


async def test_a_redirect_to_a_private_address_is_refused(
    browsing: OpenBrowsing, site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "roocode_server.engine.network.addresses.is_public", lambda address: str(address) == "127.0.0.1"
    )
    private = site.replace("127.0.0.1", "127.0.0.2")
    async with asyncio.timeout(PATIENCE_S), browsing(allow_private=False) as page:
        assert "(Greeter)" in (await page.act("launch", url=f"{site}/away?to={site}")).output
        refused = await page.act("launch", url=f"{site}/away?to={private}")
        assert "(Greeter)" not in refused.output and "403" in refused.output


async def test_a_session_without_network_has_no_browser(browsing: OpenBrowsing, site: str) -> None:
    async with browsing(network=False) as page:
        assert "has no network access" in await page.refused("launch", url=site)


async def test_what_is_wrong_with_a_call_is_told(browsing: OpenBrowsing, site: str) -> None:
    async with asyncio.timeout(PATIENCE_S), browsing() as page:
        await page.act("launch", url=site)
        assert "needs `coordinate`" in await page.refused("click")
        assert "two whole numbers" in await page.refused("click", coordinate="here")
        assert "outside the window" in await page.refused("click", coordinate="900,10")
        assert "1 to 4096" in await page.refused("resize", size="0,10")


async def test_a_page_that_cannot_be_reached_is_told(browsing: OpenBrowsing) -> None:
    async with asyncio.timeout(PATIENCE_S), browsing() as page:
        assert await page.refused("launch", url="http://127.0.0.1:9/")


async def test_without_a_chromium_it_is_said_what_to_install(browsing: OpenBrowsing, site: str) -> None:
    async with browsing(executable="/nowhere/chromium") as page:
        assert "/nowhere/chromium cannot be started" in await page.refused("launch", url=site)
