"""Control groups, versions 1 and 2: limits for memory, processes and CPU of a command and its descendants.

Source: the Linux kernel's Documentation/admin-guide/cgroup-v1 and cgroup-v2.rst.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import itertools
import os
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from roocode_server.models.lines import lines_of
from roocode_server.models.session import ResourceLimits

_PREFIX: Final = "roocode-"
_SERVER: Final = "-server"
_OF_USE: Final = frozenset({"memory", "pids", "cpu", "cpuacct"})
_PERIOD_US: Final = 100_000
_NEEDED: Final = ("memory", "pids", "cpu")
_NOT_EVERYWHERE: Final = frozenset({"memory.memsw.limit_in_bytes", "memory.swap.max", "memory.oom.group"})
_REMOVAL_TRIES: Final = 100
_SWEEP_TRIES: Final = 20
_SWEEP_PAUSE_S: Final = 0.01
_numbers = itertools.count()


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """A place where groups can be created, with its controllers. `version` is the kernel's, 1 or 2."""

    parent: Path
    controllers: Sequence[str]
    version: int


class ControlGroup:
    """One group of processes, in each hierarchy that limits something."""

    def __init__(self, folders: Mapping[str, Path]) -> None:
        self._folders = folders

    def add(self, process: int) -> None:
        """Add a process; its future children are members, too. Raises: OSError."""
        for folder in set(self._folders.values()):
            (folder / "cgroup.procs").write_text(str(process))

    def processes(self) -> set[int]:
        """Return the ids of all members."""
        return {
            int(line) for folder in set(self._folders.values()) for line in _lines(folder / "cgroup.procs")
        }

    def kill(self) -> None:
        """Kill all present members."""
        for process in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)

    def is_out_of_memory(self) -> bool:
        """Return whether the kernel has killed a member for lack of memory."""
        return any(
            line.startswith("oom_kill ") and int(line.split()[1]) > 0
            for name in ("memory.events", "memory.oom_control")
            for line in self._read("memory", name)
        )

    def peak_memory_bytes(self) -> int | None:
        """Return the peak memory use; None if it is not measured."""
        for name in ("memory.peak", "memory.max_usage_in_bytes"):
            for line in self._read("memory", name):
                return int(line)
        return None

    def cpu_s(self) -> float | None:
        """Return the CPU time used in seconds; None if it is not measured."""
        for line in self._read("cpu", "cpu.stat"):
            if line.startswith("usage_usec "):
                return int(line.split()[1]) / 1e6
        for line in self._read("cpuacct", "cpuacct.usage"):
            return int(line) / 1e9
        return None

    async def remove(self) -> None:
        """Remove the group. Its members have ended, but the kernel may take a moment to notice."""
        for _ in range(_REMOVAL_TRIES):
            if await asyncio.to_thread(self.discard):  # the kernel may take tens of milliseconds
                return
            self.kill()
            await asyncio.sleep(0.02)

    def discard(self) -> bool:
        """Remove the group if it is empty, and return whether it is gone."""
        left = [folder for folder in set(self._folders.values()) if not _remove(folder)]
        return not left

    def _read(self, controller: str, name: str) -> list[str]:
        folder = self._folders.get(controller)
        return _lines(folder / name) if folder is not None else []


class ControlGroups:
    """Creates groups, as far as this server is permitted to."""

    def __init__(self, hierarchies: Sequence[Hierarchy]) -> None:
        self._hierarchies = hierarchies

    @classmethod
    def find(cls, mounts: str | None = None, own: str | None = None) -> ControlGroups:
        """Find the usable hierarchies, testing each by creating a group; removes groups left by dead servers.

        `mounts` and `own` have the formats of /proc/self/mountinfo and /proc/self/cgroup.
        """
        found = hierarchies(
            mounts if mounts is not None else Path("/proc/self/mountinfo").read_text(),
            own if own is not None else Path("/proc/self/cgroup").read_text(),
        )
        usable = [hierarchy for hierarchy in found if _prepare(hierarchy) and _can_be_used(hierarchy)]
        for hierarchy in usable:
            _sweep(hierarchy.parent)
        return cls(usable)

    def enforced_limits(self) -> dict[str, str]:
        """Return which limits groups enforce, by controller, and with which version."""
        return {
            name: f"cgroup v{hierarchy.version}"
            for hierarchy in self._hierarchies
            for name in hierarchy.controllers
            if name in _NEEDED
        }

    def make(self, limits: ResourceLimits) -> ControlGroup:
        """Create an empty group with these limits. Raises: OSError."""
        name = f"{_PREFIX}{os.getpid()}-{next(_numbers)}"
        folders: dict[str, Path] = {}
        for hierarchy in self._hierarchies:
            folder = hierarchy.parent / name
            folder.mkdir()
            folders.update(dict.fromkeys(hierarchy.controllers, folder))
            _set(folder, hierarchy, limits)
        return ControlGroup(folders)


