"""The address of the container engine. Source: Docker CLI, `DOCKER_HOST`; podman-system-service(1)."""

from __future__ import annotations

import ssl
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import aiohttp

DEFAULT_ENGINE_ADDRESS: Final = "unix:///var/run/docker.sock"


def engine_address(configured: str | None, environment: Mapping[str, str]) -> str:
    """Return the configured address, or that of `DOCKER_HOST`, or the first socket found on this machine.

    Docker's sockets are preferred to Podman's; if there is none, Docker's usual address is returned.
    """
    given = configured or environment.get("DOCKER_HOST")
    if given:
        return given
    return next(
        (f"unix://{path}" for path in _usual(environment) if _is_socket(path)), DEFAULT_ENGINE_ADDRESS
    )


def connect(address: str, environment: Mapping[str, str]) -> tuple[aiohttp.BaseConnector, str]:
    """Return a connector to the engine, and the URL to use with it.

    The number of connections is not limited, because each running command holds one.
    Raises: ValueError, if the address is of another kind; OSError, if certificates cannot be read.
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
    """Return the TLS settings of `DOCKER_TLS_VERIFY` and `DOCKER_CERT_PATH`."""
    if not environment.get("DOCKER_TLS_VERIFY"):
        return None
    folder = Path(environment.get("DOCKER_CERT_PATH") or Path.home() / ".docker")
    context = ssl.create_default_context(cafile=str(folder / "ca.pem"))
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context
