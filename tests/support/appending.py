"""A program that appends events to a log, several at once, and prints those that were acknowledged."""

from __future__ import annotations

import asyncio
import socket
import sys
from pathlib import Path

from tests.support.synced import be_watched

AT_ONCE = 5


TOLD = "told "
"""The prefix of output lines that are not from the log."""


def tell(what: object) -> None:
    print(f"{TOLD}{what}", flush=True)


async def append(folder: Path, synchronous: str, rounds: int) -> None:
    from roocode_server.engine.engine import open_engine
    from roocode_server.models.session import SessionCreate
    from roocode_server.models.settings import Settings
    from roocode_server.models.task import TaskProgress
    from roocode_server.models.user import Caller

    settings = Settings.load_plain(
        {"server": {"data_dir": str(folder)}, "database": {"synchronous": synchronous}}
    )
    engine = await open_engine(settings)
    caller = Caller.of(await engine.accounts.open_identity(), request_id="test", base_url="http://test")
    session = await engine.sessions.create(caller, SessionCreate.load({}))
    tell(session.id)
    for number in range(rounds):
        happened = TaskProgress(progress=number, step="A step")
        stored = await asyncio.gather(*[engine.log.append(session.id, happened) for _ in range(AT_ONCE)])
        tell(max(each.seq for each in stored))
        sys.stdin.readline()
    await engine.close()


if __name__ == "__main__":
    be_watched(socket.socket(fileno=int(sys.argv[1])))
    asyncio.run(append(Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])))
