"""Paths that try to leave a workspace, in every operation: nothing outside is read, written or deleted."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.hostile.talking import Talker, code_of, connected
from tests.support.nightly import times
from tests.support.server import ServerProcess

CANARY = "nobody in a session may see this"
REFUSED = ("VALIDATION_ERROR", "RESOURCE_NOT_FOUND", "RESOURCE_CONFLICT")


@pytest.fixture(scope="module")
def outside(server: ServerProcess) -> Path:
    """A folder beside the server's data with one file in it."""
    folder = server.data_dir.parent / "outside"
    folder.mkdir()
    (folder / "canary.txt").write_text(CANARY)
    return folder


def _assert_untouched(outside: Path) -> None:
    assert [path.name for path in outside.iterdir()] == ["canary.txt"]
    assert (outside / "canary.txt").read_text() == CANARY


async def _run(client: Talker, session_id: str, command: str) -> Any:
    answer = await client.call(
        "tool.execute",
        {"sessionId": session_id, "toolName": "execute_command", "parameters": {"command": command}},
    )
    assert code_of(answer) is None, answer
    return answer["result"]


async def _try_all(client: Talker, session_id: str, path: str) -> dict[str, Any]:
    """Every operation that takes a path; their answers by operation or tool."""
    raw = {"sessionId": session_id, "path": path}
    answers = {
        "file.read": await client.call("file.read", raw),
        "file.update": await client.call("file.update", {**raw, "content": "overwritten"}),
        "file.create": await client.call("file.create", {**raw, "content": "created"}),
        "file.list": await client.call("file.list", raw),
        "file.copy": await client.call("file.copy", {**raw, "to": f"copied-{len(path)}"}),
        "file.copy to it": await client.call("file.copy", {**raw, "path": "inside", "to": path}),
        "file.rename to it": await client.call("file.rename", {**raw, "path": "inside", "to": path}),
        "file.mkdir": await client.call("file.mkdir", raw),
        "search.text": await client.call("search.text", {**raw, "pattern": "nobody"}),
        "search.files": await client.call("search.files", {**raw, "pattern": "*canary*"}),
        "file.rename": await client.call("file.rename", {**raw, "to": f"renamed-{len(path)}"}),
    }
    tools: dict[str, dict[str, Any]] = {
        "read_file": {"path": path},
        "write_to_file": {"path": path, "content": "written", "line_count": 1},
        "list_files": {"path": path},
        "search_files": {"path": path, "regex": "nobody"},
    }
    for tool, parameters in tools.items():
        call = {"sessionId": session_id, "toolName": tool, "parameters": parameters}
        answers[tool] = await client.call("tool.execute", call)
    answers["file.delete"] = await client.call("file.delete", raw)
    return answers


def _paths(outside: Path) -> dict[str, str]:
    canary = str(outside / "canary.txt")
    return {
        "dots": "../" * 12 + canary,
        "dots from a folder": "src/" + "../" * 12 + canary[1:],
        "dots after the workspace's own name": "/workspaces/../" + "../" * 12 + canary,
        "backslashes": "..\\..\\outside\\canary.txt",
        "another session": "../session-00000000000000000000/x",
        "the process": "/proc/self/../../" * 3 + canary,
        "the database": "../../roocode.db",
        "a NUL": "a\0b",
        "a lone dot": ".",
        "two dots": "..",
        "three hundred dots": "../" * 300,
        "a long name": "x" * 300,
        "a long path": "x/" * 3000,
        "a tilde": "~root/.profile/x",
        "percent-encoded dots": "%2e%2e%2f%2e%2e%2fcanary.txt/x",
        "a full-width full stop": "\uff0e\uff0e/\uff0e\uff0e/canary.txt/x",
        "an overlong slash": "..\u2215..\u2215canary.txt",
    }


PATHS = list(_paths(Path("/")))


