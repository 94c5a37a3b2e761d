"""The contract of every runtime: jails, containers, and bare processes."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import psutil
import pytest

from roocode_server.engine.runtimes.base import SupervisingRuntime
from roocode_server.engine.runtimes.local import LocalRuntime
from roocode_server.engine.runtimes.runtime import Command, EnoughOutput, Exit, OutputSink, SandboxSpec
from roocode_server.engine.runtimes.unsafe_local import UnsafeLocalRuntime
from roocode_server.models.error import InvalidField, NotFound, WorkspaceLimitExceeded
from roocode_server.models.identifier import SessionId
from roocode_server.models.session import ResourceLimits
from tests.engine.runtimes.conftest import EVERY_RUNTIME, chosen, containers_of

Runs = Callable[..., "asyncio.Future[Exit]"]
MOST_OUTPUT = 10_000


@pytest.fixture(params=EVERY_RUNTIME)
async def runtime(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SupervisingRuntime]:
    others = set(psutil.Process().children(recursive=True))  # servers of other tests
    if request.param == "docker":
        async with containers_of(request.getfixturevalue("container_engine"), tmp_path / "data") as docker:
            yield docker
    else:
        kind = {"local": LocalRuntime, "unsafe-local": UnsafeLocalRuntime}[request.param]
        yield kind(max_output_bytes=MOST_OUTPUT)
    assert set(psutil.Process().children(recursive=True)) <= others


@pytest.fixture
def sandbox(tmp_path: Path) -> SandboxSpec:
    return sandbox_in(tmp_path, "session-1")


def sandbox_in(tmp_path: Path, name: str) -> SandboxSpec:
    folder = tmp_path / "data" / "workspaces" / name
    folder.mkdir(parents=True)
    limits = ResourceLimits(max_execution_time=60, max_processes=64, max_memory_mb=128)
    return SandboxSpec(session_id=SessionId(name), folder=folder, limits=limits, network=False)


def limited(sandbox: SandboxSpec, **limits: int) -> SandboxSpec:
    return replace(sandbox, limits=replace(sandbox.limits, **limits))


def marked(mark: str) -> list[int]:
    """The processes of this machine, in whichever namespace, that have `mark` among their arguments."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.status() != psutil.STATUS_ZOMBIE and mark in process.cmdline():
                found.append(process.pid)
    return found


async def until(holds: Callable[[], object]) -> None:
    """Wait until a condition is true."""
    async with asyncio.timeout(30):
        while not holds():
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("line", "code"),
    [("true", 0), ("exit 3", 3), ("missing-command", 127), ("kill -9 $$", 137), ("kill $$", 143)],
)
async def test_a_command_ends_with_its_code(
    runtime: SupervisingRuntime, sandbox: SandboxSpec, line: str, code: int
) -> None:
    done = await runtime.run(sandbox, Command(line=line))
    assert (done.code, done.stopped_by) == (code, None)


async def test_both_streams_are_kept_and_told_of_line_by_line(
    runtime: SupervisingRuntime, sandbox: SandboxSpec
) -> None:
    told = []

    async def hear(stream: str, text: str) -> None:
        told.append((stream, text))

    done = await runtime.run(
        sandbox, Command(line="echo one; echo two; printf three; echo four >&2"), on_output=hear
    )
    assert [text for stream, text in told if stream == "stdout"] == ["one\n", "two\n", "three"]
    assert [text for stream, text in told if stream == "stderr"] == ["four\n"]
    assert done.output == "".join(text for _, text in told)
    assert not done.is_truncated


async def test_output_is_told_while_the_command_runs(
    runtime: SupervisingRuntime, sandbox: SandboxSpec
) -> None:
    """The command waits for a file that is made when its first line is heard."""
    told = []

    async def hear(stream: str, text: str) -> None:
        told.append((stream, text))
        (sandbox.folder / text.strip()).touch()

    wait = "until [ -e {0} ]; do sleep 0.01; done;"
    line = "echo a >&2; " + wait.format("a") + "echo b; " + wait.format("b") + "echo c >&2"
    done = await runtime.run(sandbox, Command(line=line), on_output=hear)
    assert told == [("stderr", "a\n"), ("stdout", "b\n"), ("stderr", "c\n")]
    assert done.output == "a\nb\nc\n"


