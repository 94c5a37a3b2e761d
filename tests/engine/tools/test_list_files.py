"""`list_files`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from roocode_server.engine.tools.list_files import SHOWN_ENTRIES
from roocode_server.engine.tools.rooignore import RooIgnore
from roocode_server.models.error import InvalidField
from tests.engine.tools.conftest import Context


async def listed(context: Context, path: str = ".", *, recursive: bool = True) -> list[str]:
    result = await context.call("list_files", path=path, recursive=recursive)
    assert result.success
    return result.output.splitlines()


async def test_folders_end_with_a_slash_and_are_not_entered(context: Context) -> None:
    context.write("src/a.py", "")
    context.write("README.md", "")
    assert await listed(context, recursive=False) == ["README.md", "src/"]


async def test_a_recursive_list_has_what_is_below(context: Context) -> None:
    context.write("src/deep/a.py", "")
    context.write("b", "")
    assert await listed(context) == ["b", "src/", "src/deep/", "src/deep/a.py"]


async def test_a_folder_below_is_listed_with_paths_from_the_root(context: Context) -> None:
    context.write("src/deep/a.py", "")
    context.write("b", "")
    assert await listed(context, "src") == ["src/deep/", "src/deep/a.py"]


async def test_hidden_files_are_listed_but_not_gits_own(context: Context) -> None:
    context.write(".github/workflow.yml", "")
    context.write(".git/config", "")
    assert await listed(context) == [".github/", ".github/workflow.yml"]


async def test_what_git_ignores_is_left_out(context: Context) -> None:
    context.write(".gitignore", "# made\nbuild/\n*.log\n!keep.log\n/top\n")
    for path in ("build/x", "a.log", "keep.log", "top", "src/top", "src/b.log"):
        context.write(path, "")
    assert await listed(context) == [".gitignore", "keep.log", "src/", "src/top"]


async def test_a_nearer_gitignore_overrules_one_above(context: Context) -> None:
    context.write(".gitignore", "*.log\n")
    context.write("src/.gitignore", "!kept.log\nlocal\n")
    for path in ("src/kept.log", "src/other.log", "src/local", "local"):
        context.write(path, "")
    assert await listed(context) == [".gitignore", "local", "src/", "src/.gitignore", "src/kept.log"]


async def test_rules_above_hold_for_a_folder_listed_alone(context: Context) -> None:
    context.write(".gitignore", "*.log\n/src/made\n")
    for path in ("src/a.log", "src/made/x", "src/b"):
        context.write(path, "")
    assert await listed(context, "src") == ["src/b"]


async def test_an_ignored_folder_is_listed_when_asked_for(context: Context) -> None:
    context.write(".gitignore", "build/\n")
    context.write("build/x", "")
    assert await listed(context, "build") == ["build/x"]


async def test_lines_that_are_no_patterns_rule_nothing(context: Context) -> None:
    context.write(".gitignore", "!\n[a\n\\\n[[:alpha:]]\nb\n")
    context.write("a", "")
    context.write("b", "")
    assert await listed(context) == [".gitignore", "a"]


async def test_a_gitignore_that_is_a_folder_rules_nothing(context: Context) -> None:
    context.write(".gitignore/x", "")
    assert await listed(context) == [".gitignore/", ".gitignore/x"]


async def test_a_link_to_a_folder_is_shown_and_not_gone_into(context: Context) -> None:
    context.write("real/a", "")
    (context.folder / "real/loop").symlink_to("..")
    assert await listed(context) == ["real/", "real/a", "real/loop/"]


async def test_a_long_list_is_cut_with_the_upper_level_whole(context: Context) -> None:
    for number in range(SHOWN_ENTRIES):
        context.write(f"below/{number:04}", "")
    context.write("zebra", "")
    lines = await listed(context)
    assert len(lines) == SHOWN_ENTRIES + 1
    assert lines[-2] == "zebra"
    assert "list a folder below" in lines[-1]


async def test_a_list_of_exactly_the_bound_is_not_cut(context: Context) -> None:
    for number in range(SHOWN_ENTRIES):
        context.write(f"{number:04}", "")
    assert len(await listed(context)) == SHOWN_ENTRIES


async def test_an_empty_folder_is_told(context: Context) -> None:
    assert (await listed(context))[0].startswith(". is empty")


async def test_a_missing_folder_is_told(context: Context) -> None:
    assert "There is no folder src" in await context.failure("list_files", path="src")


async def test_a_file_is_refused(context: Context) -> None:
    context.write("a", "")
    assert "read_file" in await context.failure("list_files", path="a")


async def test_a_path_that_leaves_the_workspace_is_refused(context: Context) -> None:
    with pytest.raises(InvalidField):
        await context.call("list_files", path="..")


async def test_names_that_are_no_utf_8_are_listed_and_gone_into_and_can_be_asked_for(
    context: Context,
) -> None:
    folder = Path(os.fsdecode(os.fsencode(context.folder) + b"/t\xe9"))
    folder.mkdir()
    (folder / os.fsdecode(b"\xff.txt")).write_text("here\n")
    context.write("plain.txt", "x")
    listed = await context.call("list_files", path=".", recursive=True)
    assert listed.output.split("\n") == ["plain.txt", "t\\xe9/", "t\\xe9/\\xff.txt"]
    assert (await context.call("list_files", path=r"t\xe9")).output == r"t\xe9/\xff.txt"
    read = await context.call("read_file", path=r"t\xe9/\xff.txt")
    assert read.output == "t\\xe9/\\xff.txt, lines 1-1 of 1:\n1 | here"
    written = await context.call("insert_content", path=r"t\xe9/\xff.txt", line=0, content="more")
    assert [change.path for change in written.changes] == [r"/t\xe9/\xff.txt"]
    assert (folder / os.fsdecode(b"\xff.txt")).read_text() == "here\nmore\n"


@pytest.mark.parametrize("rules", [b"caf\xe9\n", b"caf*\n"])
async def test_a_rule_holds_for_a_name_that_is_no_utf_8(context: Context, rules: bytes) -> None:
    Path(os.fsdecode(os.fsencode(context.folder) + b"/caf\xe9")).write_text("secret")
    context.write(".rooignore", rules)
    assert (await context.call("list_files", path=".")).output == ".rooignore"
    forbidden = await RooIgnore.of_workspace(context.workspace)
    assert await forbidden.among([r"caf\xe9", "other"]) == {r"caf\xe9"}
