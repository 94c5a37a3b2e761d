"""In a jail, nothing but the session's own workspace can be seen, reached or changed."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvloop

from roocode_server.engine.runtimes.local import LocalRuntime
from roocode_server.engine.runtimes.runtime import Command, Exit, RuntimeUnavailable, SandboxSpec
from roocode_server.engine.runtimes.unsafe_local import UnsafeLocalRuntime
from roocode_server.engine.workspace.ownership import NOBODY_ELSE
from roocode_server.engine.workspace.workspace import Workspace
from roocode_server.models.identifier import SessionId
from roocode_server.models.session import ResourceLimits
from tests.engine.runtimes.conftest import chosen


@pytest.fixture
def sandbox(tmp_path: Path) -> SandboxSpec:
    folder = tmp_path / "data" / "workspaces" / "session-1"
    folder.mkdir(parents=True)
    (tmp_path / "data" / "admin.json").write_text("the key of the house")
    return SandboxSpec(
        session_id=SessionId("session-1"),
        folder=folder,
        limits=ResourceLimits(max_execution_time=60, max_memory_mb=128),
        network=False,
    )


async def jailed(sandbox: SandboxSpec, line: str, runtime: LocalRuntime | None = None) -> Exit:
    return await (runtime or LocalRuntime()).run(sandbox, Command(line=line))


async def output(sandbox: SandboxSpec, line: str) -> str:
    return (await jailed(sandbox, line)).output


async def test_the_root_holds_the_system_and_the_workspace(sandbox: SandboxSpec) -> None:
    found = set((await output(sandbox, "ls /")).split())
    allowed = {"bin", "dev", "etc", "lib", "lib32", "lib64", "libx32", "proc", "sbin", "tmp", "usr", "var"}
    python = Path(sys.base_prefix).parts[1]
    assert found <= allowed | {"workspaces", python}


async def test_only_the_own_workspace_is_mounted(sandbox: SandboxSpec) -> None:
    other = sandbox.folder.with_name("session-2")
    other.mkdir()
    (other / "theirs").touch()
    assert await output(sandbox, "pwd; ls /workspaces") == "/workspaces/session-1\nsession-1\n"


@pytest.mark.parametrize(
    "place", ["/home", "/root/.ssh", "/var/lib", "/run", "/sys", "/boot", "/mnt", "/etc/shadow"]
)
async def test_a_place_of_the_host_is_not_there(sandbox: SandboxSpec, place: str) -> None:
    assert (await jailed(sandbox, f"ls -d {place}")).code != 0


async def test_the_servers_folders_are_not_there(sandbox: SandboxSpec) -> None:
    data, code = sandbox.folder.parent.parent, Path(__file__).parents[3]
    for place in (data, code, Path(sys.prefix)):
        assert (await jailed(sandbox, f"ls '{place}'")).code != 0, place


async def test_what_is_shown_of_pythons_folder_is_python(sandbox: SandboxSpec) -> None:
    prefix = Path(sys.base_prefix)
    if prefix.is_relative_to("/usr"):
        assert (await jailed(sandbox, "python3 -c 'pass'")).code == 0
    else:
        top = Path(*prefix.parts[:2])
        found = await output(sandbox, f"find {top} -maxdepth {len(prefix.parts) - 2}")
        assert set(found.split()) == {
            str(top),
            *(str(path) for path in (prefix, *prefix.parents) if top in path.parents),
        }


async def test_no_python_but_the_servers_is_needed(sandbox: SandboxSpec) -> None:
    found = await output(
        sandbox, f"{sys.base_prefix}/bin/python3 -c 'import ssl, sqlite3, json; print(6 * 7)'"
    )
    assert found == "42\n"


async def test_a_secret_within_a_folder_that_is_shown_is_hidden(sandbox: SandboxSpec, tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("for all")
    tmp_path.chmod(0o755)
    runtime = LocalRuntime(read_only_paths=[tmp_path])
    done = await jailed(
        sandbox, f"cat {tmp_path}/notes && ls -A {tmp_path}/data; touch {tmp_path}/data/x", runtime
    )
    assert "for all" in done.output
    assert "admin.json" not in done.output and "workspaces" not in done.output.replace(str(tmp_path), "")
    assert not (tmp_path / "data/x").exists()


async def test_a_read_only_path_can_be_read_and_not_written(sandbox: SandboxSpec, tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "library").write_text("useful")
    runtime = LocalRuntime(read_only_paths=[shared])
    done = await jailed(sandbox, f"cat {shared}/library; echo spoilt > {shared}/library", runtime)
    assert "useful" in done.output and done.code != 0
    assert (shared / "library").read_text() == "useful"


@pytest.mark.parametrize("place", ["/", "/usr", "/usr/bin", "/etc", "/dev", "/proc", "/var", "/workspaces"])
async def test_nothing_is_written_outside_the_workspace(sandbox: SandboxSpec, place: str) -> None:
    assert (await jailed(sandbox, f"touch {place}/roocode-was-here")).code != 0
    assert not Path(place, "roocode-was-here").exists()


async def test_the_temporary_folder_ends_with_the_command_and_has_a_bound(sandbox: SandboxSpec) -> None:
    done = await jailed(sandbox, "echo x > /tmp/x && cat /tmp/x; head -c 100000000 /dev/zero > /tmp/big")
    assert done.output.startswith("x\n") and done.code != 0
    assert await output(sandbox, "cd /tmp; ls -A . ~") == ".:\nhome\n\n/tmp/home:\n"


async def test_the_workspace_keeps_what_is_written(sandbox: SandboxSpec) -> None:
    await jailed(sandbox, "echo kept > file")
    assert (sandbox.folder / "file").read_text() == "kept\n"
    assert await output(sandbox, "cat /workspaces/session-1/file") == "kept\n"


async def test_a_link_in_the_workspace_leads_to_the_jails_own_files(sandbox: SandboxSpec) -> None:
    (sandbox.folder / "passwd").symlink_to("/etc/passwd")
    assert "agent" in await output(sandbox, "cat passwd")


async def test_the_user_is_nobody_in_particular_and_can_do_nothing_special(sandbox: SandboxSpec) -> None:
    number = NOBODY_ELSE if os.geteuid() == 0 else 1000
    assert await output(sandbox, "id -u; id -un; hostname") == f"{number}\nagent\nsandbox\n"
    capabilities = await output(sandbox, "grep ^Cap /proc/self/status | cut -f2 | sort -u")
    assert capabilities == "0000000000000000\n"
    for line in ("mount -t tmpfs x /tmp", "chroot / true", "unshare -U true", "mknod x c 1 3", "hostname x"):
        assert (await jailed(sandbox, line)).code != 0, line


@pytest.mark.parametrize(
    "setting", ["kernel/core_pattern", "fs/dir-notify-enable", "kernel/hostname", "vm/swappiness"]
)
async def test_the_settings_of_the_kernel_are_read_and_not_written(
    sandbox: SandboxSpec, setting: str
) -> None:
    before = Path("/proc/sys", setting).read_text()
    done = await jailed(sandbox, f"cat /proc/sys/{setting} > copy; cat copy > /proc/sys/{setting}")
    assert done.code != 0 and Path("/proc/sys", setting).read_text() == before
    assert (sandbox.folder / "copy").stat().st_size > 0


async def test_what_else_of_the_kernel_can_be_written_is_not(sandbox: SandboxSpec) -> None:
    """Nothing below /proc but a process's own may be written, whoever runs the server."""
    attempt = "sh -c ': > $0 && echo written $0' {} ';'"
    found = await output(sandbox, f"find /proc -path '/proc/[0-9]*' -prune -o -type f -exec {attempt}")
    assert "written" not in found


