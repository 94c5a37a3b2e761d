"""The processes of containers, as this machine sees them. Source: cgroups(7), /proc/[pid]/cgroup."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from roocode_server.engine.runtimes.docker.scripts import IDLE_MARK
from roocode_server.engine.runtimes.process import mark_of
from roocode_server.engine.runtimes.runtime import ProcessOwner
from roocode_server.models.identifier import SessionId, TaskId

_CONTAINER_ID: Final = re.compile(r"[0-9a-f]{64}")


def owners_of(
    processes: Iterable[int], sessions: Mapping[str, SessionId], tasks: Mapping[str, TaskId | None]
) -> Mapping[int, ProcessOwner]:
    """Return the owners of those processes that run in a container of `sessions`, which has their ids.

    `tasks` has the marks of commands. What keeps a container alive belongs to nobody.
    """
    found = {}
    for pid in processes if sessions else ():
        session_id = next((sessions[each] for each in _containers(pid) if each in sessions), None)
        if session_id is None:
            continue
        mark = mark_of(pid)
        if mark != IDLE_MARK:
            task_id = tasks.get(mark) if mark is not None else None
            found[pid] = ProcessOwner(session_id=session_id, task_id=task_id)
    return found


def _containers(pid: int) -> list[str]:
    """The ids of the containers in the names of a process's control groups."""
    try:
        return _CONTAINER_ID.findall(Path(f"/proc/{pid}/cgroup").read_text())
    except OSError:
        return []
