from __future__ import annotations

import datetime
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from roocode_server.engine.accounts.signing_keys import (
    SecretDamaged,
    SigningKey,
    rotate_signing_key,
    signing_keys,
)
from roocode_server.engine.sealing.private_files import write_private

FORMER = b"00" * 32


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def signing_secret(path: Path) -> bytes:
    return signing_keys(path).keys[0].secret


def test_the_secret_is_made_once_and_stays(tmp_path: Path) -> None:
    first = signing_secret(tmp_path / "secret.key")
    assert len(first) == 32
    assert signing_secret(tmp_path / "secret.key") == first


def test_two_data_directories_have_two_secrets(tmp_path: Path) -> None:
    assert signing_secret(tmp_path / "one.key") != signing_secret(tmp_path / "two.key")


def test_nobody_else_may_read_the_secret(tmp_path: Path) -> None:
    signing_secret(tmp_path / "secret.key")
    assert mode_of(tmp_path / "secret.key") == 0o600


def test_those_who_start_at_the_same_time_have_the_same_secret(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        secrets = set(pool.map(lambda _: signing_secret(tmp_path / "secret.key"), range(16)))
    assert len(secrets) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["secret.key"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"00ff\n",
        b"not hexadecimal",
        b"\xff\xfe",
        FORMER + b" 2026-01-01T00:00:00Z\n",
        FORMER + b" soon\n",
    ],
)
def test_a_damaged_secret_is_not_replaced_silently(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "secret.key").write_bytes(content)
    with pytest.raises(SecretDamaged):
        signing_secret(tmp_path / "secret.key")
    assert (tmp_path / "secret.key").read_bytes() == content


def test_a_private_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "admin.json"
    path.write_text("something longer than what follows")
    path.chmod(0o644)
    write_private(path, "new")
    assert path.read_text() == "new"
    assert mode_of(path) == 0o600
    assert list(tmp_path.iterdir()) == [path]


class TestRotation:
    def test_the_former_key_counts_as_long_as_its_tokens(self, tmp_path: Path) -> None:
        path = tmp_path / "secret.key"
        before = signing_secret(path)
        rotate_signing_key(path, lifetime_s=60)
        present, former = signing_keys(path).keys
        assert present.until is None and present.secret != before
        assert former.secret == before and former.until is not None
        assert former.counts(former.until - datetime.timedelta(milliseconds=1))
        assert not former.counts(former.until)
        assert mode_of(path) == 0o600

    def test_keys_whose_tokens_have_all_expired_are_forgotten(self, tmp_path: Path) -> None:
        path = tmp_path / "secret.key"
        for _ in range(4):
            rotate_signing_key(path, lifetime_s=0)
        assert len(signing_keys(path).keys) == 2

    def test_the_issuer_stays_the_same_and_is_this_servers_own(self, tmp_path: Path) -> None:
        path = tmp_path / "secret.key"
        issuer_id = signing_keys(path).issuer_id
        for _ in range(2):
            rotate_signing_key(path, lifetime_s=60)
            assert signing_keys(path).issuer_id == issuer_id
        assert signing_keys(tmp_path / "other.key").issuer_id != issuer_id

    def test_each_key_has_a_name_that_does_not_reveal_it(self) -> None:
        one, other = SigningKey(bytes(32)), SigningKey(bytes(31) + b"1")
        assert one.id != other.id
        assert one.id not in one.secret.hex()
        assert one.secret.hex() not in repr(one)
