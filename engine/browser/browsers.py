"""The browser process that all sessions share: started at first use, stopped when no page is open."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from roocode_server.engine.browser.page_snapshot import AddressForbidden, BrowserUnavailable, PageSnapshot
from roocode_server.engine.concurrency.imports import imported
from roocode_server.engine.concurrency.shield import run_to_completion
from roocode_server.engine.network.addresses import AddressRefused
from roocode_server.engine.network.proxy import Proxy
from roocode_server.models.extras import check_installed
from roocode_server.models.identifier import SessionId
from roocode_server.models.settings import BrowserSettings

if TYPE_CHECKING:
    from playwright.async_api import Browser, Playwright

    from roocode_server.engine.browser.view import View

BROWSER_PROGRAMS: Final = (
    *("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"),
)
"""The first is the same browser without what draws windows: it starts and works with a third less."""
SWEEP_INTERVAL_S: Final = 5.0
_FLAGS: Final = (
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
)


def browser_program(settings: BrowserSettings) -> str | None:
    """Return the browser's program: the configured one, or the first that is installed; None if none is."""
    return settings.executable or next(filter(None, map(shutil.which, BROWSER_PROGRAMS)), None)


class Browsers:
    """Gives each session a page of its own in one shared browser."""

    def __init__(self, settings: BrowserSettings) -> None:
        self._settings = settings
        self._lock = asyncio.Lock()
        self._views: dict[SessionId, View] = {}
        self._proxy: Proxy | None = None
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None
        self._sweeper: asyncio.Task[None] | None = None

    async def launch(self, session_id: SessionId, url: str) -> PageSnapshot:
        """Open a URL in a new page of the session, closing the session's previous page.

        Raises: AddressForbidden; BrowserUnavailable; BrowserFailure.
        """
        await self.check(url)
        async with self._lock:
            await self._close_view(session_id)
            view = self._views[session_id] = await self._open()
        async with view.lock:
            return await view.open(url)

    def view(self, session_id: SessionId) -> View | None:
        """Return the session's page, or None if it has none or it was closed. Counts as use of the page."""
        view = self._views.get(session_id)
        if view is not None:
            view.used_at = asyncio.get_running_loop().time()
        return view

    async def check(self, url: str) -> None:
        """Raises: AddressForbidden, if the URL is not http(s) or its host may not be reached."""
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname, parts.port
        except ValueError:
            raise AddressForbidden("This is not a valid URL.") from None
        if parts.scheme not in ("http", "https") or not host:
            raise AddressForbidden("Only URLs that begin with http:// or https:// can be opened.")
        try:
            await Proxy(allow_private=self._settings.allow_private).address(host)
        except AddressRefused as refusal:
            raise AddressForbidden(f"{refusal}.") from refusal

    async def close_session(self, session_id: SessionId) -> None:
        """Close a session's page, and the browser with the last page."""
        await run_to_completion(self._close_session(session_id))

    async def _close_session(self, session_id: SessionId) -> None:
        async with self._lock:
            await self._close_view(session_id)
            if not self._views:
                await self._stop()

    async def close(self) -> None:
        """Close all pages and the browser."""
        sweeper, self._sweeper = self._sweeper, None
        if sweeper is not None:
            sweeper.cancel()
            await asyncio.gather(sweeper, return_exceptions=True)
        async with self._lock:
            for session_id in list(self._views):
                await self._close_view(session_id)
            await self._stop()

    async def _close_view(self, session_id: SessionId) -> None:
        view = self._views.pop(session_id, None)
        if view is not None:
            await view.close()

    async def _open(self) -> View:
        if len(self._views) >= self._settings.max_pages:
            raise BrowserUnavailable(
                f"All {self._settings.max_pages} pages of this server are in use; try again later"
            )
        browser = await self._started()
        module = await imported("roocode_server.engine.browser.view")
        context = await browser.new_context(
            viewport={"width": self._settings.width, "height": self._settings.height},
            accept_downloads=False,
            service_workers="block",
        )
        view: View = module.View(context, await context.new_page())
        return view

    async def _started(self) -> Browser:
        if self._browser is not None and self._browser.is_connected():
            return self._browser
        await self._stop()
        check_installed("browser", "The browser")
        program = browser_program(self._settings)
        if program is None:
            raise BrowserUnavailable("Chromium was not found: install it, or name it in `browser.executable`")
        module = await imported("playwright.async_api")
        self._proxy = Proxy(allow_private=self._settings.allow_private)
        address = await self._proxy.start()
        playwright: Playwright = await module.async_playwright().start()
        self._playwright = playwright
        try:
            self._browser = await playwright.chromium.launch(
                executable_path=program,
                args=list(_FLAGS),
                chromium_sandbox=self._settings.sandbox and os.geteuid() != 0,
                proxy={"server": address, "bypass": "<-loopback>"},
                env={name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
            )
        except module.Error as failure:
            await self._stop()
            raise BrowserUnavailable(f"{program} cannot be started: {failure.message[:500]}") from failure
        if self._sweeper is None or self._sweeper.done():
            self._sweeper = asyncio.create_task(self._sweep())
        return self._browser

    async def _stop(self) -> None:
        browser, self._browser = self._browser, None
        playwright, self._playwright = self._playwright, None
        proxy, self._proxy = self._proxy, None
        if browser is not None:
            with contextlib.suppress(OSError):
                await browser.close()
        if playwright is not None:
            await playwright.stop()
        if proxy is not None:
            await proxy.close()

    async def _sweep(self) -> None:
        """Close pages that have not been used for `idle_timeout_s`; ends when there is no page left."""
        idle_s = self._settings.idle_timeout_s
        while self._views or self._browser is not None:
            await asyncio.sleep(min(SWEEP_INTERVAL_S, idle_s))
            oldest = asyncio.get_running_loop().time() - idle_s
            for session_id, view in list(self._views.items()):
                if view.used_at < oldest and not view.lock.locked():
                    await self.close_session(session_id)
