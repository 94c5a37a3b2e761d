"""A session that is copied with a workspace of 1 GiB in 20,000 files, against `cp -a --reflink=auto`.

Both copy the same folder to the same file system, in turns; what they wrote is on the disk before the next.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from bench.figure import OURS, Figure, Target
from bench.servers import roocode
from bench.wire import Client, connect

FILES: Final = 20_000
FOLDERS: Final = 200
BYTES: Final = 2**30
COPY: Final = "cp -a --reflink=auto"
TARGET: Final = 2.0


async def run(rounds: int) -> AsyncIterator[Figure]:
    """Return the seconds that a copy takes."""
    with tempfile.TemporaryDirectory(prefix="roocode-bench-") as folder:
        data_dir = Path(folder) / "data"
        with roocode(data_dir, is_pinned=False) as server:
            client = await connect(server.url, server.auth)
            session = (await client.call("session.create", {"name": "bench"}))["session"]["id"]
            place = data_dir / "workspaces" / session
            await asyncio.to_thread(_fill, place)
            ours, theirs = [], []
            for _ in range(rounds):
                theirs.append(await asyncio.to_thread(_copy, place, Path(folder) / "copy"))
                ours.append(await _fork(client, session, data_dir))
            client.close()
            yield Figure(
                name=f"forks, {BYTES // 2**20:,} MiB in {FILES:,} files",
                unit="s",
                rounds={OURS: ours, COPY: theirs},
                is_price=True,
                target=Target(peer=COPY, ratio=TARGET),
            )


def _fill(place: Path) -> None:
    content = os.urandom(BYTES // FILES)
    for number in range(FILES):
        folder = place / str(number % FOLDERS)
        folder.mkdir(exist_ok=True)
        (folder / str(number)).write_bytes(content)
    os.sync()


def _number_of_files(place: Path) -> int:
    return sum(len(files) for *_, files in os.walk(place))


def _copy(source: Path, target: Path) -> float:
    began = time.perf_counter()
    subprocess.run([*COPY.split(), str(source), str(target)], check=True)
    taken = time.perf_counter() - began
    shutil.rmtree(target)
    os.sync()
    return taken


async def _fork(client: Client, session: str, data_dir: Path) -> float:
    began = time.perf_counter()
    made = await client.call("session.fork", {"sessionId": session})
    taken = time.perf_counter() - began
    copy = made["session"]["id"]
    found = await asyncio.to_thread(_number_of_files, data_dir / "workspaces" / copy)
    if found != FILES:
        raise RuntimeError(f"the copy has {found} files")
    await client.call("session.delete", {"sessionId": copy})
    await asyncio.to_thread(os.sync)
    return taken
