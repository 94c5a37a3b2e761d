"""A terminal of a session, shown in the terminal here."""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import os
import re
import shutil
import signal
import sys
import termios
import tty
from collections.abc import Iterator
from typing import Final

from roocode.client import AsyncRooCodeClient
from roocode.errors import Conflict, NotFound
from roocode.events import TerminalClosedEvent, TerminalOpenedEvent, TerminalOutputEvent

LEAVE: Final = "\x1d"
READ_BYTES: Final = 65536
_STRING: Final = re.compile(
    r"(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c|(?=\x1b))"
)
_OPEN_STRING: Final = re.compile(r"(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*\x1b?\Z|\x1b\Z")


class RemoteTerminal:
    """Connects the keyboard and the screen here to a new terminal there, until one of them ends.

    What moves the cursor and sets colours is passed on: it is a terminal. Control strings are not: they set
    this terminal's title and clipboard, or make it answer. Source: ECMA-48, 8.3 (OSC, DCS, APC, PM, SOS).
    """

    def __init__(self, client: AsyncRooCodeClient, session_id: str) -> None:
        self._client = client
        self._session_id = session_id
        self._shown = 0
        self._kept = ""
        self._keys: asyncio.Queue[str] = asyncio.Queue()

    async def run(self) -> int:
        """Return the exit code of what ran in it. Raises: RooCodeError."""
        head = (await self._client.events.list(self._session_id, limit=1)).pagination.head
        size = shutil.get_terminal_size()
        made = await self._client.terminals.open(self._session_id, columns=size.columns, rows=size.lines)
        try:
            with _raw_keys(), self._typed_keys(), self._resized(made.id):
                typing = asyncio.create_task(self._send(made.id))
                showing = asyncio.create_task(self._show(made.id, head))
                try:
                    await asyncio.wait({typing, showing}, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    for each in (typing, showing):
                        each.cancel()
                    await asyncio.gather(typing, showing, return_exceptions=True)
            ended = showing if not showing.cancelled() else typing
            return ended.result()
        finally:
            with contextlib.suppress(NotFound, Conflict):
                await self._client.terminals.close(self._session_id, made.id)

    async def _show(self, terminal_id: str, after: int) -> int:
        events = self._client.events.follow(self._session_id, after=after)
        async with contextlib.aclosing(events) as following:
            async for event in following:
                match event:
                    case TerminalOpenedEvent() if event.terminal.id == terminal_id:
                        await self._catch_up(terminal_id)  # its events come from now on
                    case TerminalOutputEvent() if event.terminal_id == terminal_id:
                        if event.position > self._shown:
                            await self._catch_up(terminal_id)
                        self._write(event.data[max(0, self._shown - event.position) :])
                    case TerminalClosedEvent() if event.terminal_id == terminal_id:
                        return event.exit_code
        return 0

    async def _catch_up(self, terminal_id: str) -> None:
        """Show what the events did not bring: from before they were followed, or while the connection was
        away.
        """
        with contextlib.suppress(NotFound):  # it has ended, which its event tells
            screen = await self._client.terminals.get(self._session_id, terminal_id)
            missing = screen.position - self._shown
            if missing > 0:
                self._write(screen.output[-missing:])
                self._shown = screen.position

    def _write(self, text: str) -> None:
        self._shown += len(text)
        pending = _STRING.sub("", self._kept + text)
        unfinished = _OPEN_STRING.search(pending)
        cut = unfinished.start() if unfinished else len(pending)
        self._kept = pending[cut:][:READ_BYTES]
        content = pending[:cut].encode(errors="replace")
        while content:
            content = content[os.write(sys.stdout.fileno(), content) :]

    async def _send(self, terminal_id: str) -> int:
        while True:
            keys = await self._keys.get()
            while not self._keys.empty():
                keys += self._keys.get_nowait()
            typed, leave, _ = keys.partition(LEAVE)
            if typed:
                with contextlib.suppress(NotFound, Conflict):  # it has ended, which its event tells
                    await self._client.terminals.input(self._session_id, terminal_id, typed)
            if leave:
                return 0

    @contextlib.contextmanager
    def _typed_keys(self) -> Iterator[None]:
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        descriptor = sys.stdin.fileno()
        loop = asyncio.get_running_loop()

        def read() -> None:
            content = os.read(descriptor, READ_BYTES)
            self._keys.put_nowait(decoder.decode(content) if content else LEAVE)

        loop.add_reader(descriptor, read)
        try:
            yield
        finally:
            loop.remove_reader(descriptor)

    @contextlib.contextmanager
    def _resized(self, terminal_id: str) -> Iterator[None]:
        """Tell the terminal there how large the window here is, whenever that changes."""
        loop = asyncio.get_running_loop()
        telling: set[asyncio.Task[None]] = set()

        async def tell() -> None:
            size = os.get_terminal_size(sys.stdout.fileno())
            with contextlib.suppress(NotFound, Conflict):
                await self._client.terminals.resize(self._session_id, terminal_id, size.columns, size.lines)

        def changed() -> None:
            task = loop.create_task(tell())
            telling.add(task)
            task.add_done_callback(telling.discard)

        loop.add_signal_handler(signal.SIGWINCH, changed)
        try:
            yield
        finally:
            loop.remove_signal_handler(signal.SIGWINCH)
            for task in telling:
                task.cancel()


@contextlib.contextmanager
def _raw_keys() -> Iterator[None]:
    """Let every key through, Ctrl-C too, and put the terminal back as it was."""
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    tty.setraw(descriptor)
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
