"""What recording every call for `system.performance` costs, against the same calls without it.

In this process, without sockets: `session.get` goes through the whole pipeline, once with the recorder of the
server and once with one that forgets. The figure is processor time for a call; the two alternate within each
round.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Final

from bench.figure import OURS, Figure, Target
from roocode_server.engine.engine import Engine, open_engine
from roocode_server.engine.monitoring.calls import CallRecorder
from roocode_server.handlers.pipeline import Pipeline
from roocode_server.handlers.registry import build_registry
from roocode_server.models.session import SessionCreate
from roocode_server.models.settings import Settings
from roocode_server.models.user import Caller

CALLS: Final = 500
TURNS: Final = 8
"""How often the two alternate within a round."""
WITHOUT: Final = "unrecorded"
MOST: Final = 1.25


class Forgetful(CallRecorder):
    """A recorder that keeps nothing."""

    def record(self, operation: str, began: float, status: int, code: str | None) -> None:
        """Forget the call."""


async def run(rounds: int) -> AsyncIterator[Figure]:
    """Return the microseconds of processor time for a call, recorded and not."""
    reached: defaultdict[str, list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory(prefix="roocode-bench-") as folder:
        settings = Settings.load_plain({"server": {"data_dir": folder}})
        engine = await open_engine(settings)
        try:
            for _ in range(rounds):
                for server, taken_us in (await _compared(engine)).items():
                    reached[server].append(taken_us)
        finally:
            await engine.close()
    yield Figure(
        name="recording: CPU for a call",
        unit="µs",
        rounds=reached,
        is_price=True,
        target=Target(peer=WITHOUT, ratio=MOST),
    )


async def _compared(engine: Engine) -> dict[str, float]:
    """The median processor time for a call, in microseconds, with and without the record of it."""
    caller = Caller.of(await engine.accounts.open_identity(), request_id="bench", base_url="http://bench")
    session = await engine.sessions.create(caller, SessionCreate.load({}))
    declared, raw = build_registry(engine)["session.get"], {"sessionId": session.id}
    pipelines = {server: _pipeline(engine, recorder) for server, recorder in _recorders(engine).items()}
    taken: defaultdict[str, list[float]] = defaultdict(list)
    for _ in range(TURNS):
        for server, pipeline in pipelines.items():
            began = time.process_time()
            for _ in range(CALLS):
                answer = await pipeline.answer(declared, caller, raw)
            taken[server].append((time.process_time() - began) / CALLS * 1e6)
            assert answer.failure is None, answer.body
    return {server: statistics.median(each) for server, each in taken.items()}


def _recorders(engine: Engine) -> dict[str, CallRecorder]:
    return {OURS: engine.calls, WITHOUT: Forgetful()}


def _pipeline(engine: Engine, recorder: CallRecorder) -> Pipeline:
    return Pipeline.of(replace(engine, calls=recorder))
