"""`python -m bench [name …]`: runs the named benchmarks, or all of them, and prints their figures.

`soak`, `load` and `unattended` are different: they compare nothing but must succeed, and only run when named
alone.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import AsyncIterator, Callable
from typing import Final

import uvloop

from bench import (
    appends,
    calls,
    fanout,
    forks,
    logins,
    long_task,
    memory,
    reconnect,
    recording,
    searches,
    sessions,
    startup,
    steps,
    watchers,
)
from bench.figure import Figure
from bench.load import LOAD_CLIENTS, LOAD_SECONDS, MOST_LOAD_CLIENTS, MOST_LOAD_SECONDS, load
from bench.machine import allow_many_sockets
from bench.soak import soak
from bench.unattended import MOST_UNATTENDED_RUNS, UNATTENDED_RUNS, unattended
from roocode_server.models.settings import LoggingSettings, LogLevel
from roocode_server.server.logs import configure_logs

Program = Callable[[int], AsyncIterator[Figure]]

PROGRAMS: Final[dict[str, Program]] = {
    "calls": calls.run,
    "fanout": fanout.run,
    "appends": appends.run,
    "memory": memory.run,
    "reconnect": reconnect.run,
    "startup": startup.run,
    "steps": steps.run,
    "long_task": long_task.run,
    "sessions": sessions.run,
    "searches": searches.run,
    "forks": forks.run,
    "logins": logins.run,
    "watchers": watchers.run,
    "recording": recording.run,
}

SOAK: Final = "soak"
LOAD: Final = "load"
UNATTENDED: Final = "unattended"


async def _run(names: list[str], rounds: int) -> bool:
    """Print all figures; return whether all targets are met."""
    met = True
    for name in names:
        async for figure in PROGRAMS[name](rounds):
            print(figure.line(), flush=True)
            met = met and figure.is_met
    return met


async def _soak(minutes: float) -> bool:
    soaked = await soak(60 * minutes)
    print("\n".join(soaked.lines()), flush=True)
    return not soaked.failures


async def _unattended(runs: int) -> bool:
    seen = await unattended(runs)
    print("\n".join(seen.lines()), flush=True)
    return not seen.failures


async def _load(clients: int, seconds: float, *, as_json: bool) -> bool:
    loaded = await load(clients, seconds)
    print(loaded.json() if as_json else "\n".join(loaded.lines()), flush=True)
    return not loaded.failures


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "names",
        nargs="*",
        metavar="name",
        help=f"Of {', '.join(PROGRAMS)}; none: all of them. Or {SOAK}, {LOAD} or {UNATTENDED}.",
    )
    parser.add_argument("--rounds", type=int, default=3, help="Alternating rounds that each median is of.")
    parser.add_argument("--minutes", type=float, default=10.0, help="How long `soak` lasts.")
    parser.add_argument("--clients", type=int, default=LOAD_CLIENTS, help="How many `load` has.")
    parser.add_argument("--seconds", type=float, default=LOAD_SECONDS, help="How long `load` lasts.")
    parser.add_argument("--runs", type=int, default=UNATTENDED_RUNS, help="How many `unattended` makes.")
    parser.add_argument("--json", action="store_true", help="Print the report of `load` as JSON.")
    given = parser.parse_args()
    if given.names == [SOAK]:
        return 0 if uvloop.run(_soak(given.minutes)) else 1
    if given.names == [LOAD]:
        if not (1 <= given.clients <= MOST_LOAD_CLIENTS and 0 < given.seconds <= MOST_LOAD_SECONDS):
            parser.error(f"load: 1 to {MOST_LOAD_CLIENTS} clients for up to {MOST_LOAD_SECONDS:g} seconds")
        return 0 if uvloop.run(_load(given.clients, given.seconds, as_json=given.json)) else 1
    if given.names == [UNATTENDED]:
        if not 1 <= given.runs <= MOST_UNATTENDED_RUNS:
            parser.error(f"unattended: 1 to {MOST_UNATTENDED_RUNS} runs")
        configure_logs(LoggingSettings(level=LogLevel.ERROR))
        return 0 if uvloop.run(_unattended(given.runs)) else 1
    unknown = [name for name in given.names if name not in PROGRAMS]
    if unknown:
        parser.error(f"no such program: {', '.join(unknown)}")
    allow_many_sockets()
    configure_logs(
        LoggingSettings(level=LogLevel.ERROR)
    )  # engines in this process: figures alone are printed
    return 0 if uvloop.run(_run(given.names or list(PROGRAMS), given.rounds)) else 1


if __name__ == "__main__":
    sys.exit(main())
