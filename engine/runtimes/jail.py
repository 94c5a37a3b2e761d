"""The bubblewrap arguments that make a jail. Source: bwrap(1)."""

from __future__ import annotations

import os
import posixpath
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from roocode_server.engine.runtimes.runtime import Command, SandboxSpec
from roocode_server.models.session import mount_path

USER: Final = "agent"
USER_ID: Final = 1000
HOME: Final = "/tmp/home"  # noqa: S108 - a folder of the jail, not of this machine
VARIABLES: Final = "/etc/environment.sh"
"""A file with the environment that a command's caller wants, for the shell that starts it."""

RESOLVER: Final = "/etc/resolv.conf"

_READ_ONLY_OF_PROC: Final = ("sys", "sysrq-trigger", "irq", "bus", "fs", "mtrr", "pressure")
_HIDDEN_OF_PROC: Final = ("acpi", "scsi", "asound", "kcore", "keys", "timer_list", "sched_debug")
"""Paths that containers hide, too. Source: OCI Runtime Specification, maskedPaths and readonlyPaths."""
_TO_BECOME_ANOTHER: Final = ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP", "CAP_DAC_READ_SEARCH")
"""Capabilities needed to enter another user's workspace and become that user; dropped afterwards."""

_MAY_BE_LINKS: Final = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_OF_ETC: Final = ("/etc/alternatives", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d")
_OF_ETC_FOR_NETWORK: Final = (
    "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf",
    "/etc/pki/tls/certs",
    "/etc/pki/ca-trust/extracted",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxUser:
    """The user who runs a command, outside and inside its jail.

    A server that runs as root makes jails without a user namespace: inside one, a command would still be root
    outside, who owns devices and kernel settings.
    """

    user: int
    group: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Jail:
    """What all jails of this server have in common; `options` are those that the installed bwrap knows."""

    read_only_paths: Sequence[Path]
    options: frozenset[str]

    def arguments(
        self, sandbox: SandboxSpec, command: Command, files: Mapping[str, int], user: SandboxUser | None
    ) -> list[str]:
        """Return the options for one command; `files` are descriptors of files to create, by path.

        `user` is whom the command becomes in a jail made by root.
        """
        return [
            *self._namespaces(sandbox, user),
            *self._system(),
            *[word for path, number in files.items() for word in self._file(path, number)],
            *_bound(_OF_ETC + (_OF_ETC_FOR_NETWORK if sandbox.network or sandbox.reaches_server else ())),
            *self._own_folders(sandbox),
            *[word for path in self._shown() for word in _bind("--ro-bind", str(path), str(path))],
            *self._hidden(sandbox),
            *_workspace(sandbox, command),
            *_environment(),
        ]

    def _namespaces(self, sandbox: SandboxSpec, user: SandboxUser | None) -> Iterator[str]:
        yield from ("--unshare-ipc", "--unshare-pid", "--unshare-uts", "--unshare-cgroup-try")
        if not (sandbox.network or sandbox.reaches_server):
            yield "--unshare-net"
        yield from ("--die-with-parent", "--new-session", "--cap-drop", "ALL", "--hostname", "sandbox")
        if user is not None:
            for needed in _TO_BECOME_ANOTHER:
                yield from ("--cap-add", needed)
            return
        yield from ("--unshare-user", "--uid", str(USER_ID), "--gid", str(USER_ID))
        if "--disable-userns" in self.options:
            yield "--disable-userns"

    def _with_mode(self, mode: str) -> Iterator[str]:
        if "--perms" in self.options:
            yield from ("--perms", mode)

    def _file(self, path: str, number: int) -> Iterator[str]:
        yield from self._with_mode("0444")
        yield from ("--ro-bind-data", str(number), path)

    def _system(self) -> Iterator[str]:
        yield from ("--ro-bind", "/usr", "/usr")
        for place in _MAY_BE_LINKS:
            if os.path.islink(place):
                yield from ("--symlink", os.readlink(place), place)
            elif os.path.isdir(place):
                yield from ("--ro-bind", place, place)
        yield from ("--proc", "/proc", "--dev", "/dev")
        for name in _READ_ONLY_OF_PROC:
            if os.path.exists(f"/proc/{name}"):
                yield from ("--ro-bind", f"/proc/{name}", f"/proc/{name}")
        for name in _HIDDEN_OF_PROC:
            if os.path.isdir(f"/proc/{name}"):
                yield from ("--tmpfs", f"/proc/{name}", "--remount-ro", f"/proc/{name}")
            elif os.path.exists(f"/proc/{name}"):
                yield from ("--ro-bind", "/dev/null", f"/proc/{name}")

    def _own_folders(self, sandbox: SandboxSpec) -> Iterator[str]:
        size = sandbox.limits.max_memory_bytes // 2
        for place in ("/dev/shm", "/tmp"):  # noqa: S108 - folders of the jail
            if "--size" in self.options:
                yield from ("--size", str(size))
            yield from self._with_mode("1777")
            yield from ("--tmpfs", place)
        yield from self._with_mode("0777")
        yield from ("--dir", HOME, "--dir", "/var", "--symlink", "/tmp", "/var/tmp")  # noqa: S108
        yield from ("--remount-ro", "/dev")

    def _shown(self) -> list[Path]:
        return [*_python(), *self.read_only_paths]

    def _hidden(self, sandbox: SandboxSpec) -> Iterator[str]:
        """Cover this server's own folders with empty ones if they are inside a folder that is shown."""
        shown = (Path("/usr"), *self._shown())
        for secret in _secret_folders(sandbox):
            if any(secret.is_relative_to(path) for path in shown):
                yield from ("--tmpfs", str(secret), "--remount-ro", str(secret))


def _python() -> list[Path]:
    """Return where this server's Python is installed, unless that folder holds more than Python."""
    prefix = Path(sys.base_prefix)
    holds_more = any(other.is_relative_to(prefix) for other in (Path.home(), Path.cwd(), Path("/usr")))
    return [] if holds_more or prefix.is_relative_to("/usr") else [prefix]


def _secret_folders(sandbox: SandboxSpec) -> Iterator[Path]:
    """Yield the virtual environment, the code, and the data directory."""
    if sys.prefix != sys.base_prefix:
        yield Path(sys.prefix)
    yield Path(__file__).resolve().parents[2]
    yield sandbox.folder.parent.parent


def _bind(option: str, source: str, place: str) -> Iterator[str]:
    """Parent folders are created explicitly so that everybody can enter them; bwrap's own would be
    private.
    """
    for above in reversed(Path(place).parents[:-1]):
        yield from ("--dir", str(above))
    yield from (option, source, place)


def _bound(places: Sequence[str]) -> Iterator[str]:
    for place in places:
        if os.path.exists(place):
            yield from _bind("--ro-bind", os.path.realpath(place), place)


def _workspace(sandbox: SandboxSpec, command: Command) -> Iterator[str]:
    mount = mount_path(sandbox.session_id)
    yield from (*_bind("--bind", str(sandbox.folder), mount), "--remount-ro", "/")
    yield from ("--chdir", posixpath.join(mount, command.directory.strip("/")).rstrip("/"))


def made_up(user: SandboxUser | None) -> dict[str, str]:
    """Return the generated files of a jail's /etc."""
    number, group = (USER_ID, USER_ID) if user is None else (user.user, user.group)
    return {
        "/etc/passwd": f"{USER}:x:{number}:{group}::{HOME}:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n",
        "/etc/group": f"{USER}:x:{group}:\nnogroup:x:65534:\n",
        "/etc/hosts": "127.0.0.1 localhost sandbox\n::1 localhost\n",
        "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
    }


def _environment() -> Iterator[str]:
    path = ":".join(["/usr/local/bin", "/usr/bin", "/bin", *(str(prefix / "bin") for prefix in _python())])
    standing = {
        "PATH": path,
        "HOME": HOME,
        "USER": USER,
        "LOGNAME": USER,
        "LANG": "C.UTF-8",
        "TERM": "dumb",
    }
    yield "--clearenv"
    for name, content in standing.items():
        yield from ("--setenv", name, content)
