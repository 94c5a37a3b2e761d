"""Whether a container engine answers, with a stand-in that does and with none."""

from __future__ import annotations

from pathlib import Path

import pytest
from aiohttp import web

from roocode_server.engine.monitoring.docker import docker_answers


async def serve(site: object, status: int) -> web.AppRunner:
    async def ping(request: web.Request) -> web.Response:
        return web.Response(text="OK", status=status)

    app = web.Application()
    app.router.add_get("/_ping", ping)
    runner = web.AppRunner(app)
    await runner.setup()
    if isinstance(site, Path):
        await web.UnixSite(runner, str(site)).start()
    else:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner


@pytest.mark.parametrize(("status", "answers"), [(200, True), (500, False)])
async def test_an_engine_on_a_socket_is_asked(tmp_path: Path, status: int, answers: bool) -> None:
    runner = await serve(tmp_path / "docker.sock", status)
    assert await docker_answers(None, {"DOCKER_HOST": f"unix://{tmp_path / 'docker.sock'}"}) is answers
    await runner.cleanup()


async def test_an_engine_on_a_port_is_asked() -> None:
    runner = await serve(None, 200)
    port = runner.addresses[0][1]
    assert await docker_answers(None, {"DOCKER_HOST": f"tcp://127.0.0.1:{port}"})
    await runner.cleanup()


@pytest.mark.parametrize(
    "host", ["unix:///nowhere/docker.sock", "tcp://127.0.0.1:1", "ssh://nobody", "nonsense"]
)
async def test_where_none_is_nothing_answers(host: str) -> None:
    assert not await docker_answers(None, {"DOCKER_HOST": host})


async def test_the_configured_engine_is_the_one_that_counts(tmp_path: Path) -> None:
    runner = await serve(tmp_path / "docker.sock", 200)
    environment = {"DOCKER_HOST": "unix:///nowhere/docker.sock"}
    assert await docker_answers(f"unix://{tmp_path / 'docker.sock'}", environment)
    await runner.cleanup()
