"""What a session's configuration names has to be there, at every door."""

from __future__ import annotations

import pytest

from tests.end_to_end.hostile.talking import code_of, connected
from tests.support.server import ServerProcess

SESSIONS = "/api/v1/sessions"
UNKNOWN = [({"mode": "zzz"}, "config.mode", "code"), ({"provider": "zzz"}, "config.provider", "scripted")]


@pytest.mark.parametrize(("config", "field", "known"), UNKNOWN)
def test_a_mode_or_provider_that_does_not_exist_is_refused_with_those_that_do(
    server: ServerProcess, config: dict[str, str], field: str, known: str
) -> None:
    made = server.request("POST", SESSIONS, {"name": "Choice"}).body["session"]
    for method, path in (("POST", SESSIONS), ("PUT", f"{SESSIONS}/{made['id']}")):
        refused = server.request(method, path, {"name": "Choice", "config": config})
        assert (refused.status, refused.code) == (400, "VALIDATION_ERROR")
        details = refused.body["error"]["details"]
        assert details["field"] == field and known in details["known"]
    assert server.request("GET", f"{SESSIONS}/{made['id']}").body["session"]["config"] == made["config"]


@pytest.mark.parametrize("settings", [{"mode": "zzz"}, {"apiProvider": "zzz"}])
async def test_the_settings_of_the_extension_are_held_to_the_same(
    server: ServerProcess, settings: dict[str, str]
) -> None:
    made = server.request("POST", SESSIONS, {"name": "Choice"}).body["session"]["id"]
    async with connected(server) as client:
        await client.connect(server.key, "/extension", sessionId=made)
        answer = await client.call("setConfiguration", settings, namespace="/extension")
        assert code_of(answer) == "VALIDATION_ERROR"


def test_a_mode_of_the_workspace_can_be_chosen_once_it_is_there(
    server: ServerProcess,
) -> None:
    made = server.request("POST", SESSIONS, {"name": "Own mode"}).body["session"]["id"]
    modes = "customModes: [{slug: own, name: Own, roleDefinition: You help., groups: [read]}]"
    server.request("POST", f"{SESSIONS}/{made}/files/.roomodes", {"content": modes})
    chosen = server.request("PUT", f"{SESSIONS}/{made}", {"config": {"mode": "own"}})
    assert (chosen.status, chosen.body["session"]["config"]["mode"]) == (200, "own")


def test_a_session_of_s3_with_a_body_that_is_too_large_is_refused_in_its_words(
    server: ServerProcess,
) -> None:
    refused = server.request("POST", "/api/sessions", {"task": "x" * 8_400_000})
    assert refused.status == 413
    assert set(refused.body) == {"detail"}
