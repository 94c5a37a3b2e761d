"""`roocode-server demo`: an agent fixes a small project, followed by a real client of a real server."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import signal
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import socketio

from roocode_server.models.settings import LoggingSettings, LogLevel, Settings
from roocode_server.server.app import running
from roocode_server.server.plainly import with_facts
from roocode_server.server.screen import Screen

PROJECT: Final = Path(__file__).with_name("demo_project")
TEST_COMMAND: Final = "python3 -B -m unittest"
CONFIG: Final = {"provider": "scripted", "model": "mend-the-test"}
CALL_TIMEOUT_S: Final = 120
SERVE: Final = "roocode-server serve (in a checkout: make serve)"
DIFF_STYLES: Final = {"+": "green", "-": "red", "@": "cyan"}


class DemoFailed(Exception):
    """The demo cannot continue; the message says why."""


async def demo(port: int) -> bool:
    """Run the demo. True if the task completed and the project's tests pass.

    On a terminal, the server keeps running until Ctrl-C. Raises: DemoFailed; CannotListen.
    """
    screen = Screen()
    with tempfile.TemporaryDirectory(prefix="roocode-demo-") as data_dir:
        async with running(_settings(data_dir, port)) as addresses:
            url = addresses[0]
            admin = json.loads((Path(data_dir) / "admin.json").read_text())
            screen.line(f"A server runs on {url}. Its data in {data_dir} is deleted when it stops.", "dim")
            async with Visit(screen, url, admin["apiKey"]) as visit:
                succeeded = await visit.run()
            if screen.is_terminal:
                visit.show_where_next(admin)
                await _until_told()
            else:
                screen.line(
                    f"In a terminal, the demo keeps its server and dashboard open. To keep one: {SERVE}"
                )
    return succeeded


def _settings(data_dir: str, port: int) -> Settings:
    standard = Settings()
    return dataclasses.replace(
        standard,
        server=dataclasses.replace(standard.server, host="127.0.0.1", ports=[port], data_dir=data_dir),
        logging=LoggingSettings(level=LogLevel.WARNING),
    )


async def _until_told() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()


class Visit:
    """A client of the server: starts the task, shows its events, answers its approvals."""

    def __init__(self, screen: Screen, url: str, key: str) -> None:
        self._screen = screen
        self._url = url
        self._key = key
        self._client = socketio.AsyncClient(reconnection=False)
        self._session_id = ""
        self._diffs: list[str] = []
        self._ended: asyncio.Future[Mapping[str, Any]] = asyncio.get_running_loop().create_future()
        self._answering: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Visit:
        self._client.on("*", self._show)
        await self._client.connect(self._url, auth={"token": self._key}, transports=["websocket"])
        return self

    async def __aexit__(self, *_: object) -> None:
        for answering in self._answering:
            answering.cancel()
        await self._client.disconnect()

    async def run(self) -> bool:
        """Follow the task from start to end. True if it succeeded. Raises: DemoFailed."""
        health = await self._call("system.health", {})
        if "runtimeProblem" in health:
            raise DemoFailed(f"commands cannot run on this machine: {health['runtimeProblem']}")
        created = await self._call("session.create", {"name": "Demo", "config": CONFIG})
        self._session_id = created["session"]["id"]
        for path, content in _project():
            await self._call("file.create", {"path": path, "content": content})
        await self._call("event.subscribe", {"lastSeq": 0})
        await self._call("task.create", {"input": "Find out why a test fails, and fix it."})
        ended = await self._ended
        self._screen.end_progress()
        self._show_end(ended)
        tested = await self._call(
            "tool.execute", {"toolName": "execute_command", "parameters": {"command": TEST_COMMAND}}
        )
        passed = tested["result"]["success"]
        self._screen.line(f"$ {TEST_COMMAND}", "bold")
        self._screen.line(tested["result"]["output"], "green" if passed else "red")
        return bool(passed and ended["type"] == "task.completed")

    def show_where_next(self, admin: Mapping[str, str]) -> None:
        """Print where to look at the result and what to try next."""
        path = f"/api/v1/sessions/{self._session_id}/events?after=0"
        for text in (
            "",
            f"The dashboard:   {self._url}/?session={self._session_id}#token={self._key}",
            f"Log in with:     {admin['email']} / {admin['password']}",
            f"API reference:   {self._url}/docs   {self._url}/redoc   {self._url}/asyncapi.json",
            f"With curl:       curl -H 'Authorization: Bearer {self._key}' '{self._url}{path}'",
            f"To keep one:     {SERVE}",
            "",
        ):
            self._screen.line(text)
        self._screen.line("The server runs until Ctrl-C.", "bold")

    async def _call(self, operation: str, argument: Mapping[str, Any]) -> Any:
        """The answer to an operation on the demo's session. Raises: DemoFailed."""
        asked = {"sessionId": self._session_id, **argument} if self._session_id else argument
        answer = await self._client.call(operation, asked, timeout=CALL_TIMEOUT_S)
        if "error" in answer:
            error = answer["error"]
            raise DemoFailed(f"{operation}: {with_facts(error['message'], error['details'])}")
        return answer

    async def _show(self, name: str, event: Mapping[str, Any]) -> None:
        shown = None if self._ended.done() else SHOWN_EVENTS.get(name)
        if shown is not None and not _is_noise(event):
            told = f"  {event.get('seq', ''):>3}  {name:<19} {shown(event)}"
            self._screen.line(told, STYLES.get(name), fits=True)
        match name:
            case "task.progress":
                self._screen.progress(event["progress"], event["step"])
            case "file.modified":
                self._diffs.append(event["changes"].get("diff") or "")
            case "approval.required":
                self._answer_later(event)
            case "task.completed" | "task.failed" | "task.cancelled" if not self._ended.done():
                self._ended.set_result(event)

    def _answer_later(self, event: Mapping[str, Any]) -> None:
        answering = asyncio.create_task(self._answer(event))
        self._answering.add(answering)
        answering.add_done_callback(self._answered)

    def _answered(self, answering: asyncio.Task[None]) -> None:
        self._answering.discard(answering)
        if not answering.cancelled() and (failure := answering.exception()) and not self._ended.done():
            self._ended.set_exception(failure)

    async def _answer(self, event: Mapping[str, Any]) -> None:
        if self._screen.is_terminal:
            typed = await self._screen.ask(f"       {event['description']}: approve? [Y/n] ")
            is_approved = typed.lower() in ("", "y", "yes")
        else:
            self._screen.line("       There is no terminal to ask at, so the demo approves this itself.")
            is_approved = True
        action = "approve" if is_approved else "reject"
        await self._call("approval.respond", {"approvalId": event["approvalId"], "action": action})

    def _show_end(self, ended: Mapping[str, Any]) -> None:
        self._screen.line()
        if ended["type"] != "task.completed":
            self._screen.line(f"The task did not complete: {ended.get('error', ended['type'])}", "red")
            return
        self._screen.line(ended["result"]["summary"], "bold")
        self._screen.line()
        for text in "".join(self._diffs).splitlines():
            self._screen.line(text, DIFF_STYLES.get(text[:1]))
        self._screen.line()


