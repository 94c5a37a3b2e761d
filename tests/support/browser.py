"""A real Chromium, controlled over the DevTools Protocol, with methods for what a person does."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest

from tests.support import unaware_of_networks

# The list below the address line is a page of its own, which costs each window as much as the page in it.
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--process-per-site",
    "--disable-gpu",
    "--disable-gpu-compositing",
    "--disable-software-rasterizer",
    "--disable-lcd-text",
    "--disable-smooth-scrolling",
    "--num-raster-threads=1",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-features=SpareRendererForSitePerProcess,WebUIOmniboxPopup,WebUIOmniboxAimPopup,WebUIOmniboxFullPopup",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
    "about:blank",
)
LOOKING_ELSEWHERE = """
window.told = [];
window.Notification = class {
  static permission = "granted";
  constructor(title, { body }) { told.push([title, body]); }
};
Object.defineProperty(document, "hidden", { get: () => true });
0
"""
# To look again and again whether it is there costs as much as the page itself: it is looked when something
# has changed, and now and then for what is no change of the document.
WAITING = """new Promise((resolve) => {
  let timer = 0;
  let soon = false;
  const later = (wait) => { clearTimeout(timer); timer = setTimeout(look, wait); };
  const changes = new MutationObserver(() => { if (!soon) { soon = true; later(20); } });
  const look = async () => {
    let found = null;
    try { found = await (%(found)s); } catch { /* not there yet */ }
    if (found) { clearTimeout(timer); changes.disconnect(); resolve(found); return; }
    soon = false;
    later(100);
  };
  changes.observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
  look();
})"""
# Text as it is laid out is compared only where the same letters are there: the layout is what costs.
HAS = "((one, text) => one.textContent.replace(/\\s/g, '').includes(text.replace(/\\s/g, '')))"
LISTENING = "DevTools listening on "
PATIENCE_S = 60
SCHEMES = {"light": (), "dark": ("color-contrast", "link-in-text-block")}
"""Of each colour scheme, the rules that look for obstacles there: all, or those that colours can break."""
AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"


@dataclass
class Page:
    """A tab: its requests, its console errors, and methods to inspect it."""

    socket: aiohttp.ClientWebSocketResponse
    session_id: str = ""
    context_id: str = ""
    """Of the browser's context, with the cookies and the storage of this tab alone."""
    requests: dict[str, str] = field(default_factory=dict)
    """The URLs of the page's requests, also blocked ones, by the browser's request id, from
    `record_requests` on.
    """
    complaints: list[str] = field(default_factory=list)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    _answers: dict[int, asyncio.Future[dict[str, Any]]] = field(default_factory=dict)

    async def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command of the protocol and return its result."""
        number = next(self._numbers)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        command = {"id": number, "method": method, "params": parameters}
        await self.socket.send_json(command | ({"sessionId": self.session_id} if self.session_id else {}))
        async with asyncio.timeout(PATIENCE_S):
            return await answer

    async def record_requests(self) -> None:
        """From here on the page's requests are in `requests`. It costs a tenth of what a page costs."""
        await self.call("Network.enable")

    async def open(self, url: str) -> None:
        """Go to an address."""
        went = await self.call("Page.navigate", url=url)
        assert "errorText" not in went, went

    async def evaluate(self, expression: str) -> Any:
        """Return the value of an expression in the page; promises are awaited."""
        done = await self.call(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in done, (expression, done["exceptionDetails"])
        return done["result"].get("value")

    async def until(self, expression: str) -> Any:
        """Wait until the expression is true in the page, which may still be loading; return its value."""
        return await self._see(expression, expression)

    async def shows(self, text: str) -> None:
        """Wait until the page shows a text."""
        shown = json.dumps(text)
        await self._see(text, f"{HAS}(document.body, {shown}) && document.body.innerText.includes({shown})")

    async def finds_below(self, text: str) -> None:
        """Scroll until the page shows a text: of a long list, only what is in view may be in the page."""
        there = f"document.body.innerText.includes({json.dumps(text)})"
        is_at_end = "scrollY + innerHeight >= document.documentElement.scrollHeight"
        await self._see(text, f"({is_at_end} ? scrollTo(0, 0) : scrollBy(0, 300), {there})")

    async def press(self, name: str) -> None:
        """Press the button (or link) with this name, once it is present and enabled."""
        found = (
            "[...document.querySelectorAll('button, a, [role=treeitem]')].find((one) => !one.disabled && "
            "one.ariaDisabled !== 'true' && "
            f"(one.getAttribute('aria-label') || ({HAS}(one, {json.dumps(name)}) && one.innerText) || '')"
            f".trim() === {json.dumps(name)})"
        )
        await self._see(
            name,
            f"(() => {{ const it = {found}; if (it) {{ it.focus(); it.click(); }} return Boolean(it); }})()",
        )

    async def type(self, label: str, text: str) -> None:
        """Type a text into the field with this label."""
        found = (
            "([...document.querySelectorAll('label')].find((one) => "
            f"one.innerText.trim().startsWith({json.dumps(label)})) || {{}}).control"
        )
        await self._see(label, f"{found} !== undefined")
        await self.evaluate(f"{found}.focus()")
        await self.call("Input.insertText", text=text)

    async def _see(self, what: str, expression: str) -> Any:
        try:
            async with asyncio.timeout(PATIENCE_S):
                while True:
                    with contextlib.suppress(Gone):
                        return await self.evaluate(WAITING % {"found": expression})
        except TimeoutError:
            shown = await self.evaluate("document.body.innerText")
            raise AssertionError(f"{what!r} is not in:\n{shown}\n{self.complaints}") from None

    async def fill(self, label: str, text: str) -> None:
        """Put a text into the field of this label, in place of what is in it."""
        await self.type(label, "")
        await self.evaluate("document.activeElement.select()")
        await self.call("Input.insertText", text=text)

    async def choose(self, label: str, value: str) -> None:
        """Choose an option, by its value, of the field of this label."""
        found = (
            "[...document.querySelectorAll('select')].find((one) => (one.getAttribute('aria-label') ||"
            f"one.labels[0].innerText).trim().startsWith({json.dumps(label)}))"
        )
        await self._see(label, f"{found} !== undefined")
        await self.evaluate(
            f"((it) => {{ it.focus(); it.value = {json.dumps(value)};"
            f"it.dispatchEvent(new Event('change', {{ bubbles: true }})); }})({found})"
        )

    async def key(self, name: str) -> None:
        """Press and release a key: `Tab`, `Enter`, `Escape`."""
        text = {"Enter": "\r"}.get(name, "")
        code = {"Tab": 9, "Enter": 13, "Escape": 27}[name]
        which: dict[str, Any] = {"key": name, "code": name, "windowsVirtualKeyCode": code}
        await self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **which)
        await self.call("Input.dispatchKeyEvent", type="keyUp", **which)

    async def focuses(self, name: str) -> None:
        """Wait until the focus is on what has this name: its label, its words, or the field's label."""
        focused = (
            "((it) => (it.getAttribute('aria-label') ||"
            "(it.labels && it.labels.length ? it.labels[0].innerText : it.innerText)).trim())"
            "(document.activeElement)"
        )
        try:
            await self.until(f"{focused} === {json.dumps(name)}")
        except AssertionError:
            raise AssertionError(f"{await self.evaluate(focused)!r} has the focus, not {name!r}") from None

    async def look(
        self, *, width: int = 1280, height: int = 800, scheme: str = "light", zoom: int = 1
    ) -> None:
        """Have another size, light or dark colours, and everything `zoom` times as large."""
        await self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width // zoom,
            height=height // zoom,
            deviceScaleFactor=zoom,
            mobile=False,
        )
        colours = {"name": "prefers-color-scheme", "value": scheme}
        await self.call("Emulation.setEmulatedMedia", features=[colours])

    async def log_in(self, person: Mapping[str, str]) -> None:
        """Fill in the form with a person's `email` and `password`, and send it."""
        await self.type("E-mail", person["email"])
        await self.type("Password", person["password"])
        await self.press("Log in")

    async def obstacles(self, rules: Sequence[str] = ()) -> list[str]:
        """What hinders people with disabilities, as axe finds it by these rules or by all; and what is wider
        than the page.
        """
        if not await self.evaluate("'axe' in window"):
            await self.evaluate(f"{AXE.read_text()};0")
        options = {"resultTypes": ["violations"], **({"runOnly": list(rules)} if rules else {})}
        found: list[str] = await self.evaluate(
            f"axe.run(document, {json.dumps(options)}).then(({{ violations }}) => violations.flatMap("
            "({ id, nodes }) =>"
            "nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`)))"
        )
        is_wider = await self.evaluate("document.documentElement.scrollWidth > innerWidth")
        return [*found, "The page has to be moved sideways"] if is_wider else found

    async def obstacles_in_both_schemes(self, *, zoom: int = 1) -> list[str]:
        """The obstacles in light colours, and what dark ones add."""
        found = []
        for scheme, rules in SCHEMES.items():
            await self.look(scheme=scheme, zoom=zoom)
            found += await self.obstacles(rules)
        return found

    async def obstacles_at(self, *sizes: tuple[int, int]) -> dict[tuple[str, int], list[str]]:
        """The obstacles in pages of these widths and heights, by colour scheme and width; nothing for one
        without any. In dark colours, those that they add to what is found in light ones.
        """
        found = {}
        for scheme, rules in SCHEMES.items():
            for width, height in sizes:
                await self.look(width=width, height=height, scheme=scheme)
                if obstacles := await self.obstacles(rules):
                    found[scheme, width] = obstacles
        return found

    async def look_elsewhere(self) -> None:
        """Be somebody who lets the browser tell things, and looks at something else; what they are told is
        `window.told`: title and body of each notice.
        """
        await self.evaluate(LOOKING_ELSEWHERE)

    async def picture(self) -> bytes:
        """Return a screenshot as PNG."""
        return base64.b64decode((await self.call("Page.captureScreenshot", format="png"))["data"])

    @property
    def hosts(self) -> set[str]:
        """Return the hosts of the page's requests, without those blocked by its policy."""
        return {
            urlsplit(url).netloc
            for url in self.requests.values()
            if urlsplit(url).scheme not in ("data", "blob")
        }

    async def listen(self) -> None:
        """Process the browser's messages until it disconnects."""
        async for message in self.socket:
            said = json.loads(message.data)
            if "id" in said and said["id"] in self._answers:
                answer = self._answers.pop(said["id"])
                if answer.done():
                    continue
                if "error" in said:
                    answer.set_exception(Gone(said["error"]["message"]))
                else:
                    answer.set_result(said["result"])
            else:
                self._note(said.get("method"), said.get("params", {}))

    def _note(self, method: str | None, said: dict[str, Any]) -> None:
        if method == "Network.requestWillBeSent":
            self.requests[said["requestId"]] = said["request"]["url"]
        elif method == "Network.webSocketCreated":
            self.requests[said["requestId"]] = said["url"]
        elif method == "Network.loadingFailed" and said.get("blockedReason") == "csp":
            self.requests.pop(said["requestId"], None)
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(str(said["exceptionDetails"]))
        elif method == "Log.entryAdded" and said["entry"]["level"] == "error":
            self.complaints.append(f"{said['entry']['text']} {said['entry'].get('url', '')}")


