"""`browser_action`: open, click, type into and look at a web page. Source: S2."""

from __future__ import annotations

import json
import re
from dataclasses import field
from typing import TYPE_CHECKING, ClassVar, Final

from roocode_server.engine.browser.browsers import Browsers
from roocode_server.engine.browser.page_snapshot import (
    AddressForbidden,
    BrowserFailure,
    BrowserUnavailable,
    PageSnapshot,
)
from roocode_server.engine.tools.text import shortened
from roocode_server.engine.tools.tool import Notice, Tool, ToolContext, ToolFailure, ToolResult
from roocode_server.models.session import SessionConfig
from roocode_server.models.shape import PlainShape, described, limited, one_of, value
from roocode_server.models.tool import ToolGroup

if TYPE_CHECKING:
    from roocode_server.engine.browser.view import View

ACTIONS: Final = (
    "launch", "click", "hover", "type", "scroll_down", "scroll_up", "resize", "close"
)  # fmt: skip
MOST_PIXELS: Final = 4096
_PAIR: Final = re.compile(r"\s*(\d{1,5})\s*[,x]\s*(\d{1,5})\s*\Z")


@value
class BrowserActionParameters(PlainShape):
    """The arguments of `browser_action`; which of them are needed depends on `action`."""

    action: str = field(
        metadata=described("What to do: " + ", ".join(ACTIONS), **one_of(*ACTIONS)),
    )
    url: str | None = field(
        default=None,
        metadata=described("For launch: the page, http:// or https://", **limited(shortest=1, longest=8192)),
    )
    coordinate: str | None = field(
        default=None,
        metadata=described("For click and hover: the place in the picture, `x,y`", **limited(longest=32)),
    )
    text: str | None = field(
        default=None, metadata=described("For type: the text", **limited(shortest=1, longest=10_000))
    )
    size: str | None = field(
        default=None,
        metadata=described("For resize: the window's size in pixels, `width,height`", **limited(longest=32)),
    )


class BrowserAction(Tool[BrowserActionParameters]):
    """Controls the session's page; each action returns a screenshot and new console output."""

    name: ClassVar = "browser_action"
    description: ClassVar = (
        "Use a web browser, one action per call. Begin with launch and end with close. Each action but close "
        "answers with a picture of the window and the console's new lines; read the places to click from the "
        "last picture. Pages on private networks can be opened only where the server allows it."
    )
    group: ClassVar = ToolGroup.BROWSER
    parameters: ClassVar = BrowserActionParameters

    def __init__(self, browsers: Browsers) -> None:
        self._browsers = browsers

    def describe(self, parameters: BrowserActionParameters) -> str:
        """Name the action and its argument."""
        details = parameters.url or parameters.coordinate or parameters.text or parameters.size
        return f"Browser: {parameters.action} {details or ''}".strip()

    def is_allowed(self, config: SessionConfig, parameters: BrowserActionParameters) -> bool:
        """Only opening a page needs approval: all other actions happen on that page."""
        return parameters.action != "launch"

    async def notice(self, context: ToolContext, parameters: BrowserActionParameters) -> Notice | None:
        """Return S2's `browser_action_launch` notice; other actions have none."""
        if parameters.action != "launch":
            return None
        return Notice(kind="browser_action_launch", text=parameters.url or "")

    async def run(self, context: ToolContext, parameters: BrowserActionParameters) -> ToolResult:
        """Perform the action. Raises: ToolFailure."""
        if not context.config.network:
            raise ToolFailure("This session has no network access (`config.network`), so it has no browser.")
        asked = {"action": parameters.action, "coordinate": parameters.coordinate, "text": parameters.text}
        told = {name: content for name, content in asked.items() if content is not None}
        await context.say("browser_action", json.dumps(told, ensure_ascii=False))
        if parameters.action == "close":
            await self._browsers.close_session(context.session_id)
            return ToolResult(success=True, output="The browser is closed.")
        return await _result(context, await self._act(context, parameters))

    async def _act(self, context: ToolContext, parameters: BrowserActionParameters) -> PageSnapshot:
        """Perform an action that returns a snapshot. Raises: ToolFailure."""
        try:
            if parameters.action == "launch":
                url = _given("url", parameters.url, parameters.action)
                return await self._browsers.launch(context.session_id, url)
            view = self._browsers.view(context.session_id)
            if view is None:
                raise ToolFailure("No page is open. Open one with the action launch.")
            async with view.lock:
                return await _do(view, parameters)
        except (AddressForbidden, BrowserFailure, BrowserUnavailable) as refusal:
            raise ToolFailure(str(refusal)) from refusal


async def _do(view: View, parameters: BrowserActionParameters) -> PageSnapshot:
    """Perform an action on the open page. Raises: ToolFailure."""
    action = parameters.action
    match action:
        case "click":
            return await view.click(*_pair("coordinate", parameters.coordinate, action))
        case "hover":
            return await view.hover(*_pair("coordinate", parameters.coordinate, action))
        case "type":
            return await view.type(_given("text", parameters.text, action))
        case "resize":
            width, height = _pair("size", parameters.size, action)
            if not (1 <= width <= MOST_PIXELS and 1 <= height <= MOST_PIXELS):
                raise ToolFailure(f"A window has 1 to {MOST_PIXELS} pixels on each side.")
            return await view.resize(width, height)
        case _:
            return await view.scroll(down=action == "scroll_down")


async def _result(context: ToolContext, sight: PageSnapshot) -> ToolResult:
    console = shortened("\n".join(sight.console))
    seen = {"currentUrl": sight.url, "logs": console}
    if sight.mouse is not None:
        seen["currentMousePosition"] = f"{sight.mouse[0]},{sight.mouse[1]}"
    await context.say("browser_action_result", json.dumps(seen, ensure_ascii=False), [sight.image])
    output = f"The page is {sight.url} ({sight.title or 'without a title'}).\n"
    output += f"Console:\n{console}" if console else "The console printed nothing new."
    return ToolResult(success=True, output=output, images=(sight.image,))


def _given(name: str, content: str | None, action: str) -> str:
    if content is None:
        raise ToolFailure(f"{action} needs `{name}`. Nothing was done.")
    return content


def _pair(name: str, content: str | None, action: str) -> tuple[int, int]:
    found = _PAIR.match(_given(name, content, action))
    if found is None:
        raise ToolFailure(f"`{name}` is two whole numbers, such as 450,300. Nothing was done.")
    return int(found[1]), int(found[2])
