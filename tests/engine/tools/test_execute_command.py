"""`execute_command`, in the real sandbox."""

from __future__ import annotations

import os

import pytest

from roocode_server.engine.tools.registry import ToolRegistry
from roocode_server.models.error import InvalidField
from tests.engine.tools.conftest import Context


async def test_output_and_exit_code_are_told(context: Context) -> None:
    result = await context.call("execute_command", command="echo out; echo err >&2")
    assert result.success
    assert result.output.startswith("Exit code 0 after ")
    assert result.output.endswith("\nout\nerr")
    assert result.command == "echo out; echo err >&2"
    assert result.exit is not None
    assert result.exit.code == 0


async def test_another_exit_code_is_no_success(context: Context) -> None:
    result = await context.call("execute_command", command="echo broken; exit 3")
    assert not result.success
    assert result.output.startswith("Exit code 3 after ")
    assert "broken" in result.output


async def test_silence_is_told(context: Context) -> None:
    assert "(it printed nothing)" in (await context.call("execute_command", command="true")).output


async def test_it_runs_in_the_workspace(context: Context) -> None:
    await context.call("execute_command", command="echo content > made")
    assert context.read("made") == "content\n"


async def test_it_runs_in_the_folder_named(context: Context) -> None:
    (context.folder / "src").mkdir()
    await context.call("execute_command", command="echo content > made", cwd="src")
    assert context.read("src/made") == "content\n"


async def test_a_missing_folder_is_told_and_nothing_run(context: Context) -> None:
    reason = await context.failure("execute_command", command="touch made", cwd="src")
    assert reason == "There is no folder src. Nothing was run."
    assert not (context.folder / "made").exists()


async def test_a_file_is_no_folder_to_run_in(context: Context) -> None:
    context.write("a", "")
    assert "There is no folder a" in await context.failure("execute_command", command="true", cwd="a")


async def test_a_folder_outside_is_refused(context: Context) -> None:
    with pytest.raises(InvalidField):
        await context.call("execute_command", command="true", cwd="..")


async def test_what_is_not_allowed_is_refused_with_what_is(context: Context) -> None:
    context.allow("git", "npm test")
    reason = await context.failure("execute_command", command="git status; touch made")
    assert "`touch made` may not be run in this session" in reason
    assert "Allowed are commands that begin with: `git`, `npm test`." in reason
    assert not (context.folder / "made").exists()


async def test_what_is_allowed_runs(context: Context) -> None:
    context.allow("echo")
    assert (await context.call("execute_command", command="echo a && echo b")).success


async def test_nothing_allowed_means_nothing_runs(context: Context) -> None:
    context.allow()
    assert "this session runs no commands" in await context.failure("execute_command", command="true")


async def test_a_nul_is_refused(context: Context) -> None:
    assert "NUL" in await context.failure("execute_command", command="echo a\0b")


async def test_the_time_limit_is_told_in_words(context: Context) -> None:
    context.limit(max_execution_time=1)
    result = await context.call("execute_command", command="echo begun; sleep 60")
    assert not result.success
    assert "It was stopped: it ran longer than the 1 seconds" in result.output
    assert "begun" in result.output


async def test_long_output_keeps_its_beginning_and_its_end(context: Context) -> None:
    result = await context.call("execute_command", command="echo first; seq 20000; echo last")
    assert len(result.output) < 45_000
    assert "\nfirst\n" in result.output
    assert "characters left out here" in result.output
    assert result.output.endswith("\nlast")


async def test_a_nul_that_is_printed_is_shown_by_a_sign(context: Context) -> None:
    result = await context.call("execute_command", command="printf 'a\\000b'")
    assert result.output.endswith("\na\u2400b")


@pytest.mark.parametrize("command", ["sleep 60 >/dev/null 2>&1 &", "nohup sleep 60 & echo started"])
async def test_what_is_left_in_the_background_is_said_to_have_ended(context: Context, command: str) -> None:
    result = await context.call("execute_command", command=command)
    assert result.success and "has ended with it" in result.output


@pytest.mark.parametrize("command", ["true && echo a", "echo b 2>&1", "echo c >&2"])
async def test_nothing_is_said_of_a_background_where_there_is_none(context: Context, command: str) -> None:
    result = await context.call("execute_command", command=command)
    assert result.success and "background" not in result.output


async def test_progress_that_writes_over_itself_is_shown_as_it_ended(context: Context) -> None:
    line = "i=0; while [ $i -lt 1000 ]; do i=$((i+1)); printf '\\r%d of 1000' $i; done; echo"
    result = await context.call("execute_command", command=line)
    assert result.output.endswith("\n1000 of 1000")


async def test_a_child_that_fills_the_memory_is_told_though_the_command_goes_on(context: Context) -> None:
    context.limit(max_memory_mb=32)
    result = await context.call("execute_command", command="head -c 200m /dev/zero | tail; exit 0")
    assert "It was stopped: it took more than 32 MiB of memory." in result.output


async def test_more_output_than_is_kept_is_told(context: Context) -> None:
    result = await context.call("execute_command", command="echo first; seq 400000; echo last")
    assert "the middle is left out" in result.output
    assert result.output.startswith("Exit code 0 after ")


async def test_a_command_that_fills_the_memory_is_told_in_words(context: Context) -> None:
    context.limit(max_memory_mb=32)
    result = await context.call("execute_command", command="head -c 200m /dev/zero | tail")
    assert not result.success
    assert "It was stopped: it took more than 32 MiB of memory." in result.output


async def test_the_policy_is_told_what_would_run(context: Context) -> None:
    call = ToolRegistry().prepare("execute_command", {"command": "make", "cwd": "src"})
    assert (call.command(), call.paths(), call.describe()) == ("make", ("src",), "Run in src: make")


async def test_a_command_begins_in_any_folder_whose_name_is_utf_8(context: Context) -> None:
    context.allow("pwd")
    (context.folder / r"a\xe9").mkdir()
    done = await context.call("execute_command", command="pwd", cwd=r"a\x5cxe9")
    assert r"a\xe9" in done.output
    (context.folder / os.fsdecode(b"caf\xe9")).mkdir()
    with pytest.raises(InvalidField) as refused:
        await context.call("execute_command", command="pwd", cwd=r"caf\xe9")
    assert "`cd` there in the command line" in str(refused.value.details)
