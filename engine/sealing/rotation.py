"""Replacing the sealing key. Wherever it is interrupted, all stays readable, and it can be repeated."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from roocode_server.engine.sealing.keys import find_sealing_keys, make_sealing_keys
from roocode_server.engine.sealing.opening import open_sealing_keys, store_proof
from roocode_server.engine.sealing.resealing import Resealing, reseal
from roocode_server.engine.storage.database import Database


async def rotate_sealing_key(
    database: Database, data_dir: Path, variable: str, environment: Mapping[str, str]
) -> Resealing:
    """Seal everything by a new key, and forget the former ones.

    The new key is stored first, then each row is sealed anew, and only then are the former keys removed. A
    file with several keys is left from a rotation that was interrupted, and that is ended now. Keys of the
    environment are replaced by whoever sets it: the first of them is the new one.

    Raises: SealingKeyUnusable, OSError.
    """
    keys = await open_sealing_keys(database, data_dir, variable, environment)
    if keys.file is not None and not keys.are_being_rotated:
        keys = keys.with_new()
    done = await reseal(database, keys)
    await store_proof(database, keys)
    if keys.file is not None:
        keys.present_alone()
    return done


async def give_up_sealed(
    database: Database, data_dir: Path, variable: str, environment: Mapping[str, str]
) -> None:
    """Have the keys that are there count from now on, or a new one, whatever has sealed what is stored.

    What they do not open is lost. Raises: SealingKeyUnusable, OSError.
    """
    keys = find_sealing_keys(data_dir, variable, environment) or make_sealing_keys(data_dir)
    await store_proof(database, keys)
