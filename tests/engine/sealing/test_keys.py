"""Where the keys come from that seal secrets, and how they are recognized."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from sqlalchemy import select

from roocode_server.engine.sealing.keys import (
    SEALING_FILE,
    SealingKeyUnusable,
    find_sealing_keys,
    make_sealing_keys,
)
from roocode_server.engine.sealing.opening import open_sealing_keys
from roocode_server.engine.sealing.rotation import give_up_sealed
from roocode_server.engine.storage.tables import server_state
from tests.support.storage import Storage, open_storage

ONE, TWO = "11" * 32, "22" * 32


def test_a_data_directory_has_no_key_until_one_is_made(tmp_path: Path) -> None:
    assert find_sealing_keys(tmp_path, "", {}) is None
    made = make_sealing_keys(tmp_path)
    assert find_sealing_keys(tmp_path, "", {}) == made
    assert stat.S_IMODE((tmp_path / SEALING_FILE).stat().st_mode) == 0o600
    assert made.keys[0].hex() not in repr(made)


def test_a_key_of_the_environment_counts_in_place_of_the_file(tmp_path: Path) -> None:
    make_sealing_keys(tmp_path)
    found = find_sealing_keys(tmp_path, "SEAL", {"SEAL": f"{TWO},{ONE}"})
    assert found is not None
    assert [key.hex() for key in found.keys] == [TWO, ONE]


@pytest.mark.parametrize("text", ["", ",", "no key", ONE[:-2], f"{ONE},{TWO[:-2]}"])
def test_what_is_no_key_is_refused_by_name(tmp_path: Path, text: str) -> None:
    with pytest.raises(SealingKeyUnusable, match="variable SEAL holds no sealing key"):
        find_sealing_keys(tmp_path, "SEAL", {"SEAL": text})
    (tmp_path / SEALING_FILE).write_text(text.replace(",", "\n"))
    with pytest.raises(SealingKeyUnusable, match=r"sealing\.key holds no sealing key"):
        find_sealing_keys(tmp_path, "", {})


async def test_the_keys_of_a_database_are_recognized(tmp_path: Path) -> None:
    storage = await open_storage(tmp_path)
    made = await open_sealing_keys(storage.database, tmp_path, "", {})
    assert await open_sealing_keys(storage.database, tmp_path, "", {}) == made
    moved = await open_sealing_keys(storage.database, tmp_path, "SEAL", {"SEAL": made.keys[0].hex()})
    assert moved.keys == made.keys
    await storage.database.close()


@pytest.mark.parametrize("left", [None, ONE])
async def test_a_missing_or_another_key_is_told_of_and_nothing_is_made(
    tmp_path: Path, left: str | None
) -> None:
    storage = await open_storage(tmp_path)
    await open_sealing_keys(storage.database, tmp_path, "", {})
    (tmp_path / SEALING_FILE).unlink()
    if left is not None:
        (tmp_path / SEALING_FILE).write_text(left)
    before = await proof(storage)
    with pytest.raises(SealingKeyUnusable, match="rotate --give-up"):
        await open_sealing_keys(storage.database, tmp_path, "", {})
    assert (tmp_path / SEALING_FILE).exists() == (left is not None)
    assert await proof(storage) == before
    await give_up_sealed(storage.database, tmp_path, "", {})
    await open_sealing_keys(storage.database, tmp_path, "", {})
    await storage.database.close()


async def test_a_first_start_that_died_behind_its_key_is_gone_on_with(tmp_path: Path) -> None:
    made = make_sealing_keys(tmp_path)
    storage = await open_storage(tmp_path)
    assert await open_sealing_keys(storage.database, tmp_path, "", {}) == made
    await storage.database.close()


async def proof(storage: Storage) -> object:
    async with storage.database.read() as connection:
        statement = select(server_state.c.value).where(server_state.c.name == "sealing")
        return (await connection.execute(statement)).scalar_one()
