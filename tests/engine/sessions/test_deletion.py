"""A deleted session disappears completely, wherever the server is killed meanwhile."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from roocode_server.engine.engine import Engine, open_engine
from roocode_server.models.file import FileWrite
from roocode_server.models.identifier import SessionId
from roocode_server.models.session import SessionCreate, SessionExpired
from roocode_server.models.settings import Settings
from roocode_server.models.user import Caller
from roocode_server.models.webhook import WebhookCreate
from tests.support.receiver import receiving


class Killed(BaseException):
    """Nothing of the deletion is done after this."""


async def started(data_dir: Path) -> Engine:
    return await open_engine(
        Settings.load_plain(
            {
                "server": {"data_dir": str(data_dir)},
                "runtime": {"kind": "local"},
                "webhooks": {"allow_private_addresses": True},
            }
        )
    )


async def session_with_everything(engine: Engine) -> SessionId:
    caller = Caller.of(await engine.accounts.open_identity(), request_id="test", base_url="http://test")
    session = await engine.sessions.create(caller, SessionCreate.load({}))
    await engine.files.create(FileWrite(session_id=session.id, path="a", content="a secret"))
    assert await engine.history.save(session.id, "kept") is not None
    return session.id


def left(data_dir: Path, session_id: SessionId) -> list[str]:
    """Return what exists of a session on disk."""
    return [str(path.relative_to(data_dir)) for path in data_dir.rglob(f"*{session_id}*")]


def at_hook(number: int) -> Callable[[Engine, pytest.MonkeyPatch], None]:
    def arrange(engine: Engine, patch: pytest.MonkeyPatch) -> None:
        ends = engine.sessions._before_deletion
        patch.setattr(engine.sessions, "_before_deletion", [*ends[:number], killed])

    return arrange


def before_the_workspace(engine: Engine, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(engine.runtime, "close", killed)


def before_the_rows(engine: Engine, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(engine.log, "retire", killed)


async def killed(*_: object) -> None:
    raise Killed


@pytest.mark.parametrize("is_told", [False, True], ids=["untold", "told"])
async def test_a_deletion_that_was_cut_short_is_told_to_a_webhook_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_told: bool
) -> None:
    engine = await started(tmp_path)
    session_id = await session_with_everything(engine)
    async with receiving() as receiver:
        caller = Caller.of(await engine.accounts.open_identity(), request_id="test", base_url="http://test")
        wanted = WebhookCreate(url=receiver.url, events=["session.deleted"])
        await engine.webhooks.create(caller.user_id, wanted)
        with monkeypatch.context() as patch:
            (before_the_rows if is_told else before_the_workspace)(engine, patch)
            with pytest.raises(Killed):
                await engine.sessions.delete(session_id)
        if is_told:
            await receiver.has_taken(1)
        await engine.close()
        again = await started(tmp_path)
        [request] = await receiver.has_taken(1)
        assert request.payload["data"]["sessionId"] == session_id
        await again.close()
        assert len({each.headers["webhook-id"] for each in receiver.received}) == 1


@pytest.mark.parametrize(
    "arrange",
    [*(pytest.param(at_hook(n), id=f"step {n}") for n in range(9)), before_the_workspace, before_the_rows],
)
async def test_a_deletion_that_was_cut_short_is_ended_by_the_next_start(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arrange: Callable[[Engine, pytest.MonkeyPatch], None],
) -> None:
    engine = await started(tmp_path)
    session_id = await session_with_everything(engine)
    with monkeypatch.context() as patch:
        arrange(engine, patch)
        with pytest.raises(Killed):
            await engine.sessions.delete(session_id)
    await engine.close()
    again = await started(tmp_path)
    try:
        assert left(tmp_path, session_id) == []
        assert not await again.sessions.exists(session_id)
    finally:
        await again.close()


async def test_checkpoints_that_an_earlier_server_has_left_go_with_the_next_start(tmp_path: Path) -> None:
    engine = await started(tmp_path)
    kept = await session_with_everything(engine)
    await engine.close()
    os.makedirs(tmp_path / "checkpoints/session-of-old/refs")
    again = await started(tmp_path)
    await again.close()
    assert os.listdir(tmp_path / "checkpoints") == [kept]


async def test_an_import_that_was_cut_short_is_undone_before_anybody_sees_it(tmp_path: Path) -> None:
    engine = await started(tmp_path)
    session_id = await session_with_everything(engine)
    folder = engine.sessions.workspace(session_id).folder
    await engine.close()
    stage = folder.parent / ".staging/one"
    for name in ("content", "old"):
        (stage / name).mkdir(parents=True)
    (folder / "a").rename(stage / "old/a")
    (folder / "b").write_text("new")
    (stage / "content/c").write_text("new")
    (stage / "exchange.json").write_text(f'{{"workspace": "{session_id}", "coming": ["b", "c"]}}')
    again = await started(tmp_path)
    await again.close()
    assert os.listdir(folder) == ["a"]
    assert os.listdir(stage.parent) == []


async def test_nobody_else_reads_the_database_in_a_folder_that_everybody_may_enter(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "roocode.sqlite3").touch(mode=0o644)
    engine = await started(tmp_path)
    try:
        await session_with_everything(engine)
        modes = {file.name: file.stat().st_mode & 0o077 for file in tmp_path.glob("roocode.sqlite3*")}
        assert len(modes) == 3 and set(modes.values()) == {0}
    finally:
        await engine.close()


async def with_a_long_log(engine: Engine, length: int) -> SessionId:
    caller = Caller.of(await engine.accounts.open_identity(), request_id="test", base_url="http://test")
    session = await engine.sessions.create(caller, SessionCreate.load({}))
    async with engine.database.transaction() as unit:
        for _ in range(length - 1):
            unit.append(session.id, SessionExpired())
    return session.id


async def test_a_long_log_is_deleted_piece_by_piece_and_its_end_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("roocode_server.engine.events.log.EVENTS_PER_DELETION", 10)
    engine = await started(tmp_path)
    session_id = await with_a_long_log(engine, 57)
    with monkeypatch.context() as patch:
        patch.setattr(engine.log, "retire", killed)
        with pytest.raises(Killed):
            await engine.sessions.delete(session_id)
    remaining = [each.seq for each in await engine.log.read(session_id, after=0, limit=100)]
    assert remaining[-1] == 58 and remaining[:-1] == list(range(1, len(remaining)))
    assert len(remaining) <= 10
    await engine.close()
    again = await started(tmp_path)
    try:
        assert await again.log.read(session_id, after=0, limit=100) == []
        assert await again.log.head(session_id) == 0
    finally:
        await again.close()


async def test_a_webhook_gets_the_events_of_a_long_log_that_was_deleted_in_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("roocode_server.engine.events.log.EVENTS_PER_DELETION", 10)
    engine = await started(tmp_path)
    try:
        caller = Caller.of(await engine.accounts.open_identity(), request_id="test", base_url="http://test")
        async with receiving() as receiver:
            wanted = WebhookCreate(url=receiver.url, events=["session.expired", "session.deleted"])
            await engine.webhooks.create(caller.user_id, wanted)
            session_id = await with_a_long_log(engine, 57)
            await engine.sessions.delete(session_id)
            requests = await receiver.has_taken(57)
        assert sorted(each.payload["data"]["seq"] for each in requests) == [*range(2, 59)]
    finally:
        await engine.close()