async def test_a_listener_that_fails_ends_the_command(
    runtime: SupervisingRuntime, sandbox: SandboxSpec
) -> None:
    async def hear(stream: str, text: str) -> None:
        raise LookupError(text)

    with pytest.raises(LookupError, match="said"):
        await runtime.run(sandbox, Command(line="echo said; sleep 1000"), on_output=hear)


def enough_at_once() -> tuple[list[str], OutputSink]:
    """What is heard, and a listener that has enough with the first of it."""
    heard: list[str] = []

    async def hear(stream: str, text: str) -> None:
        heard.append(text)
        raise EnoughOutput

    return heard, hear


async def test_a_listener_that_has_enough_ends_the_command_which_is_accounted_for(
    runtime: SupervisingRuntime, sandbox: SandboxSpec
) -> None:
    heard, hear = enough_at_once()
    done = await runtime.run(sandbox, Command(line="echo said; sleep 1000"), on_output=hear)
    assert (heard, done.code, done.stopped_by) == (["said\n"], 128 + 9, None)


async def test_a_listener_that_has_enough_is_told_nothing_more(
    runtime: SupervisingRuntime, sandbox: SandboxSpec
) -> None:
    heard, hear = enough_at_once()
    await runtime.run(sandbox, Command(line="echo one; echo other >&2; sleep 1000"), on_output=hear)
    assert heard in (["one\n"], ["other\n"])


@pytest.mark.parametrize("printed", ["Continue? [y/N] ", "10 %\\r20 %\\r30 %\\r"])
async def test_a_line_without_an_end_is_told_while_the_command_waits(
    runtime: SupervisingRuntime, sandbox: SandboxSpec, printed: str
) -> None:
    heard: list[str] = []
    is_told = asyncio.Event()

    async def hear(stream: str, text: str) -> None:
        heard.append(text)
        if "".join(heard) == printed.replace("\\r", "\r"):
            is_told.set()

    command = Command(line=f"printf '{printed.replace('%', '%%')}'; exec sleep 60")
    running = asyncio.create_task(runtime.run(sandbox, command, on_output=hear))
    async with asyncio.timeout(30):
        await is_told.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_progress_that_never_pauses_is_told_while_it_comes(
    runtime: SupervisingRuntime, sandbox: SandboxSpec
) -> None:
    is_told = asyncio.Event()

    async def hear(stream: str, text: str) -> None:
        is_told.set()

    line = "while :; do printf 'so far\\r'; sleep 0.02; done"
    running = asyncio.create_task(runtime.run(sandbox, Command(line=line), on_output=hear))
    async with asyncio.timeout(30):
        await is_told.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_what_a_command_has_printed_is_told_when_it_is_stopped(
    runtime: SupervisingRuntime, sandbox: SandboxSpec
) -> None:
    heard: list[str] = []

    async def hear(stream: str, text: str) -> None:
        heard.append(text)

    running = asyncio.create_task(
        runtime.run(sandbox, Command(line="printf 'no end'; touch printed; exec sleep 60"), on_output=hear)
    )
    async with asyncio.timeout(30):
        while not (sandbox.folder / "printed").exists():
            await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert "".join(heard) == "no end"


async def test_a_slow_listener_slows_the_command_and_loses_nothing(
    runtime: SupervisingRuntime, sandbox: SandboxSpec
) -> None:
    lines = 0

    async def hear(stream: str, text: str) -> None:
        nonlocal lines
        lines += text.count("\n")
        await asyncio.sleep(0)

    line = "i=0; while [ $i -lt 20000 ]; do echo 123456; i=$((i+1)); done"
    done = await runtime.run(sandbox, Command(line=line), on_output=hear)
    assert (done.code, lines) == (0, 20_000)


async def test_text_that_is_no_utf8_is_marked(runtime: SupervisingRuntime, sandbox: SandboxSpec) -> None:
    done = await runtime.run(sandbox, Command(line=r"printf 'gr\303\274\303\237e \377.\n'"))
    assert done.output == "grüße \ufffd.\n"


async def test_long_output_loses_its_middle(runtime: SupervisingRuntime, sandbox: SandboxSpec) -> None:
    done = await runtime.run(
        sandbox, Command(line="echo first; head -c 50000 /dev/zero | tr '\\0' x; echo last")
    )
    assert done.is_truncated and done.stopped_by is None
    assert done.output.startswith("first\nxxx") and done.output.endswith("xxxlast\n")
    assert "left out" in done.output and len(done.output) < MOST_OUTPUT + 100


