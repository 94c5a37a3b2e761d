"""A session's page: the actions on it, each answered with a snapshot."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections import deque
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Final

from playwright.async_api import Error

from roocode_server.engine.browser.page_snapshot import BrowserFailure, PageSnapshot

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, ConsoleMessage, Page, WebError

CONSOLE_LINES: Final = 200
CONSOLE_LINE_CHARACTERS: Final = 1000
JPEG_QUALITY: Final = 75
"""JPEG quality of the screenshot, in percent."""
ACTION_TIMEOUT_MS: Final = 15_000
SETTLE_TIMEOUT_MS: Final = 3000
SCROLLED_SHARE: Final = 0.9
"""The share of the window's height that one scroll moves."""
MOST_PAGES: Final = 8


class View:
    """A page in a browser context of its own, so that it shares no cookies with other sessions."""

    def __init__(self, context: BrowserContext, page: Page) -> None:
        self.lock = asyncio.Lock()
        self.used_at = asyncio.get_running_loop().time()
        self._context = context
        self._page = page
        self._mouse: tuple[int, int] | None = None
        self._console: deque[str] = deque(maxlen=CONSOLE_LINES)
        context.on("page", self._follow)
        context.on("console", self._hear)
        context.on("weberror", self._hear_error)

    async def open(self, url: str) -> PageSnapshot:
        """Open a URL. Raises: BrowserFailure."""
        await self._do(self._page.goto(url, timeout=ACTION_TIMEOUT_MS, wait_until="domcontentloaded"))
        return await self.look()

    async def click(self, x: int, y: int) -> PageSnapshot:
        """Click the left mouse button at a point of the screenshot. Raises: BrowserFailure."""
        await self._do(self._page.mouse.click(*self._at(x, y)))
        return await self.look()

    async def hover(self, x: int, y: int) -> PageSnapshot:
        """Move the mouse to a point of the screenshot. Raises: BrowserFailure."""
        await self._do(self._page.mouse.move(*self._at(x, y)))
        return await self.look()

    async def type(self, text: str) -> PageSnapshot:
        """Type text into the focused element. Raises: BrowserFailure."""
        await self._do(self._page.keyboard.type(text))
        return await self.look()

    async def scroll(self, *, down: bool) -> PageSnapshot:
        """Scroll by `SCROLLED_SHARE` of the window's height. Raises: BrowserFailure."""
        sign = 1 if down else -1
        await self._do(
            self._page.evaluate(f"window.scrollBy(0, {sign * SCROLLED_SHARE} * window.innerHeight)")
        )
        return await self.look()

    async def resize(self, width: int, height: int) -> PageSnapshot:
        """Resize the window; sizes in CSS pixels. Raises: BrowserFailure."""
        await self._do(self._page.set_viewport_size({"width": width, "height": height}))
        return await self.look()

    async def look(self) -> PageSnapshot:
        """Wait up to `SETTLE_TIMEOUT_MS` for the network to be idle, then take a snapshot.

        Raises: BrowserFailure.
        """
        with contextlib.suppress(BrowserFailure):
            await self._do(self._page.wait_for_load_state("networkidle", timeout=SETTLE_TIMEOUT_MS))
        picture: list[bytes] = []

        async def take() -> None:
            picture.append(
                await self._page.screenshot(
                    type="jpeg", quality=JPEG_QUALITY, scale="css", timeout=ACTION_TIMEOUT_MS
                )
            )

        await self._do(take())
        console = tuple(self._console)
        self._console.clear()
        return PageSnapshot(
            image=f"data:image/jpeg;base64,{base64.b64encode(picture[0]).decode()}",
            url=self._page.url,
            title=await self._title(),
            console=console,
            mouse=self._mouse,
        )

    async def close(self) -> None:
        """Close the page and discard its context with cookies and storage."""
        with contextlib.suppress(Error):  # the browser may already have exited
            await self._context.close()

    async def _do(self, action: Awaitable[object]) -> None:
        """Await an action with a timeout. Raises: BrowserFailure."""
        try:
            async with asyncio.timeout(2 * ACTION_TIMEOUT_MS / 1000):
                await action
        except TimeoutError as failure:
            raise BrowserFailure("The page did not respond in time.") from failure
        except Error as failure:
            raise BrowserFailure(_first_line(failure)) from failure

    async def _title(self) -> str:
        try:
            return await self._page.title()
        except Error:
            return ""  # the page is navigating and has no title yet

    def _at(self, x: int, y: int) -> tuple[int, int]:
        size = self._page.viewport_size
        if size is not None and not (x < size["width"] and y < size["height"]):
            raise BrowserFailure(f"{x},{y} lies outside the window of {size['width']}x{size['height']}.")
        self._mouse = (x, y)
        return self._mouse

    def _follow(self, page: Page) -> None:
        """A newly opened window becomes the page that is shown."""
        if len(self._context.pages) <= MOST_PAGES:
            self._page = page

    def _hear(self, message: ConsoleMessage) -> None:
        self._console.append(f"[{message.type}] {message.text}"[:CONSOLE_LINE_CHARACTERS])

    def _hear_error(self, failure: WebError) -> None:
        self._console.append(f"[uncaught] {failure.error}"[:CONSOLE_LINE_CHARACTERS])


def _first_line(failure: Error) -> str:
    return failure.message.partition("\n")[0].removeprefix("Page.goto: ")
