"""Access that is taken back by an operation ends at once what it has opened, at every door and transport."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from typing import Any

import pytest

from roocode_server.models.event import EVENTS
from tests.support.server import ServerProcess

NAMESPACES = sorted({"/", "/extension", *(event.namespace for event in EVENTS.values())})
LARGE_BYTES = 64 * 2**20
"""More than the buffers on the way hold, and not to be compressed."""
STREAMS = {"raw": 4401, "download": "broken off", "archive": "broken off", "upload": "broken off"}
PASSWORD = "long enough for anybody"


@dataclass
class Person:
    """An administrator with a login, a key and a session with a large file."""

    server: ServerProcess
    id: str
    token: str
    key: str
    key_id: str
    session_id: str

    def loses(self, credential: str, method: str, path: str, body: Any, *, by: str) -> dict[str, Any]:
        """How the connections of a credential end when this request, `by` another, has been answered."""
        request = json.dumps({"method": method, "path": path, "body": body, "credential": by})
        seen = self.server.node(
            "taken.mjs", credential, self.session_id, request, json.dumps(NAMESPACES), timeout=300
        )
        assert 200 <= seen["status"] < 300, seen
        return dict(seen)


@pytest.fixture
def person(server: ServerProcess) -> Person:
    entry = {"email": f"{secrets.token_hex(8)}@example.com", "password": PASSWORD}
    asked = entry | {"name": "Somebody", "roles": ["admin"]}
    made = server.request("POST", "/api/v1/users", asked)
    assert made.status == 201, made.body
    token = server.request("POST", "/api/v1/auth/login", entry, key=None).body["tokens"]["accessToken"]
    key = server.request(
        "POST", "/api/v1/keys", {"name": "a program", "scopes": ["read", "write"]}, key=token
    ).body
    session = server.request("POST", "/api/v1/sessions", {"name": "Open"}, key=token).body["session"]["id"]
    (server.data_dir / "workspaces" / session / "large").write_bytes(os.urandom(LARGE_BYTES))
    return Person(
        server=server,
        id=made.body["user"]["id"],
        token=token,
        key=key["secret"],
        key_id=key["key"]["id"],
        session_id=session,
    )


def assert_all_ended(seen: dict[str, Any]) -> None:
    told = {
        f"{transport} {each}": "AUTHENTICATION_FAILED"
        for transport in ("websocket", "polling")
        for each in NAMESPACES
    }
    assert seen["ended"] == told | STREAMS


def test_a_logout_ends_what_the_login_has_opened(person: Person) -> None:
    seen = person.loses(person.token, "POST", "/api/v1/auth/logout", {}, by=person.token)
    assert_all_ended(seen)
    assert seen["again"] == 401


def test_an_administrators_logout_of_somebody_ends_what_they_have_opened(
    person: Person, server: ServerProcess
) -> None:
    seen = person.loses(person.token, "POST", f"/api/v1/users/{person.id}/logout", {}, by=server.key)
    assert_all_ended(seen)
    assert seen["again"] == 401


@pytest.mark.parametrize("credential", ["token", "key"])
def test_a_user_who_is_disabled_has_nothing_open_any_more(
    person: Person, server: ServerProcess, credential: str
) -> None:
    place = f"/api/v1/users/{person.id}"
    seen = person.loses(getattr(person, credential), "PUT", place, {"disabled": True}, by=server.key)
    assert_all_ended(seen)
    assert seen["again"] == 401


def test_a_key_that_is_revoked_has_nothing_open_any_more(person: Person) -> None:
    seen = person.loses(person.key, "DELETE", f"/api/v1/keys/{person.key_id}", {}, by=person.token)
    assert_all_ended(seen)
    assert seen["again"] == 401


def test_who_loses_a_role_has_nothing_open_any_more_and_comes_back_with_the_other(
    person: Person, server: ServerProcess
) -> None:
    place = f"/api/v1/users/{person.id}"
    seen = person.loses(person.token, "PUT", place, {"roles": ["viewer"]}, by=server.key)
    assert_all_ended(seen)
    assert seen["again"] == 200
    refused = server.request("GET", "/api/v1/users", key=person.token)
    assert refused.code == "PERMISSION_DENIED"
    assert server.request("GET", f"/api/v1/sessions/{person.session_id}", key=person.token).status == 200
