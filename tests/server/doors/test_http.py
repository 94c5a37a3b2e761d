"""HTTP beyond the body: methods, locations, credentials, caching, compression."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from typing import Any
from urllib.parse import quote

import pytest

from roocode_server.handlers.operation import Operation
from roocode_server.server.doors.compression import is_accepted
from tests.contract.test_every_door import MIRRORED
from tests.support.server import Answer, ServerProcess

READING = [declared for declared in MIRRORED if declared.rest is not None and declared.rest.method == "GET"]


@pytest.fixture(scope="module")
def session(server: ServerProcess) -> str:
    """The path of a session with a file."""
    made = server.request("POST", "/api/v1/sessions", {"name": "HTTP"})
    path = f"/api/v1/sessions/{made.body['session']['id']}"
    server.request("POST", f"{path}/files/a.txt", {"content": "x"})
    return path


def head(server: ServerProcess, path: str, *, key: str | None = "") -> Answer:
    return server.request("HEAD", path, key=key)


@pytest.mark.parametrize("declared", READING, ids=lambda declared: str(declared.name))
def test_whatever_can_be_read_can_be_asked_about(server: ServerProcess, declared: Operation) -> None:
    assert declared.rest is not None
    path = re.sub(r"\{\w+\}", "none", declared.rest.path)
    read, asked = server.request("GET", path), head(server, path)
    assert asked.status == read.status
    assert asked.headers["content-type"] == read.headers["content-type"]


@pytest.mark.parametrize("path", ["/api/sessions", "/api/health", "/", "/docs", "/openapi.json"])
def test_so_it_is_beside_the_operations(server: ServerProcess, path: str) -> None:
    assert head(server, path).status == server.request("GET", path).status == 200


def test_an_answer_without_its_body_says_how_long_that_is(server: ServerProcess, session: str) -> None:
    read, asked = server.request("GET", f"{session}/files/a.txt"), head(server, f"{session}/files/a.txt")
    for name in ("content-length", "etag"):
        assert asked.headers[name] == read.headers[name]


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/api/v1/sessions", "GET, HEAD, POST"),
        ("/api/v1/sessions/none", "DELETE, GET, HEAD, PUT"),
        ("/api/sessions/none", "DELETE, GET, HEAD"),
    ],
)
def test_a_method_that_is_refused_comes_with_those_that_are_taken(
    server: ServerProcess, path: str, methods: str
) -> None:
    refused = server.request("PATCH", path)
    assert refused.status == 405
    assert refused.headers["allow"] == methods.lower()


@pytest.mark.parametrize("path", ["/api/v1/sessions", "/api/sessions", "/ws/session-none"])
def test_who_has_no_credentials_is_told_which_are_taken(server: ServerProcess, path: str) -> None:
    refused = server.request("GET", path, key=None)
    assert refused.status == 401
    assert refused.headers["www-authenticate"] == 'bearer realm="roocode-server"'


@pytest.mark.parametrize("path", ["/api/v1/sessions", "/api/sessions"])
def test_who_has_wrong_credentials_is_told_so(server: ServerProcess, path: str) -> None:
    refused = server.request("GET", path, key="wrong")
    assert refused.status == 401
    assert refused.headers["www-authenticate"].endswith('error="invalid_token"')


@pytest.mark.parametrize(
    ("path", "key", "told"),
    [
        ("/api/v1/session", "", "No such path; see /docs"),
        ("/api/v1/sessions/none", "", "No such session"),
        ("/api/v1/sessions", None, "Valid credentials are required: an API key or an access token"),
    ],
)
def test_a_refusal_says_what_to_do_next(server: ServerProcess, path: str, key: str | None, told: str) -> None:
    assert server.request("GET", path, key=key).body["error"]["message"] == told


@pytest.mark.parametrize("scheme", ["bearer", "Bearer", "BEARER"])
def test_the_scheme_of_credentials_has_no_case(server: ServerProcess, scheme: str) -> None:
    answer = server.curl(
        "GET", "/api/v1/sessions", None, "-H", f"Authorization: {scheme} {server.key}", key=None
    )
    assert answer.status == 200


MADE: list[tuple[str, dict[str, Any]]] = [
    ("/files/new%20folder/b.txt", {"content": "x"}),
    ("/files/line%0Abreak.txt", {"content": "x"}),
    ("/files:copy", {"path": "a.txt", "to": "to/a copy #1.txt"}),
    ("/files:mkdir", {"path": "an empty folder"}),
    ("/tasks", {"input": "Look round"}),
    ("/processes", {"command": "true"}),
    ("/terminals", {"command": "sleep 60"}),
]


@pytest.mark.parametrize(("where", "body"), MADE, ids=[where for where, _ in MADE])
def test_what_was_made_is_where_the_answer_says(
    server: ServerProcess, session: str, where: str, body: dict[str, Any]
) -> None:
    made = server.request("POST", path_of(session, where), body)
    assert made.status == 201, made.body
    assert server.request("GET", place_of(server, made)).status == 200


def path_of(session: str, where: str) -> str:
    """`/files:copy` stands for the address of that action."""
    _, colon, action = where.partition(":")
    found = [each.rest.path for each in MIRRORED if each.name == f"file.{action}" and each.rest]
    return found[0].replace("/api/v1/sessions/{sessionId}", session) if colon else session + where


def place_of(server: ServerProcess, made: Answer) -> str:
    """The path of `Location`. It is read from curl's headers, which are in lower case: ids are, too."""
    location = made.headers["location"]
    assert location.startswith(server.url + "/")
    return location.removeprefix(server.url)


