"""Ends one process, and no other that may have been given its number meanwhile. Source: pidfd_open(2)."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import Final

from roocode_server.engine.monitoring.proc import ProcessStat, stat_of
from roocode_server.models.clock import now
from roocode_server.models.error import NotFound, ProcessKillFailed
from roocode_server.models.exhaustion import exhausted
from roocode_server.models.monitoring import KilledProcess, KillSignal

END_TIMEOUT_S: Final = 3.0
"""How long the end of a process is waited for after the signal."""


async def kill(process: ProcessStat, with_signal: KillSignal) -> KilledProcess:
    """Send a signal to a process, and wait a moment for its end.

    Raises: NotFound, if it has ended; ProcessKillFailed, if the system refuses; ServerOverload.
    """
    try:
        descriptor = os.pidfd_open(process.pid)
    except ProcessLookupError as failure:
        raise NotFound("process", str(process.pid)) from failure
    except OSError as failure:
        raise exhausted(failure) or ProcessKillFailed(process.pid, _reason(failure)) from failure
    try:
        _send(descriptor, process, with_signal)
        has_ended = await _ended(descriptor)
    finally:
        os.close(descriptor)
    return KilledProcess(
        pid=process.pid,
        signal=with_signal,
        success=has_ended,
        termination_time=now() if has_ended else None,
    )


def _send(descriptor: int, process: ProcessStat, with_signal: KillSignal) -> None:
    """Raises: NotFound, if it has ended, or another process has its number by now; ProcessKillFailed."""
    present = stat_of(process.pid)
    if present is None or present.has_ended or present.started_ticks != process.started_ticks:
        raise NotFound("process", str(process.pid))
    try:
        signal.pidfd_send_signal(descriptor, signal.Signals[with_signal])
    except ProcessLookupError as failure:
        raise NotFound("process", str(process.pid)) from failure
    except OSError as failure:
        raise ProcessKillFailed(process.pid, _reason(failure)) from failure


async def _ended(descriptor: int) -> bool:
    """Whether the process ends in time; its descriptor can be read from then on."""
    loop, has_ended = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(descriptor, has_ended.set)
    try:
        async with asyncio.timeout(END_TIMEOUT_S):
            await has_ended.wait()
    except TimeoutError:
        return False
    finally:
        loop.remove_reader(descriptor)
    return True


def _reason(failure: OSError) -> str:
    return os.strerror(failure.errno or 0)
