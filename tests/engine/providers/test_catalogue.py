"""Which provider is used, at which URL, and with whose key."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from roocode_server.engine.providers.addresses import check_address, is_allowed
from roocode_server.engine.providers.anthropic import AnthropicProvider
from roocode_server.engine.providers.catalogue import Providers
from roocode_server.engine.providers.gemini import GeminiProvider
from roocode_server.engine.providers.openai import OllamaProvider, OpenAIProvider
from roocode_server.engine.providers.provider import (
    Endpoint,
    ModelEvent,
    ModelRequest,
    Provider,
    ProviderFailure,
)
from roocode_server.engine.providers.scripted.provider import ScriptedProvider
from roocode_server.models.settings import ProviderSettings

NOBODY = "http://127.0.0.1:1/v1"
ANTHROPIC = {"ANTHROPIC_API_KEY": "key-a"}
OPENAI = {"OPENAI_API_KEY": "key-o"}
GEMINI = {"GOOGLE_API_KEY": "key-g"}


def catalogue(environment: Mapping[str, str] | None = None, **settings: Any) -> Providers:
    """All providers, with this environment and settings of the section `providers`."""
    all_of_them: tuple[Provider, ...] = (
        ScriptedProvider(),
        AnthropicProvider(),
        OpenAIProvider(),
        GeminiProvider(),
        OllamaProvider(),
    )
    section = ProviderSettings.load_plain({"ollama": {"base_url": NOBODY}, **settings})
    return Providers({each.name: each for each in all_of_them}, section, environment or {})


async def refused(providers: Providers, name: str, own: Endpoint | None = None) -> ProviderFailure:
    with pytest.raises(ProviderFailure) as raised:
        await providers.find(name, own=own)
    return raised.value


async def test_a_provider_is_found_by_its_name() -> None:
    found = await catalogue().find("scripted", "survey")
    assert (found.provider.name, found.model, found.endpoint) == ("scripted", "survey", Endpoint())


@pytest.mark.parametrize(
    ("environment", "name", "key"),
    [
        ({**GEMINI, **OPENAI, **ANTHROPIC}, "anthropic", "key-a"),
        ({**GEMINI, **OPENAI}, "openai", "key-o"),
        (GEMINI, "gemini", "key-g"),
        ({"GEMINI_API_KEY": "key-h", **GEMINI}, "gemini", "key-h"),
        ({"OPENAI_API_KEY": "  "}, "scripted", None),
        ({}, "scripted", None),
        ({"OPENAI_BASE_URL": "http://127.0.0.1:8080/v1"}, "openai", None),
        ({"ANTHROPIC_BASE_URL": "http://127.0.0.1:8080", **OPENAI}, "openai", "key-o"),
    ],
)
async def test_auto_is_the_first_that_has_a_key(
    environment: dict[str, str], name: str, key: str | None
) -> None:
    found = await catalogue(environment).find("auto")
    assert (found.provider.name, found.endpoint.api_key) == (name, key)


@pytest.mark.parametrize("answer", [b'{"data": [{"id": "qwen3"}, {"id": "other"}]}'])
async def test_auto_is_a_local_ollama_that_answers(answering: str, answer: bytes) -> None:
    found = await catalogue(ollama={"base_url": answering}).find("auto")
    assert (found.provider.name, found.model) == ("ollama", "qwen3")
    assert found.endpoint == Endpoint(base_url=answering)


@pytest.mark.parametrize("answer", [b'{"data": []}', b"<html>", b"[]", b'{"data": 3}'])
async def test_what_answers_without_models_is_not_chosen(answering: str, answer: bytes) -> None:
    providers = catalogue(ollama={"base_url": answering})
    assert (await providers.find("auto")).provider.name == "scripted"
    failure = await refused(providers, "ollama")
    assert failure.code == "PROVIDER_UNAVAILABLE"
    assert answering in failure.message


async def test_one_that_is_not_there_is_refused_with_those_that_are() -> None:
    failure = await refused(catalogue(), "nobody")
    assert failure.code == "PROVIDER_UNAVAILABLE"
    assert failure.message == (
        "The provider `nobody` cannot be used here. "
        "Available: auto, anthropic, gemini, ollama, openai, scripted."
    )


async def test_without_any_provider_auto_is_refused_too() -> None:
    assert "Available: none." in (await refused(Providers({}, environment={}), "auto")).message


async def test_a_program_brings_its_own_provider() -> None:
    class Own:
        name = "own"

        async def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
            raise NotImplementedError
            yield

    found = await Providers({"own": Own()}, environment={}).find("own", "any")
    assert (found.provider.name, found.model) == ("own", "any")


async def test_the_model_auto_is_the_settings_choice_or_a_default() -> None:
    settings = {"openai": {"model": "gpt-4.1"}}
    providers = catalogue({**OPENAI, **ANTHROPIC}, **settings)
    assert (await providers.find("openai")).model == "gpt-4.1"
    assert (await providers.find("anthropic")).model.startswith("claude-")
    assert (await providers.find("openai", "o3")).model == "o3"


async def test_the_address_is_the_settings_then_the_environments() -> None:
    environment = {**OPENAI, "OPENAI_BASE_URL": "http://of.environment/v1"}
    assert (await catalogue(environment).find("openai")).endpoint.base_url == "http://of.environment/v1"
    settings = {"openai": {"base_url": "http://of.settings/v1"}}
    found = await catalogue(environment, **settings).find("openai")
    assert found.endpoint == Endpoint(base_url="http://of.settings/v1", api_key="key-o")


async def test_a_callers_own_key_beats_the_servers() -> None:
    found = await catalogue(OPENAI).find("openai", own=Endpoint(api_key="mine"))
    assert found.endpoint.api_key == "mine"


async def test_the_servers_key_never_goes_to_a_callers_own_address() -> None:
    own = Endpoint(base_url="http://127.0.0.1:9/v1")
    assert (await catalogue(OPENAI).find("openai", own=own)).endpoint == own


@pytest.mark.parametrize(
    "base_url",
    [
        "http://10.0.0.1/v1",
        "http://192.168.1.1:8080/v1",
        "http://169.254.169.254/latest",
        "http://[fd00::1]/v1",
        "http://[::ffff:10.0.0.1]/v1",
        "http://0.0.0.0/v1",
        "ftp://models.example/v1",
        "http:///v1",
    ],
)
async def test_an_own_address_leads_into_no_private_network(base_url: str) -> None:
    failure = await refused(catalogue(OPENAI), "openai", Endpoint(base_url=base_url, api_key="mine"))
    assert failure.code == "PROVIDER_UNAVAILABLE"


async def test_an_operator_can_allow_private_networks() -> None:
    own = Endpoint(base_url="http://10.0.0.1/v1", api_key="mine")
    providers = catalogue(allow_private_base_urls=True)
    assert (await providers.find("openai", own=own)).endpoint == own


async def test_a_host_without_an_address_may_get_one_later() -> None:
    with pytest.raises(ProviderFailure) as raised:
        await check_address("http://nobody.invalid/v1", allow_private=False)
    assert raised.value.retryable


@given(some.ip_addresses(v=4, network="10.0.0.0/8") | some.ip_addresses(v=4, network="172.16.0.0/12"))
def test_private_addresses_are_refused_in_any_clothes(address: Any) -> None:
    import ipaddress

    assert not is_allowed(address)
    assert not is_allowed(ipaddress.IPv6Address(f"::ffff:{address}"))
    assert not is_allowed(ipaddress.IPv6Address((0x0064FF9B << 96) | int(address)))


async def test_a_named_model_is_not_taken_for_a_playbook_where_no_model_is_set_up() -> None:
    with pytest.raises(ProviderFailure, match="No language model is configured") as raised:
        await catalogue().find("auto", "llama-3.1")
    assert raised.value.code == "PROVIDER_UNAVAILABLE"
    assert (await catalogue().find("auto", "survey")).provider.name == "scripted"
    base_url = {"openai": {"base_url": "http://127.0.0.1:8080/v1"}}
    assert (await catalogue(**base_url).find("auto", "llama-3.1")).provider.name == "openai"
