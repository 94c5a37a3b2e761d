"""A server ends when it is asked to, whatever it is stuck in, and with any of its standard streams closed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.support.nightly import IS_NIGHTLY
from tests.support.server import ALIKE, READY

SCRIPT = """
import asyncio, threading, uvloop
from roocode_server.server import stopping

stopping.FORCED_END_DELAY_S = 0.5

async def main():
    stop = asyncio.Event()
    stopping.stop_on_signals(stop, 0.5)
    print("begun", flush=True)
    {work}
    await stop.wait()

uvloop.run(main())
"""


def asked_to_end(work: str) -> tuple[int, str]:
    """The exit code of a program that is told to end while it works, and what it says on stderr."""
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT.format(work=work)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as program:
        assert program.stdout is not None and program.stdout.readline() == "begun\n"
        program.send_signal(signal.SIGTERM)
        _, said = program.communicate(timeout=60)
        return program.returncode, said


@pytest.mark.parametrize(
    "work",
    [
        "while True: pass",
        "asyncio.get_running_loop().run_in_executor(None, threading.Event().wait)",
    ],
)
def test_what_is_stuck_is_ended_and_says_where_it_was(work: str) -> None:
    code, said = asked_to_end(work)
    assert code == 1 and "Timeout" in said and "most recent call first" in said


def test_what_works_ends_well() -> None:
    assert asked_to_end("pass") == (0, "")


@pytest.mark.parametrize("closed", [(0, 1, 2), (1,), *([(0,), (0, 1)] if IS_NIGHTLY else [])])
def test_a_server_runs_and_ends_without_its_standard_streams(closed: tuple[int, ...], tmp_path: Path) -> None:
    command = Path(sys.executable).with_name("roocode-server")
    shut = " ".join(f"{number}>&-" for number in closed)
    line = f'exec "$0" serve --port 0 --data-dir "$1" {shut}'
    log = tmp_path / "log"
    with (
        log.open("w") as errors,
        subprocess.Popen(
            ["/bin/sh", "-c", line, str(command), str(tmp_path / "data")],
            stdin=subprocess.DEVNULL,
            stdout=errors,
            stderr=errors,
            env={**os.environ, **ALIKE},
            cwd=tmp_path,
        ) as process,
    ):
        _until_it_listens(process.pid)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0, log.read_text()
    assert (READY in log.read_text()) == (1 not in closed)


def _until_it_listens(number: int) -> None:
    """Wait until it has a port; what it says cannot be read where its streams are closed."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        listening = [each for each in psutil.Process(number).net_connections() if each.status == "LISTEN"]
        if listening:
            return
        time.sleep(0.05)
    raise TimeoutError("it never listened")


def test_what_a_background_job_ignores_its_commands_do_not() -> None:
    ignored = "import signal, subprocess; [signal.signal(each, signal.SIG_IGN) for each in (2, 3)]"
    look = "print(subprocess.check_output(['grep', 'SigIgn', '/proc/self/status'], text=True))"
    program = f"{ignored}\n{SCRIPT.format(work=f'{look}; stop.set()')}"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    mask = int(done.stdout.partition("SigIgn:")[2], 16)
    assert not mask & (1 << signal.SIGINT - 1 | 1 << signal.SIGQUIT - 1)