def _project() -> Iterator[tuple[str, str]]:
    for path in sorted(PROJECT.rglob("*")):
        if path.is_file() and path.suffix in (".py", ".md"):
            yield path.relative_to(PROJECT).as_posix(), path.read_text()


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0][:90] if text.strip() else ""


def _outcome(event: Mapping[str, Any]) -> str:
    mark = "✓" if event["result"]["success"] else "✗"
    return f"{mark} {event['toolName']}: {_first_line(event['result']['output'])}"


SHOWN_EVENTS: Final[dict[str, Callable[[Mapping[str, Any]], str]]] = {
    "task.started": lambda event: _first_line(event["input"]),
    "message.created": lambda event: _said(event["message"]),
    "tool.started": lambda event: f"{event['toolName']} {_first_line(json.dumps(event['parameters']))}",
    "tool.completed": _outcome,
    "approval.required": lambda event: event["description"],
    "approval.resolved": lambda event: event["status"],
    "file.modified": lambda event: (
        f"{event['path']} +{event['changes']['added']} -{event['changes']['removed']}"
    ),
    "task.completed": lambda event: _first_line(event["result"]["summary"]),
    "task.failed": lambda event: event["error"]["message"],
}
STYLES: Final = {"approval.required": "yellow", "task.completed": "green", "task.failed": "red"}


def _is_noise(event: Mapping[str, Any]) -> bool:
    """Whether a message only repeats another event."""
    return "message" in event and event["message"].get("say") != "text"


def _said(message: Mapping[str, Any]) -> str:
    return _first_line(message.get("text") or "")
