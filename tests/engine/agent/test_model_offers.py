"""What a caller can choose as provider and model is what a task would find."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from roocode_server.engine.providers.vendors import VENDORS
from roocode_server.models.model import ModelCatalogue, ModelChoice, OfferedProvider
from roocode_server.models.profile import ProfileCreate
from tests.engine.agent.conftest import Agent

MakeAgent = Callable[..., Awaitable[Agent]]

SECRET = "sk-planted-and-secret"
NOBODY = "http://127.0.0.1:1/v1"


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for vendor in VENDORS.values():
        for name in (*vendor.key_variables, vendor.url_variable):
            monkeypatch.delenv(name, raising=False)


async def agent_of(make_agent: MakeAgent) -> Agent:
    return await make_agent(providers={"ollama": {"base_url": NOBODY}})


async def offered(agent: Agent) -> ModelCatalogue:
    return await agent.engine.models.to(agent.caller.user_id)


def named(catalogue: ModelCatalogue, name: str) -> OfferedProvider:
    [found] = [each for each in catalogue.providers if each.name == name]
    return found


async def test_without_a_key_vendors_say_what_to_set_and_auto_is_a_playbook(
    make_agent: MakeAgent,
) -> None:
    catalogue = await offered(await agent_of(make_agent))
    openai, scripted = named(catalogue, "openai"), named(catalogue, "scripted")
    assert (openai.is_usable, openai.needs_credential, openai.has_credential) == (False, True, False)
    assert openai.problem is not None
    assert (openai.problem.code, "OPENAI_API_KEY" in openai.problem.message) == ("PROVIDER_UNAVAILABLE", True)
    assert (scripted.is_usable, scripted.is_default, scripted.problem) == (True, True, None)
    assert "survey" in [model.id for model in scripted.models]
    assert catalogue.default == ModelChoice(provider="scripted", model="auto")


async def test_a_key_makes_its_vendor_the_default_and_is_never_shown(
    make_agent: MakeAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", SECRET)
    catalogue = await offered(await agent_of(make_agent))
    anthropic = named(catalogue, "anthropic")
    assert (anthropic.is_usable, anthropic.is_default, anthropic.has_credential) == (True, True, True)
    [default] = [model for model in anthropic.models if model.is_default]
    assert default.context_window == 200_000
    assert default.prices is not None
    assert (default.prices.input, default.prices.output) == (3, 15)
    assert catalogue.default == ModelChoice(provider="anthropic", model=default.id)
    assert SECRET not in str(catalogue.dump())


async def test_the_active_profile_gives_key_address_and_model(make_agent: MakeAgent) -> None:
    agent = await agent_of(make_agent)
    request = ProfileCreate(name="mine", provider="openai", model="qwen3", base_url=NOBODY, api_key=SECRET)
    await agent.engine.profiles.create(agent.caller.user_id, request)
    catalogue = await offered(agent)
    openai = named(catalogue, "openai")
    assert (openai.profile, openai.has_credential, openai.is_usable) == ("mine", True, True)
    assert [(model.id, model.is_default, model.context_window) for model in openai.models] == [
        ("qwen3", True, None)
    ]
    assert catalogue.default == ModelChoice(provider="openai", model="qwen3")
    assert SECRET not in str(catalogue.dump())


async def test_a_profile_with_an_address_of_its_own_does_not_have_the_servers_key(
    make_agent: MakeAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", SECRET)
    agent = await agent_of(make_agent)
    request = ProfileCreate(name="mine", provider="anthropic", base_url=NOBODY)
    await agent.engine.profiles.create(agent.caller.user_id, request)
    catalogue = await offered(agent)
    assert (named(catalogue, "anthropic").has_credential, named(catalogue, "anthropic").is_usable) == (
        False,
        False,
    )
    assert catalogue.default is None


async def test_an_ollama_that_does_not_answer_has_a_problem_and_no_models(make_agent: MakeAgent) -> None:
    ollama = named(await offered(await agent_of(make_agent)), "ollama")
    assert (ollama.is_usable, ollama.needs_credential, ollama.models) == (False, False, [])
    assert ollama.problem is not None
    assert ollama.problem.code == "PROVIDER_UNAVAILABLE"


async def test_playbooks_are_told_with_their_phrases(make_agent: MakeAgent) -> None:
    agent = await agent_of(make_agent)
    told = agent.engine.providers.playbooks()
    names = [each.name for each in told.playbooks]
    assert told.default in names
    assert {"survey", "mend-the-test", "write-and-run"} <= set(names)
    assert all(each.steps > 0 and each.description for each in told.playbooks)