async def test_an_endless_printer_is_stopped(runtime: SupervisingRuntime, sandbox: SandboxSpec) -> None:
    done = await runtime.run(sandbox, Command(line="yes"))
    assert (done.stopped_by, done.is_truncated) == ("output", True)


async def test_a_command_gets_the_environment_that_it_is_given(
    runtime: SupervisingRuntime, sandbox: SandboxSpec
) -> None:
    done = await runtime.run(sandbox, Command(line="echo $GIVEN", environment={"GIVEN": "a b=c\n'd'"}))
    assert done.output == "a b=c 'd'\n"


async def test_the_servers_environment_stays_with_the_server(
    runtime: SupervisingRuntime, sandbox: SandboxSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROOCODE_SECRET", "do-not-tell")
    done = await runtime.run(sandbox, Command(line="env; cat /proc/*/environ 2>/dev/null"))
    assert "PATH=" in done.output
    if runtime.name == "local":
        assert "do-not-tell" not in done.output


async def test_a_command_runs_in_the_workspace_or_a_folder_of_it(
    runtime: SupervisingRuntime, sandbox: SandboxSpec
) -> None:
    (sandbox.folder / "sub").mkdir()
    await runtime.run(sandbox, Command(line="touch here"))
    await runtime.run(sandbox, Command(line="touch there", directory="sub"))
    assert (sandbox.folder / "here").exists() and (sandbox.folder / "sub/there").exists()


@pytest.mark.parametrize("directory", ["missing", "file", "..", "out"])
async def test_a_directory_that_is_none_of_the_workspace_is_not_found(
    runtime: SupervisingRuntime, sandbox: SandboxSpec, directory: str
) -> None:
    (sandbox.folder / "file").touch()
    (sandbox.folder / "out").symlink_to("/usr")
    with pytest.raises(NotFound):
        await runtime.run(sandbox, Command(line="true", directory=directory))


@pytest.mark.parametrize("line", ["a\0b", "\ud800", "x" * 140_000])
async def test_what_no_command_line_can_hold_is_refused(
    runtime: SupervisingRuntime, sandbox: SandboxSpec, line: str
) -> None:
    with pytest.raises(InvalidField):
        await runtime.run(sandbox, Command(line=line))


async def test_a_long_line_runs(runtime: SupervisingRuntime, sandbox: SandboxSpec) -> None:
    done = await runtime.run(sandbox, Command(line=f": {'x' * 130_000}; echo done"))
    assert done.output == "done\n"


async def test_nobody_waits_for_input(runtime: SupervisingRuntime, sandbox: SandboxSpec) -> None:
    done = await runtime.run(sandbox, Command(line="cat; read x; echo end"))
    assert done.output == "end\n"


async def test_use_is_measured(runtime: SupervisingRuntime, sandbox: SandboxSpec) -> None:
    program = "x = bytearray(40_000_000)\nwhile sum(__import__('os').times()[:2]) < 0.2: pass"
    done = await runtime.run(sandbox, Command(line=f'python3 -c "{program}"'))
    assert done.code == 0, done.output
    assert 40_000_000 < done.peak_memory_bytes < 128 * 2**20
    assert 0.2 <= done.cpu_s < 60 and done.duration_s >= 0.1


async def test_the_time_limit_ends_a_command_with_all_that_it_started(
    runtime: SupervisingRuntime, sandbox: SandboxSpec
) -> None:
    done = await runtime.run(
        limited(sandbox, max_execution_time=1),
        Command(line="sleep 81001 & (setsid sleep 81001 &) ; sleep 81001"),
    )
    assert (done.code, done.stopped_by) == (137, "time")
    assert marked("81001") == []


async def test_what_a_command_leaves_behind_ends_with_it(
    runtime: SupervisingRuntime, sandbox: SandboxSpec
) -> None:
    done = await runtime.run(sandbox, Command(line="(setsid sleep 81002 &) ; sleep 81002 & echo out"))
    assert (done.code, done.output) == (0, "out\n")
    assert marked("81002") == []


async def test_cancelling_ends_even_a_daemon(runtime: SupervisingRuntime, sandbox: SandboxSpec) -> None:
    fork = "if os.fork(): os._exit(0)\n"
    daemon = f"import os\n{fork}os.setsid()\n{fork}os.execvp('sleep', ['sleep', '81003'])"
    (sandbox.folder / "daemon.py").write_text(daemon)
    running = asyncio.create_task(runtime.run(sandbox, Command(line="python3 daemon.py; sleep 81003")))
    await until(lambda: len(marked("81003")) == 2)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert marked("81003") == []


async def test_cancelling_at_any_moment_leaves_nothing(
    runtime: SupervisingRuntime, sandbox: SandboxSpec
) -> None:
    for turns in range(0, 30, 3):
        running = asyncio.create_task(runtime.run(sandbox, Command(line="sleep 81004")))
        for _ in range(turns):
            await asyncio.sleep(0.001)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    assert marked("81004") == []


async def test_closing_a_session_ends_its_commands_and_nobody_elses(
    runtime: SupervisingRuntime, sandbox: SandboxSpec, tmp_path: Path
) -> None:
    other = sandbox_in(tmp_path, "session-2")
    first = asyncio.create_task(runtime.run(sandbox, Command(line="sleep 81005")))
    second = asyncio.create_task(
        runtime.run(other, Command(line="until [ -e go ]; do sleep 0.02; done; echo went"))
    )
    await until(lambda: marked("81005"))
    await runtime.close(sandbox.session_id)
    assert marked("81005") == []
    assert (await first).code == 137
    (other.folder / "go").touch()
    assert (await second).output == "went\n"


async def test_closing_a_session_without_commands_does_nothing(runtime: SupervisingRuntime) -> None:
    await runtime.close(SessionId("nobody"))


async def test_commands_of_many_sessions_run_at_once(runtime: SupervisingRuntime, tmp_path: Path) -> None:
    """Each waits for the one after it, so that they end only if all of them run."""
    sandboxes = [sandbox_in(tmp_path, f"session-{number}") for number in range(8)]

    async def hear(stream: str, text: str) -> None:
        started.append(text)
        if len(started) == len(sandboxes):
            for sandbox in sandboxes:
                (sandbox.folder / "go").touch()

    started: list[str] = []
    line = "echo started; until [ -e go ]; do sleep 0.02; done"
    done = await asyncio.gather(
        *(runtime.run(sandbox, Command(line=line), on_output=hear) for sandbox in sandboxes)
    )
    assert [one.code for one in done] == [0] * len(sandboxes)


async def test_a_memory_hog_is_stopped_while_another_session_goes_on(
    runtime: SupervisingRuntime, sandbox: SandboxSpec, tmp_path: Path
) -> None:
    await _stopped_alone(runtime, sandbox, tmp_path, 'python3 -c "x = bytearray(400_000_000)"', "memory")


async def test_the_memory_of_several_children_counts_together_while_another_session_goes_on(
    runtime: SupervisingRuntime, sandbox: SandboxSpec, tmp_path: Path
) -> None:
    child = "python3 -c 'import time; x = bytearray(60_000_000); time.sleep(3)' &"
    await _stopped_alone(runtime, sandbox, tmp_path, f"{child} {child} {child} wait; true", "memory")


async def test_a_child_that_is_killed_for_memory_is_told_though_its_parent_ends_well(
    runtime: SupervisingRuntime, sandbox: SandboxSpec, tmp_path: Path
) -> None:
    line = "python3 -c 'x = bytearray(400_000_000)' & wait; echo all is well; true"
    await _stopped_alone(runtime, sandbox, tmp_path, line, "memory")


async def test_a_disk_filler_is_stopped_while_another_session_goes_on(
    runtime: SupervisingRuntime, sandbox: SandboxSpec, tmp_path: Path
) -> None:
    line = "i=0; while [ $i -lt 9 ]; do head -c 9000000 /dev/zero > $i; i=$((i+1)); done; sleep 1000"
    await _stopped_alone(runtime, limited(sandbox, max_disk_mb=20), tmp_path, line, "disk")
    with pytest.raises(WorkspaceLimitExceeded):
        await runtime.run(limited(sandbox, max_disk_mb=20), Command(line="true"))


@pytest.mark.parametrize(
    "hold",
    [
        "file = open('held', 'wb'); os.unlink('held'); file.write(bytes(60_000_000)); file.flush()",
        "file = open('held', 'w+b'); file.truncate(60_000_000); os.unlink('held'); "
        "held = mmap.mmap(file.fileno(), 0); os.closerange(3, 64); held[:] = bytes(60_000_000)",
    ],
    ids=["open", "mapped"],
)
async def test_files_without_a_name_count_with_the_disk(
    runtime: SupervisingRuntime, sandbox: SandboxSpec, tmp_path: Path, hold: str
) -> None:
    line = f'python3 -c "import mmap, os, time; {hold}; time.sleep(1000)"'
    mine = replace(limited(sandbox, max_disk_mb=20), session_id=SessionId(f"session-{uuid4()}"))
    mine = replace(mine, folder=sandbox.folder.parent / mine.session_id)
    mine.folder.mkdir()
    await _stopped_alone(runtime, mine, tmp_path, line, "disk")
    assert (await runtime.run(mine, Command(line="ls -A"))).output == ""


async def test_a_fork_bomb_is_held_while_another_session_goes_on(
    runtime: SupervisingRuntime, sandbox: SandboxSpec, tmp_path: Path
) -> None:
    bomb = "import os\nwhile True:\n try: os.fork()\n except OSError: pass"
    (sandbox.folder / "bomb.py").write_text(bomb)
    await _stopped_alone(runtime, limited(sandbox, max_execution_time=2), tmp_path, "python3 bomb.py", "time")


async def test_a_file_that_is_too_large_is_not_written(
    runtime: SupervisingRuntime, sandbox: SandboxSpec
) -> None:
    done = await runtime.run(
        limited(sandbox, max_file_size_mb=1), Command(line="head -c 5000000 /dev/zero > big; exit $?")
    )
    assert done.code != 0
    assert (sandbox.folder / "big").stat().st_size == 2**20


async def test_processes_are_counted(runtime: SupervisingRuntime, sandbox: SandboxSpec) -> None:
    line = "i=0; while [ $i -lt 40 ]; do sleep 81006 & i=$((i+1)); done; wait"
    done = await runtime.run(limited(sandbox, max_processes=20), Command(line=line))
    assert done.code != 0 and "fork" in done.output.lower()


async def test_the_processor_is_shared_out(runtime: SupervisingRuntime, sandbox: SandboxSpec) -> None:
    busy = "import time\nend = time.monotonic() + 1\nwhile time.monotonic() < end: pass"
    (sandbox.folder / "busy.py").write_text(busy)
    done = await runtime.run(limited(sandbox, max_cpu_percent=10), Command(line="python3 busy.py"))
    assert done.cpu_s < 0.5


async def test_each_limit_has_something_that_holds_it(runtime: SupervisingRuntime) -> None:
    limits = {"memory", "processes", "cpu", "fileSize", "time", "disk", "output"}
    assert limits <= set(runtime.enforced_limits()) <= limits | {"systemCalls", "network"}
    assert all(runtime.enforced_limits().values())


async def test_no_control_group_is_left(runtime: SupervisingRuntime, sandbox: SandboxSpec) -> None:
    await runtime.run(sandbox, Command(line="true"))
    left = [path for path in Path("/sys/fs/cgroup").rglob(f"roocode-{os.getpid()}-*") if path.is_dir()]
    assert left == []


@pytest.mark.parametrize(
    ("kind", "name"), [("auto", "local"), ("local", "local"), ("unsafe-local", "unsafe-local")]
)
async def test_a_runtime_is_chosen_by_its_kind(kind: str, name: str, tmp_path: Path) -> None:
    """No container engine is where the settings look for one."""
    made = await chosen(kind, tmp_path / "data", docker={"host": f"unix://{tmp_path}/nobody.sock"})
    assert (made.name, made.problem) == (name, None)


async def _stopped_alone(
    runtime: SupervisingRuntime, sandbox: SandboxSpec, tmp_path: Path, line: str, reason: str
) -> None:
    """Run something hostile next to another session, which must not be affected."""
    other = sandbox_in(tmp_path, "session-2")
    beside = asyncio.create_task(
        runtime.run(other, Command(line="until [ -e go ]; do sleep 0.02; done; python3 -c 'print(6 * 7)'"))
    )
    done = await runtime.run(sandbox, Command(line=line))
    assert done.stopped_by == reason, done
    (other.folder / "go").touch()
    assert (await beside).output == "42\n"
