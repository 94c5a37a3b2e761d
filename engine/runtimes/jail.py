"""The arguments with which bubblewrap makes a jail. Source: bwrap(1)."""

from __future__ import annotations

import os
import posixpath
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engine.runtimes.runtime import Command, Sandbox, mount_path

USER: Final = "agent"
USER_ID: Final = 1000
HOME: Final = "/tmp/home"  # noqa: S108 - a folder of the jail, not of this machine

MADE_UP: Final = {
    "/etc/passwd": f"{USER}:x:{USER_ID}:{USER_ID}::{HOME}:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n",
    "/etc/group": f"{USER}:x:{USER_ID}:\nnogroup:x:65534:\n",
    "/etc/hosts": "127.0.0.1 localhost sandbox\n::1 localhost\n",
    "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
}

_MAY_BE_LINKS: Final = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_OF_ETC: Final = ("/etc/alternatives", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d")
_OF_ETC_FOR_NETWORK: Final = (
    "/etc/resolv.conf",
    "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf",
    "/etc/pki/tls/certs",
    "/etc/pki/ca-trust/extracted",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Jail:
    """What every jail of this server has; `options` are those that the installed bwrap knows."""

    read_only_paths: Sequence[Path]
    options: frozenset[str]

    def arguments(self, sandbox: Sandbox, command: Command, files: Mapping[str, int]) -> list[str]:
        """Options for one command; `files` are descriptors of the files to make, by their path."""
        return [
            *self._namespaces(sandbox),
            *self._system(),
            *[word for path, number in files.items() for word in ("--ro-bind-data", str(number), path)],
            *_bound(_OF_ETC + (_OF_ETC_FOR_NETWORK if sandbox.network else ())),
            *self._own_folders(sandbox),
            *[word for path in self._shown() for word in ("--ro-bind", str(path), str(path))],
            *self._hidden(sandbox),
            *_workspace(sandbox, command),
            *_environment(command),
        ]

    def _namespaces(self, sandbox: Sandbox) -> Iterator[str]:
        yield from ("--unshare-all", "--unshare-user", "--uid", str(USER_ID), "--gid", str(USER_ID))
        if sandbox.network:
            yield "--share-net"
        if "--disable-userns" in self.options:
            yield "--disable-userns"
        yield from ("--die-with-parent", "--new-session", "--cap-drop", "ALL", "--hostname", "sandbox")

    def _system(self) -> Iterator[str]:
        yield from ("--ro-bind", "/usr", "/usr")
        for place in _MAY_BE_LINKS:
            if os.path.islink(place):
                yield from ("--symlink", os.readlink(place), place)
            elif os.path.isdir(place):
                yield from ("--ro-bind", place, place)
        yield from ("--proc", "/proc", "--dev", "/dev")

    def _own_folders(self, sandbox: Sandbox) -> Iterator[str]:
        size = sandbox.limits.max_memory_mb * 2**20 // 2
        for place in ("/dev/shm", "/tmp"):  # noqa: S108 - folders of the jail
            if "--size" in self.options:
                yield from ("--size", str(size))
            yield from ("--tmpfs", place)
        yield from ("--dir", HOME, "--dir", "/var", "--symlink", "/tmp", "/var/tmp")  # noqa: S108
        yield from ("--remount-ro", "/dev")

    def _shown(self) -> list[Path]:
        return [*_python(), *self.read_only_paths]

    def _hidden(self, sandbox: Sandbox) -> Iterator[str]:
        """Empty folders in the place of this server's own, where they lie within what is shown."""
        for secret in _secret_folders(sandbox):
            if any(secret.is_relative_to(path) for path in (Path("/usr"), *self._shown())):
                yield from ("--tmpfs", str(secret), "--remount-ro", str(secret))


def _python() -> list[Path]:
    """Where this server's Python is installed, unless that is a folder that holds more than Python."""
    prefix = Path(sys.base_prefix)
    holds_more = any(other.is_relative_to(prefix) for other in (Path.home(), Path.cwd(), Path("/usr")))
    return [] if holds_more or prefix.is_relative_to("/usr") else [prefix]


def _secret_folders(sandbox: Sandbox) -> Iterator[Path]:
    """The virtual environment, the code, and the data directory."""
    if sys.prefix != sys.base_prefix:
        yield Path(sys.prefix)
    code = Path(__file__).parents[2]
    if code.name not in ("site-packages", "dist-packages"):
        yield code
    yield sandbox.folder.parent.parent


def _bound(places: Sequence[str]) -> Iterator[str]:
    for place in places:
        if os.path.exists(place):
            yield from ("--ro-bind", os.path.realpath(place), place)


def _workspace(sandbox: Sandbox, command: Command) -> Iterator[str]:
    mount = mount_path(sandbox.session_id)
    yield from ("--bind", str(sandbox.folder), mount, "--remount-ro", "/")
    yield from ("--chdir", posixpath.join(mount, command.directory.strip("/")).rstrip("/"))


def _environment(command: Command) -> Iterator[str]:
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
    for name, content in {**standing, **command.environment}.items():
        yield from ("--setenv", name, content)
