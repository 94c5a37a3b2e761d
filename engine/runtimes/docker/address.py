"""Where the container engine listens. Source: Docker CLI, `DOCKER_HOST`; podman-system-service(1)."""

from __future__ import annotations

import ssl
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import aiohttp

DEFAULT: Final = "unix:///var/run/docker.sock"


def engine_address(configured: str | None, environment: Mapping[str, str]) -> str:
    """The configured address, else that of `DOCKER_HOST`, else the first socket that this machine has.

    Docker's sockets come before Podman's; without any, the address is Docker's usual one.
    """
    given = configured or environment.get("DOCKER_HOST")
    if given:
        return given
    return next((f"unix://{path}" for path in _usual(environment) if _is_socket(path)), DEFAULT)


def connect(address: str, environment: Mapping[str, str]) -> tuple[aiohttp.BaseConnector, str]:
    """A way to the engine with as many connections at once as are wanted (each running command holds one),
    and the URL to ask for on it.

    Raises: ValueError, for an address of another kind; OSError, for certificates that cannot be read.
    """
    scheme, _, place = address.partition("://")
    if scheme == "unix":
        return aiohttp.UnixConnector(place, limit=0), "unix://localhost"
    if scheme in ("tcp", "http", "https"):
        certificates = _certificates(environment)
        is_safe = certificates is not None or scheme == "https"
        return aiohttp.TCPConnector(limit=0, ssl=certificates or True), f"http{'s' * is_safe}://{place}"
    raise ValueError(f"{address} is neither a socket (unix://…) nor an address (tcp://…)")


def _usual(environment: Mapping[str, str]) -> Iterator[Path]:
    runtime = environment.get("XDG_RUNTIME_DIR")
    folders = [Path("/run"), Path("/var/run"), *([Path(runtime)] if runtime else [])]
    for name in ("docker.sock", "podman/podman.sock"):
        for folder in folders:
            yield folder / name


def _is_socket(path: Path) -> bool:
    try:
        return stat.S_ISSOCK(path.stat().st_mode)
    except OSError:
        return False


def _certificates(environment: Mapping[str, str]) -> ssl.SSLContext | None:
    """What `DOCKER_TLS_VERIFY` and `DOCKER_CERT_PATH` ask for."""
    if not environment.get("DOCKER_TLS_VERIFY"):
        return None
    folder = Path(environment.get("DOCKER_CERT_PATH") or Path.home() / ".docker")
    context = ssl.create_default_context(cafile=str(folder / "ca.pem"))
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context
