"""The keys that seal stored secrets: in an environment variable, or in a file of the data directory."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from roocode_server.engine.sealing.private_files import create_private, write_private
from roocode_server.engine.sealing.sealer import SEALING_KEY_BYTES, SealBroken, Sealer

SEALING_FILE: Final = "sealing.key"
_CHECKED: Final = "roocode check of sealing keys"
_OWNER: Final = "server"


class SealingKeyUnusable(OSError):
    """There is no key, or not the one that has sealed what is stored; the message says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealingKeys:
    """The keys, the present one first, and where they are: `file` is None for those of the environment."""

    keys: tuple[bytes, ...] = field(repr=False)
    place: str
    file: Path | None = None

    @property
    def are_being_rotated(self) -> bool:
        """Whether a former key is still kept beside the present one."""
        return len(self.keys) > 1

    def proof(self) -> str:
        """A text by which `are_proved` recognizes these keys later."""
        return Sealer(self.keys, _CHECKED).close("", _OWNER)

    def are_proved(self, proof: str) -> bool:
        """Whether one of these keys made the proof."""
        try:
            Sealer(self.keys, _CHECKED).open(proof, _OWNER)
        except SealBroken:
            return False
        return True

    def with_new(self) -> SealingKeys:
        """These keys behind a new one, as stored from now on."""
        return self._stored((secrets.token_bytes(SEALING_KEY_BYTES), *self.keys))

    def present_alone(self) -> SealingKeys:
        """The present key without the former ones, as stored from now on."""
        return self._stored(self.keys[:1])

    def _stored(self, keys: tuple[bytes, ...]) -> SealingKeys:
        assert self.file is not None  # noqa: S101 - the environment cannot be written
        write_private(self.file, _written(keys))
        return dataclasses.replace(self, keys=keys)


def find_sealing_keys(data_dir: Path, variable: str, environment: Mapping[str, str]) -> SealingKeys | None:
    """The keys of the variable with this name, or of the file if the name is empty; None without a file.

    Raises: SealingKeyUnusable, OSError.
    """
    if variable:
        place = f"the environment variable {variable}"
        keys = _read(environment.get(variable, "").replace(",", " "), place)
        return SealingKeys(keys=keys, place=place)
    file = data_dir / SEALING_FILE
    try:
        text = file.read_text("ascii")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        text = ""
    return SealingKeys(keys=_read(text, str(file)), place=str(file), file=file)


def make_sealing_keys(data_dir: Path) -> SealingKeys:
    """The key of the file, which is made now. Raises: FileExistsError, OSError."""
    file, keys = data_dir / SEALING_FILE, (secrets.token_bytes(SEALING_KEY_BYTES),)
    create_private(file, _written(keys))
    return SealingKeys(keys=keys, place=str(file), file=file)


def _read(text: str, place: str) -> tuple[bytes, ...]:
    try:
        keys = tuple(bytes.fromhex(word) for word in text.split())
    except ValueError:
        keys = ()
    if not keys or any(len(key) != SEALING_KEY_BYTES for key in keys):
        raise SealingKeyUnusable(
            f"{place} holds no sealing key: expected {2 * SEALING_KEY_BYTES} hexadecimal digits, "
            "as openssl rand -hex 32 makes them"
        )
    return keys


def _written(keys: tuple[bytes, ...]) -> str:
    return "".join(f"{key.hex()}\n" for key in keys)
