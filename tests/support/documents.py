"""The registry's declarations, and what a document's schemas say of a real answer."""

from __future__ import annotations

from typing import Any, cast

import pytest
from jsonschema import Draft202012Validator

from roocode_server.engine.engine import Engine
from roocode_server.handlers.operation import Registry
from roocode_server.handlers.registry import AREAS, TRANSFERS


@pytest.fixture(scope="session")
def declarations() -> Registry:
    """Every operation as it is declared; none of them is run, so there is no engine behind them."""
    return Registry(tuple(area(cast(Engine, None)) for area in AREAS))


@pytest.fixture(scope="session")
def transfers() -> Registry:
    """As `declarations`, for what streams."""
    return Registry(tuple(area(cast(Engine, None)) for area in TRANSFERS))


def mistakes(document: dict[str, Any], schema: dict[str, Any], content: Any) -> list[str]:
    """Where `content` does not fit a schema of the document."""
    whole = {**schema, "components": document["components"]}
    checker = Draft202012Validator.FORMAT_CHECKER
    found = Draft202012Validator(whole, format_checker=checker).iter_errors(content)
    return [f"{mistake.json_path}: {mistake.message}" for mistake in found]
