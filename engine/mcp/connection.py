"""One connected server: the protocol's client, started and stopped by a task that owns it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import replace
from typing import Any, Final, TypeVar

import structlog
from mcp.client import Client, Transport
from mcp.client.session import IncomingMessage
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from mcp_types import (
    CONNECTION_CLOSED,
    HEADER_MISMATCH,
    METHOD_NOT_FOUND,
    REQUEST_TIMEOUT,
    CallToolRequest,
    CallToolRequestParams,
    CallToolResult,
    EmptyResult,
    Implementation,
    InputRequiredResult,
    PingRequest,
    PromptListChangedNotification,
    ResourceListChangedNotification,
    ToolListChangedNotification,
)
from pydantic import TypeAdapter, ValidationError

from roocode_server.engine.mcp.answer import McpAnswer, McpFailure, Offer
from roocode_server.engine.mcp.content import of_call, of_resource
from roocode_server.engine.mcp.fitting import fitting
from roocode_server.engine.mcp.http import http_client
from roocode_server.engine.mcp.stdio import Trouble, over_pipes
from roocode_server.engine.runtimes.runtime import InteractiveProgram
from roocode_server.models.mcp import McpPrompt, McpResource, McpServer, McpTool
from roocode_server.models.release import DISTRIBUTION, release

MOST_LISTED: Final = 200
"""The most tools, resources or prompts of one server."""
DESCRIPTION_CHARACTERS: Final = 2000
MISFIT_CHARACTERS: Final = 500
PING_TIMEOUT_S: Final = 30.0
"""How long a server may take to answer a ping: one that handles requests one at a time is busy, not dead."""
NO_ANSWER: Final = "It no longer answered."

log = structlog.get_logger("mcp")

_ANSWER: Final[TypeAdapter[CallToolResult | InputRequiredResult]] = TypeAdapter(
    CallToolResult | InputRequiredResult
)
_CHANGES: Final = (
    ToolListChangedNotification,
    ResourceListChangedNotification,
    PromptListChangedNotification,
)

Program = AbstractAsyncContextManager[InteractiveProgram]
Page = TypeVar("Page")


class McpConnection:
    """A server that is connected while `live` runs."""

    def __init__(
        self,
        server: McpServer,
        program: Program | None,
        *,
        only_public: bool,
        start_timeout_s: float,
        idle_timeout_s: float,
    ) -> None:
        """`program` is the program to start for a server over stdio, None for a server over HTTP.

        For HTTP, `only_public` refuses private addresses.
        """
        self._server = server
        self._program = program
        self._only_public = only_public
        self._start_timeout_s = start_timeout_s
        self._idle_timeout_s = idle_timeout_s
        self._trouble = Trouble()
        self._client: Client | None = None
        self._ended_for: str | None = None
        self._is_ending = False
        self._calls = 0
        self._used_at = 0.0
        self._has_changed = asyncio.Event()
        self._is_in_doubt = asyncio.Event()
        self._listing = asyncio.Lock()
        self.offer: Offer | None = None
        """What the server offers; None until it is connected."""

    @property
    def is_over(self) -> bool:
        """Whether it accepts no more calls."""
        return self._trouble.over.is_set()

    async def live(self, connected: Callable[[Offer], Awaitable[None]]) -> None:
        """Connect, call `connected`, and stay connected until `end`, the server's exit, or the idle timeout.

        Raises: McpFailure, if it cannot be connected or exits by itself; what its transport raises.
        """
        async with AsyncExitStack() as opened:
            try:
                async with asyncio.timeout(self._start_timeout_s):
                    self._client = await opened.enter_async_context(
                        Client(
                            fitting(await self._transport(opened)),
                            client_info=_ourselves(),
                            message_handler=self._notice,
                        )
                    )
                    offer = await _offer(self._client)
            except TimeoutError:
                raise McpFailure(f"It did not answer within {self._start_timeout_s:g} s.") from None
            self.offer = offer
            await connected(offer)
            async with asyncio.TaskGroup() as watching:
                watches = [watching.create_task(each) for each in (self._follow(), self._probe())]
                try:
                    await self._stay()
                finally:
                    for watch in watches:
                        watch.cancel()

    async def current_offer(self) -> Offer:
        """Return what the server offers, listing it again if the server announced a change.

        Raises: McpFailure.
        """
        async with self._listing:
            if self.offer is None or self._has_changed.is_set():
                self._has_changed.clear()
                self.offer = await self._ask(_offer)
            return self.offer

    def complaint(self) -> str:
        """Return the server's last output on stderr; empty for a server over HTTP."""
        return self._trouble.complaint

    def end(self, reason: str | None = None) -> None:
        """Accept no more calls and let `live` return, or fail if there is a `reason`."""
        if not self.is_over:
            self._is_ending, self._ended_for = True, reason
            self._trouble.over.set()

    async def call_tool(self, name: str, arguments: dict[str, Any]) -> McpAnswer:
        """Call a tool of the server. Raises: McpFailure."""
        result, misfit = await self._ask(lambda client: _called(client, name, arguments))
        answer = of_call(result)
        if misfit is None:
            return answer
        return replace(answer, text=f"{answer.text}\n\n({misfit})".lstrip())

    async def read_resource(self, uri: str) -> McpAnswer:
        """Read a resource of the server. Raises: McpFailure."""
        return of_resource(await self._ask(lambda client: client.read_resource(uri, cache_mode="bypass")))

    async def _ask(self, question: Callable[[Client], Awaitable[Page]]) -> Page:
        if self._client is None or self.is_over:
            raise McpFailure("The server has just ended; call it again to restart it.")
        self._calls += 1
        try:
            async with asyncio.timeout(self._server.timeout):
                return await question(self._client)
        except TimeoutError:
            self._is_in_doubt.set()
            raise McpFailure(f"The server did not answer within {self._server.timeout} s.") from None
        except ValidationError as mistake:
            raise McpFailure("The server's answer does not follow the protocol.") from mistake
        except MCPError as failure:
            if failure.code in (CONNECTION_CLOSED, REQUEST_TIMEOUT):
                self._is_in_doubt.set()
            raise McpFailure(f"The server refused or failed: {failure.message}") from failure
        except (RuntimeError, OSError) as failure:
            self.end("The connection broke.")
            raise McpFailure(f"The connection to the server broke: {failure}") from failure
        finally:
            self._calls -= 1
            self._used_at = asyncio.get_running_loop().time()

    async def _notice(self, message: IncomingMessage) -> None:
        if isinstance(message, _CHANGES):
            self._has_changed.set()

    async def _follow(self) -> None:
        """List again whenever the server announces a change."""
        while True:
            await self._has_changed.wait()
            try:
                await self.current_offer()
            except McpFailure as failure:
                log.warning("an mcp server did not list its offer again", reason=str(failure))

    async def _probe(self) -> None:
        """After a failure, close the connection unless the server answers a ping."""
        while True:
            await self._is_in_doubt.wait()
            self._is_in_doubt.clear()
            if self._client is not None and not await _answers(self._client):
                self.end(NO_ANSWER)

    async def _transport(self, opened: AsyncExitStack) -> Transport:
        if self._program is not None:
            return over_pipes(self._program, self._trouble)
        server = self._server
        client = http_client(server.headers, timeout_s=server.timeout, only_public=self._only_public)
        await opened.enter_async_context(client)
        return streamable_http_client(server.url or "", http_client=client)

    async def _stay(self) -> None:
        """Wait for the end. Raises: McpFailure, if it was not requested."""
        loop = asyncio.get_running_loop()
        self._used_at = loop.time()
        while not self.is_over:
            busy_until = loop.time() if self._calls else self._used_at
            try:
                async with asyncio.timeout_at(busy_until + self._idle_timeout_s):
                    await self._trouble.over.wait()
            except TimeoutError:
                if not self._calls and loop.time() >= self._used_at + self._idle_timeout_s:
                    self.end()
        if self._ended_for is not None or not self._is_ending:
            raise McpFailure(self._ended_for or "It ended by itself.")


