"""Files over REST, as a program with nothing but HTTP uses them."""

from __future__ import annotations

import pytest

from tests.support.server import Answer, ServerProcess


@pytest.fixture
def files(server: ServerProcess) -> str:
    """The address of a new session's files, which has one of them."""
    made = server.request("POST", "/api/v1/sessions", {"name": "Files"})
    path = f"/api/v1/sessions/{made.body['session']['id']}/files"
    assert server.request("POST", f"{path}/a.txt", {"content": "one\n"}).status == 201
    return path


def events(server: ServerProcess, files: str) -> list[dict[str, object]]:
    """What was told of files so far, without what every event has."""
    told = server.request("GET", files.replace("/files", "/events?limit=1000")).body["data"]
    return [
        {name: each[name] for name in each.keys() & {"type", "path", "to", "changes"}}
        for each in told
        if each["type"].startswith("file.")
    ]


def test_a_read_and_a_write_tell_the_tag_as_header_and_field(server: ServerProcess, files: str) -> None:
    read = server.request("GET", f"{files}/a.txt")
    assert read.headers["etag"] == f'"{read.body["etag"]}"'
    written = server.request("PUT", f"{files}/a.txt", {"content": "two\n"})
    assert written.headers["etag"] == f'"{written.body["file"]["etag"]}"' != read.headers["etag"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "files/a.txt", {"content": "mine\n"}),
        ("DELETE", "files/a.txt", None),
        ("POST", "file/rename", {"path": "a.txt", "to": "b.txt"}),
    ],
)
def test_a_change_on_condition_of_what_was_read(
    server: ServerProcess, files: str, method: str, path: str, body: dict[str, str] | None
) -> None:
    def change(tag: str) -> Answer:
        return server.curl(method, files.replace("/files", f"/{path}"), body, "-H", f"If-Match: {tag}")

    seen = server.request("GET", f"{files}/a.txt").headers["etag"]
    server.request("PUT", f"{files}/a.txt", {"content": "theirs\n"})
    refused = change(seen)
    assert (refused.status, refused.code) == (409, "RESOURCE_CONFLICT")
    assert server.request("GET", f"{files}/a.txt").body["content"] == "theirs\n"
    assert change(f'"{refused.body["error"]["details"]["etag"]}"').status == 200


def test_what_is_renamed_copied_and_made_is_told(server: ServerProcess, files: str) -> None:
    file = files.replace("/files", "/file")
    server.request("POST", f"{file}/rename", {"path": "a.txt", "to": "src/b.txt"})
    server.request("POST", f"{file}/copy", {"path": "src", "to": "lib"})
    server.request("POST", f"{file}/mkdir", {"path": "empty"})
    server.request("POST", f"{files}/c.txt", {"content": "one\ntwo\n"})
    answer = server.request("POST", f"{file}/copy", {"path": "c.txt", "to": "lib/b.txt", "overwrite": True})
    assert (answer.status, answer.body["file"]["path"]) == (201, "/lib/b.txt")
    told = events(server, files)
    assert told[:5] == [
        {"type": "file.created", "path": "/a.txt"},
        {"type": "file.renamed", "path": "/a.txt", "to": "/src/b.txt"},
        {"type": "file.created", "path": "/lib"},
        {"type": "file.created", "path": "/empty"},
        {"type": "file.created", "path": "/c.txt"},
    ]
    assert (told[5]["type"], told[5]["path"]) == ("file.modified", "/lib/b.txt")


def test_a_file_whose_name_is_no_utf_8_is_listed_read_renamed_and_deleted(
    server: ServerProcess, files: str
) -> None:
    line = r"printf one > $(printf 'caf\351'); printf two > 'caf\xe9'"
    run = server.request(
        "POST", files.replace("/files", "/tools/execute_command"), {"parameters": {"command": line}}
    )
    assert run.status == 200
    listed = {each["path"]: each["name"] for each in server.request("GET", files).body["files"]}
    assert listed == {"/a.txt": "a.txt", r"/caf\xe9": r"caf\xe9", r"/caf\x5cxe9": r"caf\x5cxe9"}
    assert server.request("GET", f"{files}/caf%5Cxe9").body["content"] == "one"
    assert server.request("GET", f"{files}/caf%5Cx5cxe9").body["content"] == "two"
    move = {"path": r"caf\xe9", "to": r"t\xe9/\xff"}
    renamed = server.request("POST", files.replace("/files", "/file/rename"), move)
    assert renamed.body["file"]["path"] == r"/t\xe9/\xff"
    assert server.request("DELETE", f"{files}/t%5Cxe9/%5Cxff").body == {
        "path": r"/t\xe9/\xff",
        "deleted": True,
    }
    told = [(each["type"], each["path"]) for each in events(server, files)]
    assert told[-2:] == [("file.renamed", r"/caf\xe9"), ("file.deleted", r"/t\xe9/\xff")]


def test_the_bytes_of_a_file_whose_name_is_no_utf_8_go_in_and_come_out(
    server: ServerProcess, files: str
) -> None:
    place = f"{files}/raw?path=caf%5Cxe9"
    assert server.curl("PUT", place, None, "--data-binary", "one").status == 201
    assert server.request("GET", f"{files}/caf%5Cxe9").body["content"] == "one"
    attached = server.request("GET", place).headers["content-disposition"]
    assert attached == "attachment; filename=\"caf_xe9\"; filename*=utf-8''caf%5cxe9"
    copied = server.request(
        "POST", files.replace("/files", "/file/copy"), {"path": r"caf\xe9", "to": r"\xff"}
    )
    assert copied.body["file"]["path"] == r"/\xff"
    again = server.request("POST", f"{files}/%5Cxff", {"content": "two"})
    assert again.body["error"]["code"] == "RESOURCE_CONFLICT"
    missing = server.request("GET", f"{files}/%5Cxfe").body["error"]
    assert (missing["code"], missing["details"]["id"]) == ("RESOURCE_NOT_FOUND", r"\xfe")
