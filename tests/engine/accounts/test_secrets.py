from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from roocode_server.engine.accounts.secrets import SecretDamaged, signing_secret, write_private


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


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


@pytest.mark.parametrize("content", [b"", b"00ff\n", b"not hexadecimal", b"\xff\xfe"])
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