def _ourselves() -> Implementation:
    return Implementation(name=DISTRIBUTION, version=release())


async def _called(client: Client, name: str, arguments: dict[str, Any]) -> tuple[CallToolResult, str | None]:
    """Call a tool; also return how the answer violates the tool's output schema, if it does.

    Raises: McpFailure, if the server asks for input.
    """
    request = CallToolRequest(params=CallToolRequestParams(name=name, arguments=arguments))
    try:
        result = await client.session.send_request(request, _ANSWER)
    except MCPError as failure:
        if failure.code != HEADER_MISMATCH:
            raise
        await client.list_tools(
            cache_mode="bypass"
        )  # list again, because the headers are made from the listed schema
        result = await client.session.send_request(request, _ANSWER)
    if isinstance(result, InputRequiredResult):
        raise McpFailure("The server sent a request of its own, which is refused here.")
    if result.is_error:
        return result, None
    try:
        await client.session.validate_tool_result(name, result)
    except RuntimeError as misfit:
        return result, f"The answer does not match the tool's outputSchema. {str(misfit)[:MISFIT_CHARACTERS]}"
    return result, None


async def _answers(client: Client) -> bool:
    """Return whether the server answers a ping; that it does not know the method also counts."""
    try:
        await client.session.send_request(
            PingRequest(), EmptyResult, request_read_timeout_seconds=PING_TIMEOUT_S
        )
    except MCPError as failure:
        return failure.code not in (CONNECTION_CLOSED, REQUEST_TIMEOUT)
    except ValidationError:
        return True
    except (RuntimeError, OSError):
        return False
    return True


async def _offer(client: Client) -> Offer:
    tools = await _all(
        lambda cursor: client.list_tools(cursor=cursor, cache_mode="bypass"), lambda page: page.tools
    )
    can = client.server_capabilities
    resources, prompts = [], []
    if can is not None and can.resources is not None:
        resources = await _all(
            lambda cursor: client.list_resources(cursor=cursor, cache_mode="bypass"),
            lambda page: page.resources,
        )
    if can is not None and can.prompts is not None:
        prompts = await _all(
            lambda cursor: client.list_prompts(cursor=cursor, cache_mode="bypass"), lambda page: page.prompts
        )
    return Offer(
        tools=[
            McpTool(name=tool.name, description=_short(tool.description), input_schema=tool.input_schema)
            for tool in tools
        ],
        resources=[
            McpResource(
                uri=each.uri, name=each.name, description=_short(each.description), mime_type=each.mime_type
            )
            for each in resources
        ],
        prompts=[McpPrompt(name=each.name, description=_short(each.description)) for each in prompts],
    )


Item = TypeVar("Item")


async def _all(
    ask: Callable[[str | None], Awaitable[Page]], items: Callable[[Page], list[Item]]
) -> list[Item]:
    """Return all pages of a list, up to `MOST_LISTED` items; empty if the server has no such list."""
    found: list[Item] = []
    cursor: str | None = None
    while len(found) < MOST_LISTED:
        try:
            page = await ask(cursor)
        except MCPError as refusal:
            if refusal.code == METHOD_NOT_FOUND:
                return found
            raise
        found += items(page)
        cursor = getattr(page, "next_cursor", None)
        if cursor is None:
            break
    return found[:MOST_LISTED]


def _short(description: str | None) -> str:
    return (description or "")[:DESCRIPTION_CHARACTERS]
