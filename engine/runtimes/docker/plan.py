"""The configuration of a session's container: its permissions, mounts, limits and labels."""

from __future__ import annotations

import hashlib
import os
import resource
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from roocode_server.engine.runtimes.docker.scripts import IDLE, standing_environment
from roocode_server.engine.runtimes.jail import HOME, USER
from roocode_server.engine.runtimes.runtime import SandboxSpec
from roocode_server.engine.workspace.ownership import sandbox_user
from roocode_server.models.identifier import SessionId
from roocode_server.models.session import mount_path
from roocode_server.models.settings import DockerSettings

SERVER_LABEL: Final = "io.roocode.server"
SESSION_LABEL: Final = "io.roocode.session"
PLAN_LABEL: Final = "io.roocode.plan"

_OWN_PROCESSES: Final = 4
"""The container's first process, its child, the script around a command, and the script that kills one."""
_STANDING: Final = {"HOME": HOME, "USER": USER, "LOGNAME": USER, "LANG": "C.UTF-8", "TERM": "dumb"}
_MOST_FILES_OR_PROCESSES: Final = 16_384
"""The most open files of a process and processes of a user; the container's own limit is lower."""
_SHARES: Final = 256
"""A quarter of the default CPU weight, so that the server comes before commands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the containers of one server have in common."""

    settings: DockerSettings
    server_id: str
    data_dir: Path
    read_only_paths: Sequence[Path]

    @property
    def user(self) -> str:
        """The user who runs commands: this server's user, or an unprivileged one if the server runs as
        root.
        """
        other = sandbox_user()
        own = f"{os.getuid()}:{os.getgid()}" if other is None else f"{other}:{other}"
        return self.settings.user or own

    def name(self, session_id: SessionId) -> str:
        """Return the name of a session's container; names are unique, so that there are never two."""
        return f"roocode-{self.server_id}-{session_id}"

    def digest(self, sandbox: SandboxSpec) -> str:
        """Return a digest that is equal for sandboxes that the same container can serve."""
        return hashlib.sha256(orjson.dumps(self._configuration(sandbox))).hexdigest()[:16]

    def configuration(self, sandbox: SandboxSpec) -> dict[str, Any]:
        """Return the container's configuration. Source: Docker Engine API, ContainerCreate."""
        labels = {
            SERVER_LABEL: self.server_id,
            SESSION_LABEL: sandbox.session_id,
            PLAN_LABEL: self.digest(sandbox),
        }
        return {**self._configuration(sandbox), "Labels": labels}

    def _configuration(self, sandbox: SandboxSpec) -> dict[str, Any]:
        environment = {**_STANDING, **standing_environment()}
        return {
            "Image": self.settings.image,
            "Entrypoint": ["/bin/sh", "-c", IDLE],
            "Cmd": [],
            "User": self.user,
            "Env": [f"{name}={content}" for name, content in environment.items()],
            "WorkingDir": mount_path(sandbox.session_id),
            "Hostname": "sandbox",
            "HostConfig": {
                **self._surroundings(sandbox),
                **_limits(sandbox),
                "ReadonlyRootfs": True,
                "CapDrop": ["ALL"],
                "SecurityOpt": ["no-new-privileges"],
                "IpcMode": "private",
                "LogConfig": {"Type": "none"},
                **({"Runtime": self.settings.oci_runtime} if self.settings.oci_runtime else {}),
            },
        }

    def _surroundings(self, sandbox: SandboxSpec) -> Mapping[str, Any]:
        shown = [
            {"Type": "bind", "Source": str(path), "Target": str(path), "ReadOnly": True}
            for path in self.read_only_paths
        ]
        workspace = {
            "Type": "bind",
            "Source": str(self._as_the_engine_sees(sandbox.folder)),
            "Target": mount_path(sandbox.session_id),
        }
        half = sandbox.limits.max_memory_bytes // 2
        return {
            "NetworkMode": self.settings.network if sandbox.network else "none",
            "Mounts": [workspace, *shown],
            "Tmpfs": {"/tmp": f"rw,exec,nosuid,nodev,mode=1777,size={half}{self._owned()}"},  # noqa: S108 - its own
            "ShmSize": half,
        }

    def _owned(self) -> str:
        """Make the user own /tmp, because an engine may give it the mode of the image's folder."""
        user, _, group = self.user.partition(":")
        return f",uid={user},gid={group or user}" if user.isdigit() and (group or user).isdigit() else ""

    def _as_the_engine_sees(self, folder: Path) -> Path:
        if self.settings.data_dir is None:
            return folder
        return Path(self.settings.data_dir) / folder.relative_to(self.data_dir)


def _limits(sandbox: SandboxSpec) -> Mapping[str, Any]:
    limits = sandbox.limits
    memory, largest = limits.max_memory_bytes, limits.max_file_bytes
    return {
        "Memory": memory,
        "MemorySwap": memory,
        "NanoCpus": limits.max_cpu_percent * 10_000_000,
        "CpuShares": _SHARES,
        "PidsLimit": limits.max_processes + _OWN_PROCESSES,
        "Ulimits": [
            {"Name": "core", "Soft": 0, "Hard": 0},
            {"Name": "fsize", "Soft": largest, "Hard": largest},
            *_as_here(),
        ],
    }


def _as_here() -> list[dict[str, Any]]:
    """Not more than this server's own limits: the engine's defaults may exceed what its machine permits."""
    bounds = {"nofile": resource.RLIMIT_NOFILE, "nproc": resource.RLIMIT_NPROC}
    found = []
    for name, number in bounds.items():
        own = resource.getrlimit(number)[1]
        most = (
            _MOST_FILES_OR_PROCESSES if own == resource.RLIM_INFINITY else min(own, _MOST_FILES_OR_PROCESSES)
        )
        found.append({"Name": name, "Soft": most, "Hard": most})
    return found
