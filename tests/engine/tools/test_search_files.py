"""`search_files`, by the real ripgrep in the real sandbox."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path
from typing import Literal

import pytest

from roocode_server.engine.tools.search_files import SHOWN_MATCHES
from roocode_server.models.error import InvalidField
from tests.engine.tools.conftest import Context


async def found(context: Context, regex: str, path: str = ".", file_pattern: str | None = None) -> str:
    result = await context.call("search_files", path=path, regex=regex, file_pattern=file_pattern)
    assert result.success
    return result.output


async def test_a_match_is_shown_with_a_line_on_either_side(context: Context) -> None:
    context.write("src/a.py", "one\ntwo\nthree\nfour\nfive\n")
    assert await found(context, "thr[e]+") == (
        "1 matching lines in 1 files:\nsrc/a.py\n2-two\n3:three\n4-four"
    )


async def test_matches_in_several_files_come_in_the_order_of_their_paths(context: Context) -> None:
    for path in ("b", "a", "c/d"):
        context.write(path, "x\n")
    output = await found(context, "x")
    assert output == "3 matching lines in 3 files:\na\n1:x\n\nb\n1:x\n\nc/d\n1:x"


async def test_no_match_is_a_result_that_says_so(context: Context) -> None:
    context.write("a", "one\n")
    assert await found(context, "two") == "No match in .."


async def test_only_the_folder_or_file_named_is_searched(context: Context) -> None:
    context.write("src/a", "x\n")
    context.write("b", "x\n")
    assert await found(context, "x", "src") == "1 matching lines in 1 files:\nsrc/a\n1:x"
    assert await found(context, "x", "b") == "1 matching lines in 1 files:\nb\n1:x"


@pytest.mark.parametrize("pattern", ["*.py", "**/*.py", "*.{py,pyi}", "src/*.py", "!*.js"])
async def test_a_file_pattern_chooses_files(context: Context, pattern: str) -> None:
    context.write("src/a.py", "x\n")
    context.write("src/a.js", "x\n")
    assert await found(context, "x", file_pattern=pattern) == "1 matching lines in 1 files:\nsrc/a.py\n1:x"


@pytest.mark.parametrize("pattern", [None, "*", "**/*", "*.js"])
async def test_what_git_ignores_is_not_searched_whatever_the_pattern(
    context: Context, pattern: str | None
) -> None:
    context.write(".gitignore", "made/\n*.min.js\n")
    for path in ("made/a.js", "b.min.js", "c.js"):
        context.write(path, "needle\n")
    assert await found(context, "needle", file_pattern=pattern) == (
        "1 matching lines in 1 files:\nc.js\n1:needle"
    )


async def test_hidden_files_are_searched_but_not_gits_own(context: Context) -> None:
    context.write(".github/a", "x\n")
    context.write(".git/config", "x\n")
    assert await found(context, "x") == "1 matching lines in 1 files:\n.github/a\n1:x"


async def test_quotes_and_options_in_a_regex_are_only_that(context: Context) -> None:
    context.write("a", "it's $HOME `id` --files\n")
    for regex in ("it's", r"\$HOME", "`id`", "--files"):
        assert "a\n1:it's" in await found(context, regex)


async def test_a_path_that_looks_like_an_option_is_only_that(context: Context) -> None:
    context.write("--pre=sh/a b", "x\n")
    assert "--pre=sh/a b\n1:x" in await found(context, "x", "--pre=sh")


async def test_many_matches_are_cut_and_told(context: Context) -> None:
    for name in ("a", "b", "c"):
        context.write(name, "x\n" * 5000)
    output = await found(context, "x")
    assert output.startswith(f"The first {SHOWN_MATCHES} matching lines; there are more.")
    assert output.count(":x") == SHOWN_MATCHES


async def test_many_matches_that_are_hidden_are_not_told_as_none(context: Context) -> None:
    context.write(".rooignore", "a\n")
    context.write("a", "x\n" * 5000)
    context.write("b", "x\n")
    assert await found(context, "x") == (
        "No match that may be shown so far in .; there are more. Narrow path or file_pattern."
    )


async def test_what_was_found_before_a_limit_stopped_the_search_is_shown(context: Context) -> None:
    context.first = "printf './a\\0001:1:found\\n'; sleep 60"
    context.limit(max_execution_time=1)
    output = await found(context, "x")
    assert output == (
        "The first 1 matching lines; there are more. Narrow path, regex or file_pattern:\na\n1:found"
    )


async def test_matches_up_to_the_bound_are_not_cut(context: Context) -> None:
    for number in range(SHOWN_MATCHES):
        context.write(f"{number:03}", "before\nx\nafter\nother\n")
    assert (await found(context, "x")).startswith(f"{SHOWN_MATCHES} matching lines in {SHOWN_MATCHES} files:")


async def test_long_lines_are_cut(context: Context) -> None:
    context.write("a", "x" * 100_000 + "\n")
    assert len(await found(context, "x")) < 500


async def test_a_bad_regex_is_explained(context: Context) -> None:
    assert "unclosed group" in await context.failure("search_files", path=".", regex="fo(")


async def test_a_bad_file_pattern_is_explained(context: Context) -> None:
    reason = await context.failure("search_files", path=".", regex="x", file_pattern="[")
    assert "unclosed character class" in reason


async def test_where_ripgrep_is_missing_the_failure_says_what_to_install(context: Context) -> None:
    context.first = "PATH=/nowhere"
    reason = await context.failure("search_files", path=".", regex="x")
    assert "Install the package `ripgrep`" in reason


async def test_a_search_that_a_limit_stopped_is_no_empty_result(context: Context) -> None:
    context.first = "sleep 60"
    context.limit(max_execution_time=1)
    reason = await context.failure("search_files", path=".", regex="x")
    assert "stopped by the session's time limit" in reason


async def test_a_missing_folder_is_told(context: Context) -> None:
    assert "There is nothing at src" in await context.failure("search_files", path="src", regex="x")


async def test_a_nul_in_the_regex_is_refused(context: Context) -> None:
    assert "NUL" in await context.failure("search_files", path=".", regex="a\0b")


async def test_a_path_that_leaves_the_workspace_is_refused(context: Context) -> None:
    with pytest.raises(InvalidField):
        await context.call("search_files", path="../..", regex="x")


async def test_it_needs_no_allowed_command(context: Context) -> None:
    context.allow()
    context.write("a", "x\n")
    assert "1:x" in await found(context, "x")


async def test_a_match_in_a_file_whose_name_is_no_utf_8_is_shown_with_a_name_to_ask_for(
    context: Context,
) -> None:
    for name in (b"caf\xe9", b"t\xe9/\xff'"):
        file = Path(os.fsdecode(os.fsencode(context.folder) + b"/" + name))
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(b"needle \xe9\n")
    assert await found(context, "needle") == (
        "2 matching lines in 2 files:\ncaf\\xe9\n1:needle \ufffd\n\nt\\xe9/\\xff'\n1:needle \ufffd"
    )
    assert await found(context, "needle", r"t\xe9") == (
        "1 matching lines in 1 files:\nt\\xe9/\\xff'\n1:needle \ufffd"
    )
    assert await found(context, "needle", r"caf\xe9") == (
        "1 matching lines in 1 files:\ncaf\\xe9\n1:needle \ufffd"
    )


@pytest.mark.parametrize(
    ("content", "regex", "shown"),
    [
        ("\ufefffirst;\r\nsecond\r\n", "^first;$", "1:first;\n2-second"),
        ("first\r\nsecond;\r\n", ";$", "1-first\n2:second;"),
        ("first\r\nsecond;\r\n", r"second;\r$", "1-first\n2:second;"),
        ("a\fb\u2028c\u0085d\re\nneedle\n", "needle", "1-a\fb\u2028c\u0085d\re\n2:needle"),
    ],
)
async def test_lines_end_with_a_line_feed_and_perhaps_a_carriage_return_before_it(
    context: Context, content: str, regex: str, shown: str
) -> None:
    context.write("a.txt", content)
    assert await found(context, regex) == f"1 matching lines in 1 files:\na.txt\n{shown}"


@pytest.mark.parametrize("form", ["NFC", "NFD"])
async def test_plain_text_is_found_whether_its_letters_are_composed_or_not(
    context: Context, form: Literal["NFC", "NFD"]
) -> None:
    context.write("a", unicodedata.normalize("NFD", "un café\n"))
    context.write("b", unicodedata.normalize("NFC", "un café\n"))
    output = await found(context, unicodedata.normalize(form, "n café$"))
    assert output.startswith("2 matching lines in 2 files:")
