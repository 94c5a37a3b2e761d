"""System calls that a command may not make, tried in a real jail."""

from __future__ import annotations

import platform
from pathlib import Path

import pytest

from roocode_server.engine.runtimes import seccomp
from roocode_server.engine.runtimes.local import LocalRuntime
from roocode_server.engine.runtimes.runtime import Command
from tests.engine.runtimes.test_runtimes import sandbox_in

pytestmark = pytest.mark.skipif(platform.machine() != "x86_64", reason="calls have other numbers")
PROBE = """
import ctypes, errno, os
libc = ctypes.CDLL(None, use_errno=True)
outcome = libc.{call}
print(errno.errorcode.get(ctypes.get_errno(), "none") if outcome == -1 else "allowed")
"""


async def tried(tmp_path: Path, call: str) -> str:
    sandbox = sandbox_in(tmp_path, "session-1")
    (sandbox.folder / "probe.py").write_text(PROBE.format(call=call))
    done = await LocalRuntime().run(sandbox, Command(line="python3 probe.py"))
    return done.output.strip()


@pytest.mark.parametrize(
    "call",
    [
        "unshare(0x10000000)",  # a user namespace
        "mount(b'none', b'/tmp', b'tmpfs', 0, None)",
        "syscall(321, 0, None, 0)",  # bpf
        "syscall(425, 8, None)",  # io_uring_setup
        "syscall(250, 0, 0, 0, 0, 0)",  # keyctl
        "syscall(298, None, 0, -1, -1, 0)",  # perf_event_open
        "syscall(56, 0x10000000 | 17, None, None, None, None)",  # clone into a user namespace
        "ioctl(0, 0x5412, b'x')",  # TIOCSTI
    ],
)
async def test_a_call_that_is_none_of_its_business_is_refused(tmp_path: Path, call: str) -> None:
    assert await tried(tmp_path, call) == "EPERM"


async def test_what_programs_need_is_allowed(tmp_path: Path) -> None:
    assert await tried(tmp_path, "getpid()") == "allowed"
    sandbox = sandbox_in(tmp_path, "session-2")
    threads = "from threading import *; t = Thread(target=print, args=(1,)); t.start(); t.join()"
    done = await LocalRuntime().run(sandbox, Command(line=f"python3 -c '{threads}'; ls | wc -l"))
    assert done.output == "1\n0\n"


def test_the_session_is_told_that_calls_are_filtered(monkeypatch: pytest.MonkeyPatch) -> None:
    assert LocalRuntime().enforced_limits()["systemCalls"] == "seccomp filter"
    seccomp.program.cache_clear()
    monkeypatch.setattr(seccomp, "LIBRARY", "libnothing.so.9")
    assert LocalRuntime().enforced_limits()["systemCalls"] == "not filtered: libnothing.so.9 is not installed"
    seccomp.program.cache_clear()
