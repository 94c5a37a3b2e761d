"""A user's profile: its model works on tasks, and its key can be read nowhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from tests.support.mock_models import MockModels
from tests.support.server import ServerProcess

DONE: dict[str, Any] = {
    "content": "Nothing is left to do.",
    "toolCalls": [{"name": "attempt_completion", "arguments": '{"result": "Said by the model."}'}],
}


def profile(mock_models: MockModels, **more: str) -> dict[str, str]:
    address = f"{mock_models.url}/v1"
    return {"name": "mine", "provider": "openai", "model": "any", "baseUrl": address, **more}


def work(server: ServerProcess, **config: str) -> dict[str, Any]:
    """Run a task in a session with this configuration and return it once it has ended."""
    created = server.request("POST", "/api/v1/sessions", {"name": "A session", "config": config})
    path = f"/api/v1/sessions/{created.body['session']['id']}/tasks"
    path += "/" + server.request("POST", path, {"input": "Say hello."}).body["task"]["id"]
    deadline = time.monotonic() + 60
    while (now := server.request("GET", path).body["task"])["status"] in ("pending", "running"):
        assert time.monotonic() < deadline, now
    task: dict[str, Any] = now
    return task


def test_a_task_is_worked_on_by_the_profiles_model_and_its_key_is_nowhere(
    start_server: Callable[..., ServerProcess], mock_models: MockModels
) -> None:
    server = start_server()
    mock_models.say(DONE)
    made = server.request("POST", "/api/v1/profiles", profile(mock_models, apiKey=mock_models.key))
    assert made.status == 201
    assert made.body["profile"]["hasKey"]
    task = work(server)
    assert (task["status"], task["result"]["summary"]) == ("completed", "Said by the model."), task
    assert mock_models.requests()[0].path.endswith("/chat/completions")
    place = f"/api/v1/profiles/{made.body['profile']['id']}"
    answers = [made, server.request("GET", "/api/v1/profiles"), server.request("GET", place)]
    assert server.stop() == 0
    assert not any(mock_models.key in str(answer.body) for answer in answers)
    assert mock_models.key not in server.log
    for file in server.data_dir.rglob("*"):
        assert not file.is_file() or mock_models.key.encode() not in file.read_bytes(), file


def test_a_key_that_is_refused_fails_the_task_without_being_told(
    start_server: Callable[..., ServerProcess], mock_models: MockModels
) -> None:
    server = start_server()
    server.request("POST", "/api/v1/profiles", profile(mock_models, apiKey="sk-wrong-and-secret"))
    task = work(server)
    assert task["error"]["code"] == "PROVIDER_KEY_REFUSED"
    assert "sk-wrong" not in str(task) + server.log


def test_a_profile_that_leads_into_a_private_network_is_not_followed(
    start_server: Callable[..., ServerProcess], mock_models: MockModels
) -> None:
    server = start_server()
    server.request("POST", "/api/v1/profiles", profile(mock_models, baseUrl="http://169.254.169.254/v1"))
    task = work(server)
    assert task["error"]["code"] == "PROVIDER_UNAVAILABLE"
    assert "providers.allow_private_base_urls" in task["error"]["message"]


def test_a_session_that_names_another_provider_is_not_the_profiles(
    start_server: Callable[..., ServerProcess], mock_models: MockModels
) -> None:
    server = start_server()
    server.request("POST", "/api/v1/profiles", profile(mock_models, apiKey=mock_models.key))
    assert work(server, provider="scripted", model="survey")["status"] == "completed"
    assert mock_models.requests() == []


def test_a_session_that_names_its_provider_and_model_takes_the_profiles_address_and_key(
    start_server: Callable[..., ServerProcess], mock_models: MockModels
) -> None:
    server = start_server()
    mock_models.say(DONE)
    server.request("POST", "/api/v1/profiles", profile(mock_models, apiKey=mock_models.key))
    assert work(server, provider="openai", model="another")["status"] == "completed"
    assert mock_models.requests()[0].body["model"] == "another"