@pytest.mark.parametrize("name", PATHS)
async def test_no_path_leads_out(server: ServerProcess, session_id: str, outside: Path, name: str) -> None:
    async with connected(server) as client:
        answers = await _try_all(client, session_id, _paths(outside)[name])
    for asked, answer in answers.items():
        assert code_of(answer) not in ("INTERNAL_ERROR", "TOOL_EXECUTION_FAILED"), (asked, answer)
        assert CANARY not in json.dumps(answer), (asked, answer)
    _assert_untouched(outside)


async def test_no_link_leads_out(server: ServerProcess, session_id: str, outside: Path) -> None:
    async with connected(server) as client:
        links = f"ln -sfn {outside} way; ln -sfn {outside}/canary.txt file; ln -sfn / root; ln -sfn way again"
        await _run(client, session_id, links + "; ln -sfn loop loop; ln -sfn /proc/self/root proc")
        canary = f"{outside}/canary.txt"
        for path in ("way/canary.txt", "file", f"root{canary}", "again/canary.txt", f"proc{canary}", "loop",
                     "way/new.txt", "root/tmp/new.txt", "way"):  # fmt: skip
            answers = await _try_all(client, session_id, path)
            for asked, answer in answers.items():
                assert code_of(answer) != "INTERNAL_ERROR", (path, asked, answer)
                assert CANARY not in json.dumps(answer), (path, asked)
        await _run(client, session_id, "rm -rf way file root again loop proc")
    _assert_untouched(outside)


async def test_a_link_that_is_swapped_in_during_the_call_leads_nowhere(
    server: ServerProcess, session_id: str, outside: Path
) -> None:
    swap = (
        "mkdir -p real && echo inside > real/canary.txt && ln -sfn real place && touch swapping; "
        f"while [ -e swapping ]; do ln -s {outside} next && mv -T next place; "
        "ln -s real next && mv -T next place; done"
    )
    async with connected(server) as client, connected(server) as swapper:
        swapper.patience_s = 150  # its command goes on until the other calls are over
        swapping = asyncio.create_task(_run(swapper, session_id, swap))
        raw = {"sessionId": session_id, "path": "place/canary.txt"}
        while code_of(await client.call("file.read", {**raw, "path": "swapping"})) is not None:
            await asyncio.sleep(0)
        codes = set()
        for _ in range(times(30, nightly=60)):
            for name, more in (("file.read", {}), ("file.update", {"content": "overwritten"}),
                               ("file.create", {"content": "created"}), ("file.copy", {"to": "copy"}),
                               ("file.copy", {"path": "real", "to": "place/copy"}),
                               ("file.rename", {"to": "place/b"}), ("file.rename", {"to": "moved"}),
                               ("file.mkdir", {"path": "place/made"}), ("file.delete", {})):  # fmt: skip
                answer = await client.call(name, {**raw, **more})
                assert CANARY not in json.dumps(answer)
                codes.add(code_of(answer))
            listed = await client.call("file.list", {"sessionId": session_id, "path": "place"})
            codes.add(code_of(listed))
        await client.call("file.delete", {"sessionId": session_id, "path": "swapping"})
        await swapping
        await _run(client, session_id, "rm -rf place real next")
    assert codes <= {None, *REFUSED}, codes
    assert None in codes
    _assert_untouched(outside)


async def test_what_is_no_file_is_refused_without_waiting(server: ServerProcess, session_id: str) -> None:
    async with connected(server) as client:
        made = await _run(client, session_id, "mkfifo pipe && ln -s /dev/zero zero && ln -s /dev/stdin input")
        assert made["success"], made
        for path in ("pipe", "zero", "input", "/dev/zero"):
            async with asyncio.timeout(10):
                answers = await _try_all(client, session_id, path)
            for asked in ("file.read", "file.update", "file.list"):
                assert code_of(answers[asked]) in REFUSED, (path, asked, answers[asked])
            assert all(code_of(answer) != "INTERNAL_ERROR" for answer in answers.values()), answers
        await _run(client, session_id, "rm -rf pipe zero input dev")