async def test_the_devices_are_used_and_not_changed(sandbox: SandboxSpec) -> None:
    modes = {name: Path("/dev", name).stat().st_mode for name in ("null", "zero", "full", "random", "tty")}
    done = await jailed(sandbox, "echo x > /dev/null && chmod 600 /dev/null /dev/zero /dev/random /dev/tty")
    assert done.code != 0 and "/dev/null" in done.output and "cannot create" not in done.output
    assert {name: Path("/dev", name).stat().st_mode for name in modes} == modes


async def test_a_command_opens_its_own_output_by_name(sandbox: SandboxSpec) -> None:
    assert await output(sandbox, "echo one > /dev/stdout; echo two > /dev/stderr") == "one\ntwo\n"


@pytest.mark.parametrize("runtime", [LocalRuntime, UnsafeLocalRuntime])
async def test_what_a_variable_loads_is_loaded_when_the_limits_hold(
    sandbox: SandboxSpec, runtime: type[LocalRuntime | UnsafeLocalRuntime]
) -> None:
    """The loader complains for each program that it is to load something into; here it is the shell alone."""
    line = Command(line=":", environment={"LD_PRELOAD": "/not/there.so"})
    done = await runtime().run(sandbox, line)
    assert done.output.count("cannot be preloaded") == 1


async def test_variables_come_as_they_are(sandbox: SandboxSpec) -> None:
    environment = {"QUOTED": "it's $HOME `id`", "LINES": "one\n two\n", "EMPTY": "", "PPID": "1"}
    line = 'printf "%s|" "$QUOTED" "$LINES" "${EMPTY-unset}"'
    done = await LocalRuntime().run(sandbox, Command(line=line, environment=environment))
    assert done.output == "it's $HOME `id`|one\n two\n||"


async def test_a_workspace_of_an_earlier_server_stays_its_sessions_own(sandbox: SandboxSpec) -> None:
    """Earlier servers left all to their own user, root too. A link to the host is no way to what it names."""
    deep = sandbox.folder / "deep"
    deep.mkdir(mode=0o700)
    (deep / "file").write_text("old\n")
    (deep / "file").chmod(0o600)
    outside = sandbox.folder.parent.parent / "admin.json"
    (sandbox.folder / "link").symlink_to(outside)
    owner = outside.stat().st_uid
    assert await output(sandbox, "echo new >> deep/file; mkdir deep/more; cat deep/file") == "old\nnew\n"
    assert outside.stat().st_uid == owner


