from __future__ import annotations

import pytest

from engine.providers.catalogue import Providers
from engine.providers.provider import ProviderFailure
from engine.providers.scripted import ScriptedProvider


def test_a_provider_is_found_by_its_name() -> None:
    scripted = ScriptedProvider()
    assert Providers({"scripted": scripted}).find("scripted") is scripted


def test_auto_stands_for_the_first_that_can_be_used() -> None:
    scripted, other = ScriptedProvider(), ScriptedProvider()
    providers = Providers({"other": other, "scripted": scripted})
    assert providers.find("auto") is scripted
    assert providers.names() == ["other", "scripted"]


def test_one_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(ProviderFailure) as raised:
        Providers({"scripted": ScriptedProvider()}).find("anthropic")
    assert raised.value.code == "PROVIDER_UNAVAILABLE"
    assert raised.value.message == (
        "The provider `anthropic` cannot be used here. Usable are: auto, scripted."
    )


def test_without_any_provider_auto_is_refused_too() -> None:
    with pytest.raises(ProviderFailure) as raised:
        Providers({}).find("auto")
    assert "Usable are: none." in raised.value.message
