"""Limits with and without control groups."""

from __future__ import annotations

import os
from pathlib import Path

import psutil
import pytest

from roocode_server.engine.runtimes.cgroups import ControlGroups, Hierarchy, hierarchies
from roocode_server.engine.runtimes.local import LocalRuntime
from roocode_server.engine.runtimes.runtime import Command, Exit, SandboxSpec
from roocode_server.engine.runtimes.unsafe_local import UnsafeLocalRuntime
from roocode_server.models.identifier import SessionId
from roocode_server.models.session import ResourceLimits

NO_GROUPS = ControlGroups([])

VERSION_1 = """\
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
36 31 0:33 / /sys/fs/cgroup/freezer rw,relatime - cgroup cgroup rw,freezer
"""
OWN_1 = "4:memory:/user/me\n2:freezer:/\n1:cpu,cpuacct:/system\n0::/\n"


def test_version_1_has_a_place_for_each_controller() -> None:
    assert hierarchies(VERSION_1, OWN_1) == [
        Hierarchy(Path("/sys/fs/cgroup/cpu,cpuacct/system"), ["cpu", "cpuacct"], 1),
        Hierarchy(Path("/sys/fs/cgroup/memory/user/me"), ["memory"], 1),
    ]


def test_a_hierarchy_that_is_mounted_in_a_chroot_too_has_one_place() -> None:
    again = "51 50 0:29 / /chroot/cpu rw - cgroup cgroup rw,cpu,cpuacct\n"
    assert hierarchies(VERSION_1 + again, OWN_1) == hierarchies(VERSION_1, OWN_1)


def test_version_2_has_one_place_and_tells_its_controllers(tmp_path: Path) -> None:
    own = tmp_path / "system.slice" / "roocode.service"
    own.mkdir(parents=True)
    (own / "cgroup.controllers").write_text("cpuset cpu io memory pids\n")
    mount = f"30 23 0:26 / {tmp_path} rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"
    assert hierarchies(mount, "0::/system.slice/roocode.service\n") == [
        Hierarchy(own, ["cpuset", "cpu", "io", "memory", "pids"], 2)
    ]


def test_a_container_that_sees_a_part_of_the_tree_finds_itself_in_it() -> None:
    mount = "35 31 0:32 /docker/abc /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
    assert hierarchies(mount, "4:memory:/docker/abc/own\n") == [
        Hierarchy(Path("/sys/fs/cgroup/memory/own"), ["memory"], 1)
    ]


def test_a_server_that_has_moved_into_its_own_group_makes_groups_beside_it(tmp_path: Path) -> None:
    (tmp_path / "cgroup.controllers").write_text("memory\n")
    mount = f"30 23 0:26 / {tmp_path} rw,nosuid - cgroup2 cgroup2 rw\n"
    assert hierarchies(mount, "0::/roocode-17-server\n") == [Hierarchy(tmp_path, ["memory"], 2)]


def test_a_mount_without_controllers_of_use_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "cgroup.controllers").write_text("hugetlb\n")
    mount = f"30 23 0:26 / {tmp_path} rw,nosuid - cgroup2 cgroup2 rw\n"
    assert hierarchies(mount, "0::/\n") == []


def test_where_no_group_can_be_made_none_is_used(tmp_path: Path) -> None:
    """A folder that is no control group has none of the kernel's files."""
    mount = f"35 31 0:32 / {tmp_path}/missing rw - cgroup cgroup rw,memory\n"
    assert ControlGroups.find(mount, "4:memory:/\n").enforced_limits() == {}


async def test_what_a_dead_server_left_is_removed() -> None:
    groups = ControlGroups.find()
    parents = {hierarchy.parent for hierarchy in hierarchies(_read("mountinfo"), _read("cgroup"))}
    made = [parent / f"roocode-{_unused_process()}-0" for parent in parents if os.access(parent, os.W_OK)]
    if not groups.enforced_limits():
        pytest.skip("no control group can be made here")
    for folder in made:
        folder.mkdir()
    ControlGroups.find()
    assert [folder for folder in made if folder.exists()] == []


@pytest.fixture
def sandbox(tmp_path: Path) -> SandboxSpec:
    folder = tmp_path / "workspaces" / "session-1"
    folder.mkdir(parents=True)
    limits = ResourceLimits(max_execution_time=20, max_memory_mb=64, max_cpu_percent=5)
    return SandboxSpec(session_id=SessionId("session-1"), folder=folder, limits=limits, network=False)


@pytest.fixture(params=[LocalRuntime, UnsafeLocalRuntime])
def without_groups(request: pytest.FixtureRequest) -> LocalRuntime | UnsafeLocalRuntime:
    runtime: LocalRuntime | UnsafeLocalRuntime = request.param(groups=NO_GROUPS)
    return runtime


async def run(runtime: LocalRuntime | UnsafeLocalRuntime, sandbox: SandboxSpec, line: str) -> Exit:
    return await runtime.run(sandbox, Command(line=line))


async def test_without_groups_memory_is_bounded_for_each_process(
    without_groups: LocalRuntime | UnsafeLocalRuntime, sandbox: SandboxSpec
) -> None:
    done = await run(without_groups, sandbox, "python3 -c 'bytearray(100_000_000)'")
    assert done.code != 0 and "MemoryError" in done.output
    assert without_groups.enforced_limits()["memory"] == "rlimit of each process"


async def test_without_groups_processor_time_is_bounded_for_each_process(
    without_groups: LocalRuntime | UnsafeLocalRuntime, sandbox: SandboxSpec
) -> None:
    done = await run(without_groups, sandbox, "while :; do :; done")
    assert done.code in (128 + 9, 128 + 24)
    assert done.cpu_s < 5


async def test_without_groups_use_is_measured_all_the_same(
    without_groups: LocalRuntime | UnsafeLocalRuntime, sandbox: SandboxSpec
) -> None:
    done = await run(without_groups, sandbox, "python3 -c 'x = bytearray(20_000_000)'")
    assert done.code == 0 and done.peak_memory_bytes > 20_000_000 and done.cpu_s > 0


async def test_without_groups_a_daemon_ends_with_its_command(
    without_groups: LocalRuntime | UnsafeLocalRuntime, sandbox: SandboxSpec
) -> None:
    done = await run(without_groups, sandbox, "(setsid sleep 81010 &) ; echo out")
    assert (done.code, done.output) == (0, "out\n")
    assert not any(
        "81010" in process.info["cmdline"]
        for process in psutil.process_iter(["cmdline"])
        if process.info["cmdline"]
    )


def test_what_is_not_enforced_is_told() -> None:
    told = UnsafeLocalRuntime(groups=NO_GROUPS).enforced_limits()["processes"]
    assert told == ("not enforced" if os.geteuid() == 0 else "rlimit of the user")


def _read(name: str) -> str:
    return Path("/proc/self", name).read_text()


def _unused_process() -> int:
    return next(number for number in range(4_000_000, 5_000_000) if not psutil.pid_exists(number))