def hierarchies(mounts: str, own: str) -> list[Hierarchy]:
    """Return this process's place in each hierarchy that has a useful controller."""
    places = {}
    for line in lines_of(own):
        _, controllers, path = line.split(":", 2)
        places[controllers] = path
    found = []
    for line in _once_each(mounts):
        root, mount = line.split(" ")[3:5]
        kind, _, options = line.partition(" - ")[2].split()[:3]
        if kind == "cgroup2":
            place = _place(Path(mount), root, places.get("", "/"))
            found.append(Hierarchy(place, _words(place / "cgroup.controllers"), 2))
        elif kind == "cgroup":
            names = [name for name in options.split(",") if name in _OF_USE]
            own_path = next((path for key, path in places.items() if set(names) & set(key.split(","))), "/")
            found.append(Hierarchy(_place(Path(mount), root, own_path), names, 1))
    return [hierarchy for hierarchy in found if _OF_USE & set(hierarchy.controllers)]


def _once_each(mounts: str) -> list[str]:
    """Return the first mount of each file system: one that also shows elsewhere (a chroot) is still one."""
    first: dict[str, str] = {}
    for line in lines_of(mounts):
        first.setdefault(line.split(" ")[2], line)
    return list(first.values())


def _place(mount: Path, root: str, path: str) -> Path:
    """Return the folder of a group below a mount point that may show only a part of the hierarchy."""
    below = path.removeprefix(root.rstrip("/")) if root != "/" else path
    place = mount / below.lstrip("/")
    # This server may have moved into a group of its own; commands get theirs beside it, not below.
    own = place.name.startswith(_PREFIX) and place.name.endswith(_SERVER)
    return place.parent if own else place


def _prepare(hierarchy: Hierarchy) -> bool:
    """Enable the controllers for child groups (version 2).

    The kernel refuses this in a group with members, so this server first moves into a group of its own.
    """
    if hierarchy.version == 1:
        return True
    wanted = [name for name in hierarchy.controllers if name in _NEEDED]
    missing = set(wanted) - set(_words(hierarchy.parent / "cgroup.subtree_control"))
    if not missing:
        return True
    request = " ".join(f"+{name}" for name in sorted(missing))
    try:
        return _hand_down(hierarchy.parent, request) or _make_room(hierarchy.parent, request)
    except OSError:
        return False


def _hand_down(parent: Path, request: str) -> bool:
    """Try to enable the controllers; False if the group has members. Raises: OSError."""
    try:
        (parent / "cgroup.subtree_control").write_text(request)
    except OSError as failure:
        if failure.errno == errno.EBUSY:
            return False
        raise
    return True


def _make_room(parent: Path, request: str) -> bool:
    leaf = parent / f"{_PREFIX}{os.getpid()}{_SERVER}"
    leaf.mkdir(exist_ok=True)
    (leaf / "cgroup.procs").write_text(str(os.getpid()))
    return _hand_down(parent, request)


def _can_be_used(hierarchy: Hierarchy) -> bool:
    trial = hierarchy.parent / f"{_PREFIX}{os.getpid()}-trial"
    try:
        trial.mkdir()
    except OSError:
        return False
    try:
        _set(trial, hierarchy, ResourceLimits())
        return os.access(trial / "cgroup.procs", os.W_OK)
    except OSError:
        return False
    finally:
        trial.rmdir()


def _set(folder: Path, hierarchy: Hierarchy, limits: ResourceLimits) -> None:
    for file, content in _settings(hierarchy, limits):
        if file not in _NOT_EVERYWHERE or (folder / file).exists():
            (folder / file).write_text(content)


def _settings(hierarchy: Hierarchy, limits: ResourceLimits) -> list[tuple[str, str]]:
    """Return the files to write, in order, with their content."""
    memory = str(limits.max_memory_bytes)
    quota = max(1000, limits.max_cpu_percent * _PERIOD_US // 100)
    first = {
        "memory": [("memory.limit_in_bytes", memory), ("memory.memsw.limit_in_bytes", memory)],
        "cpu": [("cpu.cfs_period_us", str(_PERIOD_US)), ("cpu.cfs_quota_us", str(quota))],
        "pids": [("pids.max", str(limits.max_processes))],
    }
    second = {
        "memory": [("memory.max", memory), ("memory.swap.max", "0"), ("memory.oom.group", "1")],
        "cpu": [("cpu.max", f"{quota} {_PERIOD_US}")],
        "pids": [("pids.max", str(limits.max_processes))],
    }
    files = first if hierarchy.version == 1 else second
    return [setting for name in hierarchy.controllers for setting in files.get(name, [])]


def _sweep(parent: Path) -> None:
    """Remove the groups of dead servers with the processes left in them.

    bubblewrap's second process waits forever for the first if that one is killed before they have
    communicated.
    """
    for folder in parent.glob(f"{_PREFIX}*-*"):
        owner = folder.name.removeprefix(_PREFIX).split("-")[0]
        if owner.isdigit() and not Path("/proc", owner).exists():
            _clear(folder)


def _clear(folder: Path) -> None:
    """Kill the members of a group and remove it; the kernel may take a moment to notice that they have
    ended.
    """
    group = ControlGroup({"": folder})
    for _ in range(_SWEEP_TRIES):
        group.kill()
        if _remove(folder):
            return
        time.sleep(_SWEEP_PAUSE_S)


def _remove(folder: Path) -> bool:
    try:
        folder.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text().splitlines()
    except OSError as failure:
        if failure.errno in (errno.ENOENT, errno.ENODEV):  # removed before or after it was opened
            return []
        raise


def _words(file: Path) -> list[str]:
    return " ".join(_lines(file)).split()
