"""Events of all sessions have one order, and a cursor in it either holds or is recognized as another's."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from roocode_server.engine.events import timeline as timelines
from roocode_server.engine.events.timeline import TimelinePlace
from roocode_server.engine.storage.tables import tombstones
from roocode_server.models.identifier import SessionId
from roocode_server.models.session import SessionDeletedEvent, SessionScope
from roocode_server.models.task import TaskProgress
from tests.support.storage import OTHER, SESSION, USER, Storage, open_storage


async def happen(storage: Storage, *named: SessionId) -> int:
    for session_id in named:
        stored = await storage.log.append(session_id, TaskProgress(progress=1, step="x"))
    return stored.position


async def test_positions_ascend_over_all_sessions_and_go_on_after_a_restart(
    storage: Storage, tmp_path: Path
) -> None:
    assert await happen(storage, SESSION, OTHER, SESSION) == 3
    await storage.database.close()
    again = await open_storage(tmp_path)
    assert await happen(again, OTHER) == 4
    page = await again.log.timeline.read(USER, SessionScope.ALL, after=1, limit=2)
    assert [(each.session_id, each.seq, each.position) for each in page.events] == [
        (OTHER, 1, 2),
        (SESSION, 2, 3),
    ]
    assert (page.reached, page.head) == (3, 4)
    await again.database.close()


async def test_positions_are_not_given_again_when_their_session_is_deleted(
    storage: Storage, tmp_path: Path
) -> None:
    await happen(storage, OTHER, SESSION, SESSION)
    cursor = storage.log.timeline.cursor(3)
    async with storage.database.transaction() as unit:
        await storage.log.retire(unit, SESSION)
    await storage.database.close()
    again = await open_storage(tmp_path)
    assert await again.log.timeline.place(cursor) == TimelinePlace(3)
    assert await happen(again, OTHER) == 4
    await again.database.close()


async def test_a_cursor_of_a_log_that_lost_its_end_is_recognized(
    storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await happen(storage, SESSION)
    kept = storage.log.timeline.cursor(1)
    await storage.database.close()
    backup = shutil.copy(tmp_path / "test.sqlite3", tmp_path / "backup")
    monkeypatch.setattr(timelines, "EPOCH", "11111111")
    lost = await open_storage(tmp_path)
    await happen(lost, SESSION, SESSION)
    cursor = lost.log.timeline.cursor(3)
    await lost.database.close()
    for file in tmp_path.glob("test.sqlite3*"):
        file.unlink()
    shutil.copy(backup, tmp_path / "test.sqlite3")
    monkeypatch.setattr(timelines, "EPOCH", "22222222")
    restored = await open_storage(tmp_path)
    timeline = restored.log.timeline
    assert await timeline.place(cursor) == TimelinePlace(0, is_reset=True)
    await happen(restored, OTHER, OTHER, OTHER)
    assert await timeline.place(cursor) == TimelinePlace(0, is_reset=True)
    assert await timeline.place(kept) == TimelinePlace(1)
    await restored.database.close()


@given(
    cursor=st.one_of(
        st.text(max_size=64),
        st.integers().map(str),
        st.tuples(st.integers(-2, 10**30), st.text("0123456789abcdef.", max_size=9)).map(
            lambda parts: f"{parts[0]}.{parts[1]}"
        ),
        st.sampled_from(["", ".", "٣.x", "1e3.0", "1.", "2.0", "9007199254740993.00000000"]),
    )
)
async def test_a_forged_cursor_is_none(cursor: str) -> None:
    timeline = timelines.Timeline(None)  # type: ignore[arg-type]
    timeline._learn(timelines._Known([1], ["abcdabcd"], 2, 0))
    place = await timeline.place(cursor)
    is_start = cursor.partition(".")[0] == "0"
    is_real = cursor in {"1.abcdabcd", "2.abcdabcd", "01.abcdabcd"}
    assert place.is_reset or is_start or is_real
    assert place.after == 0 or is_real


async def test_a_failed_commit_leaves_no_position_behind(storage: Storage) -> None:
    await happen(storage, SESSION)

    async def broken(*_: object) -> None:
        raise OSError("no room")

    bury, storage.log.timeline._bury = storage.log.timeline._bury, broken  # type: ignore[method-assign]
    with pytest.raises(OSError, match="no room"):
        await storage.log.append(SESSION, SessionDeletedEvent())
    storage.log.timeline._bury = bury  # type: ignore[method-assign]
    assert await storage.log.timeline.head() == 1
    assert await happen(storage, SESSION) == 2


async def test_a_tombstone_is_kept_for_a_while_and_older_cursors_are_too_old(storage: Storage) -> None:
    await happen(storage, OTHER)
    old = storage.log.timeline.cursor(1)
    await storage.log.append(SESSION, SessionDeletedEvent())
    assert (await storage.log.timeline.place(old)).is_reset is False
    async with storage.database.transaction() as unit:
        await unit.write(update(tombstones).values(time_ms=1))
    await storage.log.append(OTHER, SessionDeletedEvent())
    async with storage.database.read() as connection:
        counted = select(func.count()).select_from(tombstones)
        assert (await connection.execute(counted)).scalar_one() == 1
    assert (await storage.log.timeline.place(old)).is_reset is True
    assert (await storage.log.timeline.place(storage.log.timeline.cursor(2))).is_reset is False


async def test_reading_goes_on_past_any_number_of_others_events(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timelines, "POSITIONS_PER_READ", 2)
    await happen(storage, *[SESSION] * 5)
    page = await storage.log.timeline.read(USER, SessionScope.SHARED, after=0, limit=10)
    assert (page.events, page.reached, page.head) == ([], 2, 5)
    page = await storage.log.timeline.read(USER, SessionScope.MINE, after=4, limit=10)
    assert ([each.seq for each in page.events], page.reached) == ([5], 5)