@pytest.mark.parametrize(
    "path",
    ["%2e%2e%2f%2e%2e%2fcanary.txt", "..%2f..%2fcanary.txt", "%2e%2e/%2e%2e/canary.txt", "%00", "a%00b",
     "../../../health", "%2F%2Fetc%2Fpasswd", "/etc/passwd", "%ff%fe", "%c0%ae%c0%ae/x", "x" * 5000,
     "%2e%2e%5ccanary.txt", "nothing/", "."],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_no_encoded_path_leads_out_by_rest(
    server: ServerProcess, session_id: str, outside: Path, method: str, path: str
) -> None:
    body = {"content": "overwritten"} if method == "PUT" else None
    answer = server.request(method, f"/api/v1/sessions/{session_id}/files/{path}", body)
    assert code_of(answer.body) in (*REFUSED, "METHOD_NOT_ALLOWED", "PAYLOAD_TOO_LARGE"), answer
    assert CANARY not in json.dumps(answer.body)
    _assert_untouched(outside)


async def test_the_same_name_in_two_unicode_forms_is_two_files(
    server: ServerProcess, session_id: str
) -> None:
    async with connected(server) as client:
        for path in ("caf\u00e9.txt", "cafe\u0301.txt"):
            raw = {"sessionId": session_id, "path": path}
            assert code_of(await client.call("file.create", {**raw, "content": path})) is None
        for path in ("caf\u00e9.txt", "cafe\u0301.txt"):
            read = await client.call("file.read", {"sessionId": session_id, "path": path})
            assert read["content"] == path
            await client.call("file.delete", {"sessionId": session_id, "path": path})


ESCAPES = [
    "npm && touch pwned", "npm; touch pwned", "npm | touch pwned", "npm || touch pwned", "npm & touch pwned",
    "npm $(touch pwned)", "npm `touch pwned`", "npm \n touch pwned", "npm <(touch pwned)",
    "npm\ttouch; touch pwned", "npm \\\n; touch pwned", "npm {a,b}; touch pwned", "(npm; touch pwned)",
    "PATH=. touch pwned", "npm=1 touch pwned", "env touch pwned", "n''pm; touch pwned", "eval 'touch pwned'",
    "npm \"$(touch pwned)\"", "npm ${x:-$(touch pwned)}", "! touch pwned", "npm <<E\n$(touch pwned)\nE",
    "f() { touch pwned; }; f", "trap 'touch pwned' EXIT", "npm;touch${IFS}pwned", "/usr/bin/touch pwned",
    "npm \r touch pwned; touch pwned", "'npm';touch pwned", "alias npm='touch pwned'\nnpm",
    "npm\0; touch pwned",
]  # fmt: skip


@pytest.fixture(scope="module")
def narrow(server: ServerProcess) -> str:
    """A session in which only npm may be run."""
    config = {"allowedCommands": ["npm", "echo"]}
    made = server.request("POST", "/api/v1/sessions", {"name": "Narrow", "config": config})
    return str(made.body["session"]["id"])


@pytest.mark.parametrize("command", ESCAPES)
async def test_no_metacharacter_runs_a_command_that_is_not_allowed(
    server: ServerProcess, narrow: str, command: str
) -> None:
    async with connected(server) as client:
        call = {"sessionId": narrow, "toolName": "execute_command", "parameters": {"command": command}}
        answer = await client.call("tool.execute", call)
        assert code_of(answer) in (None, "VALIDATION_ERROR", "PERMISSION_DENIED"), answer
        assert code_of(answer) or not answer["result"]["success"], answer
        listed = await client.call("file.list", {"sessionId": narrow, "includeHidden": True})
        assert listed["total"] == 0, listed


async def test_an_allowed_command_still_runs(server: ServerProcess, narrow: str) -> None:
    async with connected(server) as client:
        assert (await _run(client, narrow, "echo 'a; b' \"c && d\""))["success"]
