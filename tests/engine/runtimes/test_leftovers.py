"""Processes that a killed server has left in its control groups are ended by the next one."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time

import pytest

from roocode_server.engine.runtimes.cgroups import ControlGroups

DEADLINE_S = 30
DYING = """
import os, subprocess
from roocode_server.engine.runtimes.cgroups import ControlGroups
from roocode_server.models.session import ResourceLimits

quiet = subprocess.DEVNULL
left = subprocess.Popen(["sleep", "600"], stdin=quiet, stdout=quiet, stderr=quiet)
ControlGroups.find().make(ResourceLimits()).add(left.pid)
print(left.pid, flush=True)
os._exit(0)
"""


def ends(process: int) -> bool:
    """Whether a process, which may be nobody's child, is gone or dead before the deadline."""
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        try:
            with open(f"/proc/{process}/stat") as stat:
                if stat.read().rpartition(")")[2].split()[0] in "ZX":
                    return True
        except FileNotFoundError:
            return True
        time.sleep(0.01)
    return False


def test_a_process_in_the_group_of_a_dead_server_is_killed_and_its_group_removed() -> None:
    if not ControlGroups.find().enforced_limits():
        pytest.skip("control groups cannot be used here")
    done = subprocess.run([sys.executable, "-c", DYING], capture_output=True, text=True, check=True)
    left = int(done.stdout)
    try:
        with open(f"/proc/{left}/cgroup") as groups:
            assert "roocode-" in groups.read()
        ControlGroups.find()
        assert ends(left)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(left, signal.SIGKILL)


def test_a_process_in_the_group_of_a_server_that_lives_is_left_alone() -> None:
    groups = ControlGroups.find()
    if not groups.enforced_limits():
        pytest.skip("control groups cannot be used here")
    living = DYING.replace("os._exit(0)", "input()")
    with subprocess.Popen(
        [sys.executable, "-c", living], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        left = int(server.stdout.readline())
        try:
            ControlGroups.find()
            with open(f"/proc/{left}/cgroup") as mine:
                assert "roocode-" in mine.read()
        finally:
            os.kill(left, signal.SIGKILL)
            server.communicate("")
    ControlGroups.find()
