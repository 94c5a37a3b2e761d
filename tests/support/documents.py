"""The registry's declarations, and validation of answers against a document's schemas."""

from __future__ import annotations

from typing import Any, cast

import pytest
from jsonschema import Draft202012Validator

from roocode_server.engine.engine import Engine
from roocode_server.handlers.operation import Registry
from roocode_server.handlers.registry import AREAS, TRANSFERS


@pytest.fixture(scope="session")
def declarations() -> Registry:
    """All declared operations. They are not called, so there is no engine behind them."""
    return Registry(tuple(area(cast(Engine, None)) for area in AREAS))


@pytest.fixture(scope="session")
def transfers() -> Registry:
    """As `declarations`, for operations that stream."""
    return Registry(tuple(area(cast(Engine, None)) for area in TRANSFERS))


def mistakes(document: dict[str, Any], schema: dict[str, Any], content: Any) -> list[str]:
    """Return how `content` deviates from a schema of the document."""
    whole = {**schema, "components": document["components"]}
    checker = Draft202012Validator.FORMAT_CHECKER
    found = Draft202012Validator(whole, format_checker=checker).iter_errors(content)
    return [f"{mistake.json_path}: {mistake.message}" for mistake in found]