class Gone(Exception):
    """The page does not exist any more, or not yet."""


@dataclass(frozen=True)
class Context:
    """Of the browser: with cookies and storage of its own, as a private window has them."""

    id: str
    keeper: str
    """The page that keeps its process."""


class Chromium:
    """A browser for all tests of a worker: each of their tabs is as if in a browser of its own.

    To start one takes a second of processor time, and a tab a tenth of that: less in a context that has been
    used before, where a page that stays open keeps the process that has compiled the scripts.
    """

    def __init__(self, profile: Path) -> None:
        self._profile = profile
        self._process: subprocess.Popen[bytes] | None = None
        self._address = ""
        self._unused: list[Context] = []

    @property
    def blank(self) -> str:
        """A page without anything, which the browser serves itself, of the host that servers listen on: tabs
        that begin there need no process of their own.
        """
        return f"http://{urlsplit(self._address).netloc}/json/version"

    async def context(self, page: Page) -> Context:
        """An empty context that nobody uses."""
        if self._unused:
            return self._unused.pop()
        made = await page.call("Target.createBrowserContext")
        keeper = await page.call(
            "Target.createTarget", url=self.blank, browserContextId=made["browserContextId"], newWindow=True
        )
        return Context(made["browserContextId"], keeper["targetId"])

    async def take_back(self, context: Context, page: Page) -> None:
        """Empty a context, so that it can be used again; or end it, if its page is on its way to another."""
        try:
            await self._empty(context, page)
        except Gone:
            page.session_id = ""
            await page.call("Target.disposeBrowserContext", browserContextId=context.id)
        else:
            self._unused.append(context)

    async def _empty(self, context: Context, page: Page) -> None:
        """Close the tabs and forget what pages have stored."""
        history = await page.call("Page.getNavigationHistory")
        page.session_id = ""
        for target in (await page.call("Target.getTargets"))["targetInfos"]:
            if target.get("browserContextId") == context.id and target["targetId"] != context.keeper:
                await page.call("Target.closeTarget", targetId=target["targetId"])
        await page.call("Storage.clearCookies", browserContextId=context.id)
        attached = await page.call("Target.attachToTarget", targetId=context.keeper, flatten=True)
        page.session_id = attached["sessionId"]
        for origin in {"{0.scheme}://{0.netloc}".format(urlsplit(one["url"])) for one in history["entries"]}:
            await page.call("Storage.clearDataForOrigin", origin=origin, storageTypes="all")

    def address(self) -> str:
        """Of the running browser, which is started if there is none, or none any more."""
        if self._process is None or self._process.poll() is not None:
            self.end()
            self._start()
        return self._address

    def end(self) -> None:
        """Kill the browser."""
        self._unused.clear()
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)  # also what a script has started
            self._process.wait()
            assert self._process.stderr is not None
            self._process.stderr.close()
            self._process = None

    def _start(self) -> None:
        program = shutil.which("chromium-headless-shell") or shutil.which("chromium")
        assert program is not None, "chromium is needed to see the pages"
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-S",
                unaware_of_networks.__file__,
                program,
                f"--user-data-dir={self._profile}",
                *FLAGS,
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        assert self._process.stderr is not None
        for line in self._process.stderr:
            if LISTENING in line.decode():
                self._address = line.decode().partition(LISTENING)[2].strip()
                break
        else:
            raise AssertionError("chromium did not start")
        threading.Thread(target=_drain, args=(self._process.stderr.fileno(),), daemon=True).start()


