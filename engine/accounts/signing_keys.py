"""The keys that sign access tokens: one signs, and those before it count until their last token has expired.

Source: RFC 7515, 4.1.4 (`kid`).
"""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from roocode_server.engine.sealing.private_files import create_private, write_private
from roocode_server.models.clock import format_time, now, parse_time
from roocode_server.models.lines import lines_of

SECRET_BYTES: Final = 32
_ID_CHARACTERS: Final = 16
_ISSUER: Final = b"roocode-server"
_NAMED: Final = "named "
"""Begins the last line of a file whose key was replaced."""


class SecretDamaged(OSError):
    """The file does not hold signing keys. With a new one, every user has to log in again."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key, and until when it counts; None for the one that signs."""

    secret: bytes = field(repr=False)
    until: datetime.datetime | None = None

    @property
    def id(self) -> str:
        """What the tokens that it signs name it by."""
        return hashlib.sha256(self.secret).hexdigest()[:_ID_CHARACTERS]

    def counts(self, moment: datetime.datetime) -> bool:
        """Whether tokens that it has signed are good."""
        return self.until is None or moment < self.until


@dataclass(frozen=True, slots=True)
class SigningKeys:
    """The keys, the one that signs first.

    `issuer_id` is eight characters that tell this server's tokens from those of others on the same host; it
    stays as it is when keys are replaced.
    """

    keys: tuple[SigningKey, ...]
    issuer_id: str


def signing_keys(path: Path) -> SigningKeys:
    """The keys of the file; the first call makes one of 256 random bits.

    If several processes start at once, one of them creates it and all use it. Raises: SecretDamaged, OSError.
    """
    if not path.exists():
        with contextlib.suppress(FileExistsError):
            create_private(path, secrets.token_hex(SECRET_BYTES) + "\n")
    issuer_id = ""
    try:
        lines = lines_of(path.read_text("ascii"))
        if lines and lines[-1].startswith(_NAMED):
            issuer_id = lines.pop().removeprefix(_NAMED)
        keys = tuple(_read(line) for line in lines)
    except (ValueError, OverflowError):
        keys = ()
    if not keys or keys[0].until is not None or any(len(key.secret) != SECRET_BYTES for key in keys):
        raise SecretDamaged(
            f"{path} contains no secret; restore it, or delete it, after which everybody has to log in again"
        )
    return SigningKeys(keys, issuer_id or hmac.digest(keys[0].secret, _ISSUER, "sha256")[:4].hex())


def rotate_signing_key(path: Path, *, lifetime_s: int) -> None:
    """Have a new key sign from now on; the one that did counts as long as its last token.

    `lifetime_s` is the lifetime of its tokens in seconds. Raises: SecretDamaged, OSError.
    """
    before = signing_keys(path)
    present, *former = before.keys
    moment = now()
    replaced = SigningKey(present.secret, moment + datetime.timedelta(seconds=lifetime_s))
    kept = [key for key in former if key.counts(moment)]
    following = (SigningKey(secrets.token_bytes(SECRET_BYTES)), replaced, *kept)
    write_private(path, _written(SigningKeys(following, before.issuer_id)))


def _read(line: str) -> SigningKey:
    """Raises: ValueError, OverflowError."""
    secret, _, until = line.partition(" ")
    return SigningKey(bytes.fromhex(secret), parse_time(until) if until else None)


def _written(signing: SigningKeys) -> str:
    secrets_until = [(key.secret.hex(), key.until) for key in signing.keys]
    lines = [f"{secret} {format_time(until)}" if until else secret for secret, until in secrets_until]
    return "".join(f"{line}\n" for line in (*lines, f"{_NAMED}{signing.issuer_id}"))
