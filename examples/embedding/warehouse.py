"""Embed the engine: a tool and a provider of this program's own, one session, one task, its events."""

from __future__ import annotations

import asyncio
import logging
import tempfile
from collections.abc import AsyncIterator
from dataclasses import field
from typing import ClassVar

import structlog
from models.stock import Stock

from roocode_server.engine.engine import Engine, open_engine
from roocode_server.engine.providers.provider import CallRequested, ModelEvent, ModelRequest, Stopped
from roocode_server.engine.tools.tool import Tool, ToolContext, ToolResult
from roocode_server.models.conversation import TurnRole
from roocode_server.models.event import StoredEvent
from roocode_server.models.session import SessionCreate
from roocode_server.models.settings import Settings
from roocode_server.models.shape import PlainShape, described, value
from roocode_server.models.task import TaskCreate
from roocode_server.models.tool import ToolGroup
from roocode_server.models.user import Caller

STOCK = Stock({"lamp": 12, "chair": 0})


@value
class LookUpStockParameters(PlainShape):
    article: str = field(metadata=described("The article, in the singular"))


class LookUpStock(Tool[LookUpStockParameters]):
    """Tells the agent how many pieces of an article there are."""

    name: ClassVar = "look_up_stock"
    description: ClassVar = "How many pieces of an article the warehouse has."
    group: ClassVar = ToolGroup.READ
    repeatable: ClassVar = True
    parameters: ClassVar = LookUpStockParameters

    def describe(self, parameters: LookUpStockParameters) -> str:
        return f"Look up the stock of {parameters.article}"

    async def run(self, context: ToolContext, parameters: LookUpStockParameters) -> ToolResult:
        return ToolResult(success=True, output=f"{parameters.article}: {STOCK.of(parameters.article)} pieces")


class Clerk:
    """Looks up the article that the task names, and repeats the answer."""

    name: ClassVar = "clerk"

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        last = request.turns[-1]
        if last.role is TurnRole.TOOL:
            yield CallRequested(
                call_id="answer", tool_name="attempt_completion", arguments={"result": last.text}
            )
        else:
            yield CallRequested(call_id="look", tool_name="look_up_stock", arguments={"article": "lamp"})
        yield Stopped(reason="calls")


class Printer:
    """Prints a session's events, and says when its task is over."""

    def __init__(self) -> None:
        self.ended = asyncio.Event()

    def deliver(self, stored: StoredEvent) -> None:
        print(stored.type, flush=True)
        if stored.type in ("task.completed", "task.failed", "task.cancelled"):
            self.ended.set()


async def ask(engine: Engine, question: str) -> str:
    """Run a task and return its result."""
    caller = Caller.of(await engine.accounts.open_identity(), request_id="warehouse", base_url="")
    session = await engine.sessions.create(
        caller, SessionCreate.load({"config": {"provider": Clerk.name, "model": "rules"}})
    )
    printer = Printer()
    engine.hub.follow(session.id, printer)
    task = await engine.tasks.create(TaskCreate.load({"sessionId": session.id, "input": question}))
    await printer.ended.wait()
    task = await engine.tasks.get(session.id, task.id)
    return task.result.summary if task.result else str(task.error)


async def main() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.load_plain({"server": {"data_dir": folder}})
        engine = await open_engine(settings, more_providers=[Clerk()], more_tools=[LookUpStock()])
        try:
            print(await ask(engine, "How many lamps are there?"))
        finally:
            await engine.close()


if __name__ == "__main__":
    asyncio.run(main())
