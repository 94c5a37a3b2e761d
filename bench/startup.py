"""Time from the start of the process to the line that says it is ready."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from bench.figure import Figure
from bench.servers import BARE, bare, fresh_roocode, roocode

FRESH: Final = "fresh data"
KNOWN: Final = "existing data"


async def run(rounds: int) -> AsyncIterator[Figure]:
    """Return the seconds on a fresh data directory and on one that a server has used before."""
    took_s: defaultdict[str, list[float]] = defaultdict(list)
    with fresh_roocode(), bare():
        pass  # from now on its bytecode exists, and its files are in the system's cache
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(prefix="roocode-bench-") as folder:
            for name in (FRESH, KNOWN):
                with roocode(Path(folder) / "data") as server:
                    took_s[name].append(server.started_in_s)
        with bare() as server:
            took_s[BARE].append(server.started_in_s)
    for name in (FRESH, KNOWN):
        rounds_of = {name: took_s[name], BARE: took_s[BARE]}
        yield Figure(name=f"startup, {name}", unit="s", rounds=rounds_of, is_price=True, ours=name)