def test_a_session_and_an_uploaded_file_are_where_the_answer_says(server: ServerProcess) -> None:
    made = server.request("POST", "/api/v1/sessions", {"name": "HTTP"})
    path = place_of(server, made)
    assert server.request("GET", path).body["session"] == made.body["session"]
    stored = server.request("PUT", f"{path}/files/raw?path=up.bin", b"bytes")
    assert stored.status == 201, stored.body
    assert server.request("GET", place_of(server, stored)).body == "bytes"


@pytest.mark.parametrize("where", ["", "/files", "/files/a.txt", "/files/raw?path=a.txt", "/events", "/none"])
def test_what_is_private_is_kept_nowhere(server: ServerProcess, session: str, where: str) -> None:
    assert server.request("GET", session + where).headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("name", "unpack"),
    [("gzip", gzip.decompress), ("deflate", zlib.decompress)],
)
def test_a_longer_answer_comes_packed_to_who_takes_it(server: ServerProcess, name: str, unpack: Any) -> None:
    plain = server.request("GET", "/api/v1/tools")
    assert "content-encoding" not in plain.headers
    assert "accept-encoding" in plain.headers["vary"]
    packed = server.curl("GET", "/api/v1/tools", None, "-H", f"Accept-Encoding: {name}")
    assert json.loads(unpack(packed.body)) == plain.body
    assert packed.headers["content-encoding"] == name
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"]) / 2
    asked = server.curl("HEAD", "/api/v1/tools", None, "-H", f"Accept-Encoding: {name}")
    assert asked.headers["content-length"] == packed.headers["content-length"]


def test_packed_or_not_it_is_the_same(server: ServerProcess) -> None:
    plain = server.request("GET", "/api/v1/tools")
    assert server.curl("GET", "/api/v1/tools", None, "--compressed").body == plain.body


def test_a_short_answer_comes_as_it_is(server: ServerProcess) -> None:
    answer = server.curl("GET", "/api/v1/health", None, "-H", "Accept-Encoding: gzip")
    assert "content-encoding" not in answer.headers


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        ("gzip, deflate, br", True),
        ("*", True),
        ("br;q=1.0, gzip;q=0.5", True),
        ("gzip; q=0", False),
        ("gzip;q=0.000, *", False),
        ("xgzip", False),
        ("", False),
    ],
)
def test_codings_are_taken_or_refused(accepted: str, expected: bool) -> None:
    assert is_accepted("gzip", accepted) is expected


@pytest.mark.parametrize("name", ["a\nb.txt", "a\r\nb", "\n", "a\u2028b"])
def test_a_name_with_a_line_break_is_a_name(server: ServerProcess, session: str, name: str) -> None:
    path = f"{session}/files/{quote(name)}"
    assert server.request("POST", path, {"content": "x"}).status == 201
    read = server.request("GET", path)
    assert (read.status, read.body["path"]) == (200, f"/{name}")
    assert server.request("DELETE", path).status == 200


@pytest.mark.parametrize("path", ["none/../a.txt", "./a.txt", "/a.txt", "b/c/../../a.txt", "MOUNT/a.txt"])
def test_files_and_tools_mean_the_same_by_a_path(server: ServerProcess, session: str, path: str) -> None:
    path = path.replace("MOUNT", "/workspaces/" + session.rpartition("/")[2])
    assert server.request("GET", f"{session}/files/{path}").body["path"] == "/a.txt"
    read = server.request("POST", f"{session}/tools/read_file", {"parameters": {"path": path}})
    assert read.body["result"]["success"], read.body


def test_a_file_below_the_path_that_commands_see_is_made_in_no_nested_folder(
    server: ServerProcess, session: str
) -> None:
    mount = "/workspaces/" + session.rpartition("/")[2]
    made = server.request("POST", f"{session}/files/{mount}/seen/c.txt", {"content": "x"})
    assert made.body["file"]["path"] == "/seen/c.txt"
    assert server.request("GET", f"{session}/files?path={mount}/seen").body["files"][0]["name"] == "c.txt"


def test_a_limit_is_named_as_requests_name_it(server: ServerProcess) -> None:
    config = {"resourceLimits": {"maxDiskMB": 1, "maxFileSizeMB": 1}}
    made = server.request("POST", "/api/v1/sessions", {"name": "Small", "config": config})
    files = f"/api/v1/sessions/{made.body['session']['id']}/files"
    refused = server.request("POST", f"{files}/large", {"content": "x" * 1_100_000})
    assert refused.status == 409, refused.body
    details = refused.body["error"]["details"]
    assert details in ({"maxDiskMB": 1}, {"maxFileSizeMB": 1}), json.dumps(refused.body)
