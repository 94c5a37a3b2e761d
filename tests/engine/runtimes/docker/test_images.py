"""Images that must be fetched first."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from roocode_server.engine.runtimes.runtime import Command, RuntimeUnavailable, SandboxSpec
from roocode_server.models.identifier import SessionId
from roocode_server.models.session import ImageProgress, ResourceLimits
from tests.engine.runtimes.conftest import containers_of
from tests.support.containers import TestEngine
from tests.support.registry import registry


def sandbox_in(data_dir: Path, name: str) -> SandboxSpec:
    folder = data_dir / "workspaces" / name
    folder.mkdir(parents=True)
    return SandboxSpec(
        session_id=SessionId(name),
        folder=folder,
        limits=ResourceLimits(max_memory_mb=128, max_processes=64),
        network=False,
    )


async def test_a_missing_image_is_fetched_once_and_all_who_wait_see_how_far_it_is(
    container_engine: TestEngine, tmp_path: Path
) -> None:
    told: list[tuple[SessionId, ImageProgress]] = []
    data_dir = tmp_path / "data"
    sandboxes = [sandbox_in(data_dir, name) for name in ("session-1", "session-2")]
    async with (
        registry() as image,
        containers_of(
            container_engine,
            data_dir,
            image=image,
            pull="missing",
            tell=lambda session_id, progress: told.append((session_id, progress)),
        ) as runtime,
    ):
        assert not await runtime.has_image()
        done = await asyncio.gather(
            *(runtime.run(sandbox, Command(line="echo fetched")) for sandbox in sandboxes)
        )
        assert [each.output for each in done] == ["fetched\n"] * 2
        assert await runtime.has_image()
    for sandbox in sandboxes:
        statuses = [progress.status for session_id, progress in told if session_id == sandbox.session_id]
        assert "Pull complete" in statuses
    assert {progress.image for _, progress in told} == {image}
    assert any(progress.layer and progress.total for _, progress in told)
    container_engine.ask("DELETE", f"/images/{image}")


async def test_one_that_cannot_be_fetched_says_why(container_engine: TestEngine, tmp_path: Path) -> None:
    async with registry() as image:
        nothing = image.replace(":latest", ":unheard-of")
        async with containers_of(
            container_engine, tmp_path / "data", image=nothing, pull="missing"
        ) as runtime:
            with pytest.raises(RuntimeUnavailable, match=r"cannot be fetched: .* no unheard-of here"):
                await runtime.run(sandbox_in(tmp_path / "data", "session-1"), Command(line="true"))
