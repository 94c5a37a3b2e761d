"""The processes of this machine: what they are, what they use, and which session they run for."""

from __future__ import annotations

import asyncio
import datetime
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import psutil

from roocode_server.engine.monitoring.fresh import Fresh
from roocode_server.engine.monitoring.proc import (
    ProcessStat,
    command_line_of,
    stat_of,
    working_directory_of,
)
from roocode_server.engine.monitoring.programs import agent_type
from roocode_server.engine.runtimes.docker.scripts import is_one_of_these
from roocode_server.engine.runtimes.process import JAIL_PROGRAM
from roocode_server.engine.runtimes.runtime import ProcessOwner, Runtime
from roocode_server.models.clock import UTC, now
from roocode_server.models.identifier import TaskId
from roocode_server.models.monitoring import ProcessState, ProcessType

_STOPPED: Final = frozenset("Tt")
_FIRST: Final = 1
_KERNEL: Final = 2
"""The pid of the parent of all threads of the kernel. Source: kthreadd in the Linux kernel."""
_SHORTEST_S: Final = 0.5
"""Within less time, the kernel's ticks of processor time are too few to compare."""
_SCAN_SHARE: Final = 20
"""Looking at the processes takes at most one part in this many of the time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineProcess:
    """A process as it was seen; `owner` is None if it runs for no session."""

    stat: ProcessStat
    command_line: Sequence[str]
    working_dir: str | None
    cpu_percent: float
    type: ProcessType
    owner: ProcessOwner | None
    discovered_at: datetime.datetime
    is_protected: bool
    """Whether nobody may end it through this server, which could not go on without it."""

    @property
    def state(self) -> ProcessState:
        """Whether it runs."""
        if self.stat.has_ended:
            return ProcessState.ZOMBIE
        return ProcessState.STOPPED if self.stat.state in _STOPPED else ProcessState.RUNNING

    @property
    def started_at(self) -> datetime.datetime:
        """When it began."""
        moment = datetime.datetime.fromtimestamp(self.stat.started_s, UTC)
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)

    @property
    def memory_percent(self) -> float:
        """Its share of the machine's memory."""
        return round(100 * self.stat.resident_bytes / psutil.virtual_memory().total, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskUsage:
    """What the processes of a task use now; 100 percent are one processor."""

    memory_bytes: int = 0
    cpu_percent: float = 0.0


Everything = Mapping[int, MachineProcess]


@dataclass(frozen=True, slots=True)
class _Look:
    """What was found in one look at the machine, and when on the loop's clock."""

    at_s: float
    found: Everything


class ProcessMonitor:
    """Looks at the processes of this machine when somebody asks."""

    def __init__(self, runtime: Runtime, *, fresh_s: float) -> None:
        self._runtime = runtime
        self._looks = Fresh(self._look, fresh_s=fresh_s)
        self._before = _Look(0.0, {})
        self._rests_until = 0.0

    async def all(self) -> Everything:
        """Return all processes by pid, as they were a few seconds ago at most."""
        loop = asyncio.get_running_loop()
        if loop.time() < self._rests_until:
            return self._before.found
        return (await self._looks.latest()).found

    async def find(self, pid: int) -> MachineProcess | None:
        """Return a process as it is now; None if there is none."""
        return (await self._looks.anew()).found.get(pid)

    async def usage(self) -> Mapping[TaskId, TaskUsage]:
        """Return what tasks use that run something now."""
        used: defaultdict[TaskId, list[MachineProcess]] = defaultdict(list)
        for process in (await self.all()).values():
            if process.owner is not None and process.owner.task_id is not None:
                used[process.owner.task_id].append(process)
        return {
            task_id: TaskUsage(
                memory_bytes=sum(each.stat.resident_bytes for each in processes),
                cpu_percent=round(sum(each.cpu_percent for each in processes), 1),
            )
            for task_id, processes in used.items()
        }

    async def close(self) -> None:
        """Stop looking."""
        await self._looks.close()

    async def _look(self) -> _Look:
        loop = asyncio.get_running_loop()
        began = loop.time()
        stats = await asyncio.to_thread(_stats)
        owners = await self._runtime.owners({pid: stat.parent for pid, stat in stats.items()})
        found = await asyncio.to_thread(_described, stats, owners, self._before, began)
        self._before = _Look(began, found)
        self._rests_until = loop.time() + (loop.time() - began) * _SCAN_SHARE
        return self._before


def _stats() -> dict[int, ProcessStat]:
    return {pid: stat for pid in psutil.pids() if (stat := stat_of(pid)) is not None}


def _described(
    stats: Mapping[int, ProcessStat], owners: Mapping[int, ProcessOwner], before: _Look, moment_s: float
) -> Everything:
    """What each process is; `moment_s` is when it was looked at."""
    own = os.getpid()
    above = set(_ancestors(own, stats))
    ours = _descendants(own, stats) - owners.keys()
    seen_at, wall_s = now(), now().timestamp()
    found = {}
    for pid, stat in stats.items():
        words = command_line_of(pid)
        owner = owners.get(pid)
        earlier = before.found.get(pid)
        if earlier is not None and earlier.stat.started_ticks != stat.started_ticks:
            earlier = None  # another process had this number
        is_kernel = pid == _KERNEL or stat.parent == _KERNEL
        found[pid] = MachineProcess(
            stat=stat,
            command_line=words,
            working_dir=working_directory_of(pid),
            cpu_percent=_cpu_percent(stat, earlier, moment_s - before.at_s, wall_s),
            type=_type_of(stat, words, owner, is_ours=pid in ours),
            owner=owner,
            discovered_at=earlier.discovered_at if earlier is not None else seen_at,
            is_protected=owner is None and (pid == _FIRST or pid in above or pid in ours or is_kernel),
        )
    return found


def _type_of(
    stat: ProcessStat, words: Sequence[str], owner: ProcessOwner | None, *, is_ours: bool
) -> ProcessType:
    if is_ours:
        return ProcessType.SERVER
    if owner is not None and (stat.name == JAIL_PROGRAM or is_one_of_these(words)):
        return ProcessType.SANDBOX
    agent = agent_type(words)
    if agent is not None:
        return agent
    return ProcessType.SYSTEM if owner is None else ProcessType.COMMAND


def _cpu_percent(stat: ProcessStat, earlier: MachineProcess | None, since_s: float, wall_s: float) -> float:
    """Its use of processors since it was seen before; since its start, if it was not."""
    spent_s, lasted_s = stat.cpu_s, wall_s - stat.started_s
    if earlier is not None and since_s < _SHORTEST_S:
        return earlier.cpu_percent
    if earlier is not None:
        spent_s, lasted_s = stat.cpu_s - earlier.stat.cpu_s, since_s
    return round(100 * max(0.0, spent_s) / lasted_s, 1) if lasted_s > 0 else 0.0


def _ancestors(pid: int, stats: Mapping[int, ProcessStat]) -> Iterator[int]:
    above = stats[pid].parent if pid in stats else 0
    while above in stats:
        yield above
        above = stats[above].parent


def _descendants(pid: int, stats: Mapping[int, ProcessStat]) -> set[int]:
    """The process itself, and all below it."""
    below: defaultdict[int, list[int]] = defaultdict(list)
    for each in stats.values():
        below[each.parent].append(each.pid)
    found, unseen = set(), [pid]
    while unseen:
        each_pid = unseen.pop()
        found.add(each_pid)
        unseen += below[each_pid]
    return found
