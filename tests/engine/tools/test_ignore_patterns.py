"""Patterns mean what they mean to git, and none of them takes long."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from roocode_server.engine.tools.ignore_patterns import Patterns
from tests.support.nightly import times

PARTS = [
    "a",
    "b",
    "ab",
    "*",
    "**",
    "a*",
    "*b",
    "a?",
    "[ab]",
    "[!a]",
    "a*b*",
    "\\a",
    "[b-a]",
    "",
    "a ",
    "a\\ ",
]
NAMES = ["a", "b", "ab", "aab", "abb", "a ", "[a", "*"]

patterns = st.builds(
    lambda negated, parts: negated + "/".join(parts),
    st.sampled_from(["", "", "", "!"]),
    st.lists(st.sampled_from(PARTS), min_size=1, max_size=4),
)
paths = st.lists(st.sampled_from(NAMES), min_size=1, max_size=4).map("/".join)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("repository")
    subprocess.run(["git", "init", "-q", folder], check=True)
    return folder


def ignored_by_git(repository: Path, lines: list[str], path: str, *, is_folder: bool) -> bool:
    (repository / ".gitignore").write_text("".join(f"{line}\n" for line in lines))
    place = repository / path
    (place if is_folder else place.parent).mkdir(parents=True, exist_ok=True)
    if not is_folder:
        place.touch()
    checked = subprocess.run(
        ["git", "check-ignore", "--no-index", "-q", "--stdin", "-z"],
        input=f"{path}\0".encode(),
        cwd=repository,
    )
    shutil.rmtree(repository / path.split("/")[0]) if "/" in path or is_folder else place.unlink()
    assert checked.returncode in (0, 1)
    return checked.returncode == 0


@settings(
    max_examples=times(60, nightly=300),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(lines=st.lists(patterns, min_size=1, max_size=3), path=paths, is_folder=st.booleans())
def test_what_is_ignored_is_what_git_ignores(
    repository: Path, lines: list[str], path: str, is_folder: bool
) -> None:
    expected = ignored_by_git(repository, lines, path, is_folder=is_folder)
    assert Patterns(lines).ignores(path, is_folder=is_folder) is expected


@pytest.mark.parametrize(
    "pattern", ["[a", "a\\", "", "#a", "/", "//", "!", "[[:alpha:]]", " " * 3, "*" * 9999]
)
def test_what_is_no_pattern_ignores_nothing(pattern: str) -> None:
    assert not Patterns([pattern]).ignores("a/a", is_folder=False)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("*a" * 30 + "*b", "a" * 250),
        ("*?" * 30 + "b", "a" * 250),
        ("*[ab]" * 30 + "c", "a" * 250),
        ("**/a/" * 30 + "b", "a/" * 2000 + "a"),
        ("/**/*a*a/" * 10 + "b", ("a" * 20 + "/") * 190 + "a"),
    ],
)
def test_no_pattern_runs_away(pattern: str, path: str) -> None:
    began = time.process_time()
    assert not Patterns([pattern]).ignores(path, is_folder=False)
    assert time.process_time() - began < 5
