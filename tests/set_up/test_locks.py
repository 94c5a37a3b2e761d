"""The locks in requirements/ are complete, up to date with pyproject.toml, and match what is installed."""

from __future__ import annotations

import re
from importlib.metadata import distribution, version

import pytest
from packaging.markers import Marker, default_environment

from tests.support.locks import PROCESSORS, PYTHONS, asked, declared, environments, locked, objections, pins

EXTRAS = sorted(declared()["project"]["optional-dependencies"].keys() - {"all"})
SETS = {
    "core": (["core"], ["core"]),
    "set-up": (["set-up", "build"], ["set-up"]),
    **{extra: (["core", extra], ["core", extra]) for extra in EXTRAS},
    "dev": (["core", *EXTRAS, "dev"], ["core", *EXTRAS, "dev"]),
}
"""What is installed together: whose wishes are to be met, by which locks."""


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("environment", environments(), ids=lambda each: " ".join(list(each.values())[1:3]))
def test_a_lock_holds_all_that_is_asked_for_and_nothing_else(name: str, environment: dict[str, str]) -> None:
    wishes, locks = SETS[name]
    lock = pins(*map(locked, locks))
    assert not objections(asked(*wishes), lock, environment), "run `make lock`"


@pytest.mark.parametrize("name", [*SETS, "model", "lock"])
def test_every_package_of_a_lock_has_hashes(name: str) -> None:
    text = locked(name)
    lock = pins(text)
    assert len(lock) == len(re.findall("^[^# ]", text, re.MULTILINE)) > 0
    assert all(pin.hashes for pin in lock)


@pytest.mark.parametrize("name", ["core", *EXTRAS, "dev"])
def test_what_is_installed_is_what_is_locked(name: str) -> None:
    here = {key: str(content) for key, content in default_environment().items()}
    lock = [pin for pin in pins(locked(name)) if pin.marker is None or pin.marker.evaluate(here)]
    assert {pin.name: version(pin.name) for pin in lock} == {pin.name: pin.version for pin in lock}


def test_the_locks_are_made_for_each_processor() -> None:
    required = [Marker(text) for text in declared()["tool"]["uv"]["required-environments"]]
    for environment in environments():
        assert any(marker.evaluate(environment) for marker in required), environment


@pytest.mark.parametrize("name", ["core", *EXTRAS])
def test_a_package_that_is_compiled_is_locked_for_each_processor_and_each_python(name: str) -> None:
    """A lock does not say which hash is for what; one wheel for each is the least that there must be."""
    here = {key: str(content) for key, content in default_environment().items()}
    compiled = 0
    for pin in pins(locked(name)):
        if pin.marker is None or pin.marker.evaluate(here):
            tags = re.findall("^Tag: (.+)$", distribution(pin.name).read_text("WHEEL") or "", re.MULTILINE)
            assert tags, pin.name
            if all(tag.endswith("-any") for tag in tags):
                continue
            compiled += 1
            is_for_any_python = any("-abi3-" in tag or tag.startswith("py3-none-") for tag in tags)
            least = len(PROCESSORS) * (1 if is_for_any_python else len(PYTHONS))
            assert pin.hashes >= least, f"{pin.name} has {pin.hashes} hashes, and {least} are needed"
    assert compiled or name not in ("core", "semantic")


def test_a_set_of_all_extras_leaves_none_out() -> None:
    assert declared()["project"]["optional-dependencies"]["all"] == [
        f"roocode-server[{','.join(_in_order())}]"
    ]


def _in_order() -> list[str]:
    return [extra for extra in declared()["project"]["optional-dependencies"] if extra != "all"]


@pytest.mark.parametrize(
    ("names", "package", "asker"),
    [
        (["core"], "multidict", "yarl"),
        (["core"], "click", "pyproject.toml"),
        (["core", "gemini"], "requests", "google-auth"),  # asked for by an extra of what is asked for
        (["core", "semantic"], "huggingface-hub", "tokenizers"),
    ],
)
def test_a_lock_that_misses_a_package_is_told_from_a_whole_one(
    names: list[str], package: str, asker: str
) -> None:
    lock = [pin for pin in pins(*map(locked, names)) if pin.name != package]
    found = objections(asked(*names), lock, environments()[0])
    assert any(each.startswith(f"{asker} asks for {package}") and "not locked" in each for each in found)


def test_a_lock_that_is_older_than_what_is_declared_is_stale() -> None:
    newer = [*asked("core"), "aiohttp>=9999", "not-locked-yet"]
    found = objections(newer, pins(locked("core")), environments()[0])
    assert len(found) == 2
    assert "pyproject.toml asks for aiohttp>=9999" in " ".join(found)
    assert "pyproject.toml asks for not-locked-yet: not locked" in found


def test_a_lock_with_what_nothing_asks_for_any_more_is_stale() -> None:
    fewer = [requirement for requirement in asked("core") if not requirement.startswith("pypdf")]
    assert objections(fewer, pins(locked("core")), environments()[0]) == ["nothing asks for pypdf"]


def test_no_lock_names_a_place_where_packages_come_from() -> None:
    for name in [*SETS, "model", "lock"]:
        assert "://" not in locked(name)
        assert "--find-links" not in locked(name)
