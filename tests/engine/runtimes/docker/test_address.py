"""Where the container engine is looked for."""

from __future__ import annotations

import socket
import tempfile
from pathlib import Path

import pytest

from roocode_server.engine.runtimes.docker.address import DEFAULT_ENGINE_ADDRESS, connect, engine_address


def test_the_configured_address_comes_first() -> None:
    assert engine_address("tcp://engine:2376", {"DOCKER_HOST": "unix:///other"}) == "tcp://engine:2376"


def test_then_that_of_the_environment() -> None:
    assert engine_address(None, {"DOCKER_HOST": "unix:///other"}) == "unix:///other"


def test_then_a_socket_that_is_there() -> None:
    """Where this machine has an engine of its own, that one comes first."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listening:
        (Path(folder) / "podman").mkdir()
        listening.bind(f"{folder}/podman/podman.sock")
        found = Path(engine_address(None, {"XDG_RUNTIME_DIR": folder}).removeprefix("unix://"))
        assert found.is_socket()


def test_and_docker_has_a_usual_place(tmp_path: Path) -> None:
    found = engine_address(None, {"XDG_RUNTIME_DIR": str(tmp_path)})
    assert found == DEFAULT_ENGINE_ADDRESS or Path(found.removeprefix("unix://")).is_socket()


async def test_an_address_of_another_kind_is_an_error() -> None:
    with pytest.raises(ValueError, match="neither"):
        connect("carrier-pigeon://loft", {})


async def test_certificates_make_the_way_a_safe_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        connect("tcp://engine:2376", {"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(tmp_path)})
    connector, url = connect("tcp://engine:2375", {})
    await connector.close()
    assert url == "http://engine:2375"