def _drain(descriptor: int) -> None:
    """Read what nobody wants to know, so that the browser can always say it."""
    with contextlib.suppress(OSError):
        while os.read(descriptor, 65536):
            pass


@contextlib.asynccontextmanager
async def browser_page(chromium: Chromium, *, width: int = 1280, height: int = 800) -> AsyncIterator[Page]:
    """Open a tab, with cookies and storage of its own; they end with the block."""
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(await asyncio.to_thread(chromium.address), max_msg_size=0) as socket,
    ):
        page = Page(socket)
        listening = asyncio.create_task(page.listen())
        try:
            context = await chromium.context(page)
            page.context_id = context.id
            await _attach(page, chromium.blank, width, height)
            yield page
            await chromium.take_back(context, page)
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)


async def _attach(page: Page, blank: str, width: int, height: int) -> None:
    target = await page.call(
        "Target.createTarget",
        url=blank,
        browserContextId=page.context_id,
        newWindow=True,
        width=width,
        height=height,
    )
    attached = await page.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)
    page.session_id = attached["sessionId"]
    for domain in ("Page", "Runtime", "Log"):
        await page.call(f"{domain}.enable")
    await page.call("Emulation.setFocusEmulationEnabled", enabled=True)
    await page.call(
        "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
    )


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    """The browser of this worker, which starts with the first tab."""
    browser = Chromium(tmp_path_factory.mktemp("chromium"))
    yield browser
    browser.end()


@pytest.fixture
async def page(chromium: Chromium) -> AsyncIterator[Page]:
    """A tab as in a browser of its own."""
    async with browser_page(chromium) as opened:
        yield opened