async def test_what_the_server_writes_is_the_commands_to_change(sandbox: SandboxSpec) -> None:
    workspace = Workspace(sandbox.folder, max_file_bytes=10_000)
    await jailed(sandbox, "true")

    async def make(folder: Path) -> None:
        (folder / "filled").mkdir()
        (folder / "filled/file").write_text("x")

    await workspace.fill(make, replace=True)
    await workspace.put("put/deep/file", b"x")
    await workspace.make_directory("made/deep")
    await workspace.copy("filled", "copied", max_disk_bytes=10**9)
    line = "find . -type f -exec sh -c 'echo y >> $0' {} ';' && find . -type d -exec touch {}/more ';'"
    done = await jailed(sandbox, line)
    assert (done.code, done.output) == (0, "")
    assert (await workspace.read("copied/file")).content == b"xy\n"


async def test_the_hosts_processes_are_not_seen(sandbox: SandboxSpec) -> None:
    found = await output(sandbox, "cat /proc/[0-9]*/cmdline | tr '\\0' ' '")
    assert "pytest" not in found and str(sandbox.folder) not in found
    assert (await jailed(sandbox, f"kill -0 {os.getpid()}")).code != 0


async def test_the_servers_secrets_are_in_no_environment(
    sandbox: SandboxSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROOCODE_SECRET", "do-not-tell")
    names = await output(
        sandbox, "cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | cut -d= -f1 | sort -u"
    )
    assert set(names.split()) == {"HOME", "LANG", "LOGNAME", "PATH", "PWD", "TERM", "USER"}


async def test_no_descriptor_of_the_server_is_open(sandbox: SandboxSpec) -> None:
    # 3 is what ls reads the folder with.
    assert await output(sandbox, "ls /proc/self/fd") == "0\n1\n2\n3\n"


@asynccontextmanager
async def listening() -> AsyncIterator[int]:
    """A server on the host's loopback; its port."""

    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"reached")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


CONNECT = 'import socket; print(socket.create_connection(("127.0.0.1", {port}), 5).recv(100).decode())'


async def test_the_hosts_network_is_out_of_reach(sandbox: SandboxSpec) -> None:
    async with listening() as port:
        done = await jailed(sandbox, f"python3 -c '{CONNECT.format(port=port)}'")
    assert done.code != 0 and "reached" not in done.output


async def test_without_the_network_a_command_can_still_talk_to_itself(sandbox: SandboxSpec) -> None:
    program = (
        "import socket, threading\n"
        "server = socket.create_server(('127.0.0.1', 0))\n"
        "threading.Thread(target=lambda: server.accept()[0].send(b'hello')).start()\n"
        "print(socket.create_connection(server.getsockname()).recv(9).decode())\n"
    )
    (sandbox.folder / "talk.py").write_text(program)
    assert await output(sandbox, "python3 talk.py") == "hello\n"


async def test_a_jail_that_works_has_no_problem() -> None:
    assert await LocalRuntime().probe() is None


async def test_without_bubblewrap_nothing_runs_and_the_reason_is_told(
    sandbox: SandboxSpec, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("prlimit", "sh"):
        (tmp_path / name).symlink_to(shutil.which(name) or "")
    monkeypatch.setenv("PATH", str(tmp_path))
    made = await chosen("auto", tmp_path / "data", docker={"host": f"unix://{tmp_path}/nobody.sock"})
    assert made.problem is not None and "bubblewrap" in made.problem
    with pytest.raises(RuntimeUnavailable, match="install it"):
        await made.run(sandbox, Command(line="touch here"))
    assert not (sandbox.folder / "here").exists()


async def test_where_no_jail_can_be_made_nothing_runs_and_the_reason_is_told(
    sandbox: SandboxSpec, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A bubblewrap that is refused its namespaces says so and ends with 1."""
    refused = '#!/bin/sh\necho "bwrap: No permissions to create new namespace" >&2\nexit 1\n'
    (tmp_path / "bwrap").write_text(refused)
    (tmp_path / "bwrap").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    made = await chosen("local", tmp_path / "data")
    assert made.problem is not None and "No permissions" in made.problem
    with pytest.raises(RuntimeUnavailable, match="unsafe-local"):
        await made.run(sandbox, Command(line="touch here"))
    assert not (sandbox.folder / "here").exists()


@pytest.mark.parametrize("path", [Path("/not/there"), Path("relative"), Path("/"), Path.home()])
async def test_a_read_only_path_that_cannot_be_is_told(path: Path, tmp_path: Path) -> None:
    made = await chosen("local", tmp_path / "data", read_only_paths=[str(path)])
    assert made.problem is not None and str(path) in made.problem


def test_the_jail_works_on_the_servers_event_loop(sandbox: SandboxSpec) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        done = runner.run(jailed(sandbox, "echo out; echo err >&2; exit 4"))
        with pytest.raises(TimeoutError):
            runner.run(asyncio.wait_for(jailed(sandbox, "sleep 1000"), 0.5))
    assert (done.code, sorted(done.output.split())) == (4, ["err", "out"])
