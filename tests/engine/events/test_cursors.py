"""Where a client resumes whose last event may not be in this log, because it was restored or truncated."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import orjson
import pytest

from roocode_server.engine.events.log import ReadPosition
from roocode_server.models import event as events
from roocode_server.models.identifier import EventId
from roocode_server.models.task import TaskProgress
from tests.support.storage import OTHER, SESSION, Storage, open_storage

EVENT = TaskProgress(progress=1, step="A step")


def id_of(stored: Any) -> EventId:
    return EventId(orjson.loads(stored.body)["id"])


async def test_a_reader_goes_on_behind_the_last_event_that_it_was_given(storage: Storage) -> None:
    told = [await storage.log.append(SESSION, EVENT) for _ in range(3)]
    assert await storage.log.place(SESSION, 2, None) == ReadPosition(2)
    assert await storage.log.place(SESSION, None, id_of(told[1])) == ReadPosition(2)
    assert await storage.log.place(SESSION, 1, id_of(told[1])) == ReadPosition(2)
    assert await storage.log.place(SESSION, 0, None) == ReadPosition(0)
    assert await storage.log.place(SESSION, None, None) == ReadPosition(None)


@pytest.mark.parametrize(
    ("last_seq", "last_id"),
    [
        (4, None),
        (10**15, None),
        (None, f"{SESSION}.4.abcdef01"),
        (None, f"{SESSION}.3.abcdef01"),
        (None, f"{SESSION}.3"),
        (None, f"{OTHER}.3.{events.EPOCH}"),
        (None, f"{SESSION}.0.{events.EPOCH}"),
        (None, "no id at all"),
        (None, f"{SESSION}.{'9' * 100}.x"),
    ],
    ids=range(9),
)
async def test_a_cursor_that_cannot_be_of_this_log_begins_anew(
    storage: Storage, last_seq: int | None, last_id: EventId | None
) -> None:
    for _ in range(3):
        await storage.log.append(SESSION, EVENT)
    assert await storage.log.place(SESSION, last_seq, last_id) == ReadPosition(0, is_reset=True)


async def test_a_log_restored_from_a_backup_knows_the_cursors_of_what_it_has_forgotten(
    storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = await storage.log.append(SESSION, EVENT)
    await storage.database.close()
    backup = tmp_path / "backup"
    backup.mkdir()
    shutil.copy(tmp_path / "test.sqlite3", backup)

    first = await open_storage(tmp_path)
    forgotten = await first.log.append(SESSION, EVENT)
    await first.database.close()

    monkeypatch.setattr(events, "EPOCH", "another0")  # the restored server is another process
    restored = await open_storage(backup)
    again = await restored.log.append(SESSION, EVENT)
    assert again.seq == forgotten.seq and id_of(again) != id_of(forgotten)
    assert await restored.log.place(SESSION, None, id_of(kept)) == ReadPosition(1)
    assert (await restored.log.place(SESSION, None, id_of(forgotten))).is_reset
    await restored.database.close()
