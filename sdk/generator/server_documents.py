"""The documents of the server in this checkout, made without starting it."""

from __future__ import annotations

from typing import cast

from roocode_server.engine.engine import Engine
from roocode_server.handlers.operation import Registry
from roocode_server.handlers.registry import AREAS, TRANSFERS
from roocode_server.server.doors.asyncapi import asyncapi_document
from roocode_server.server.doors.openapi import openapi_document
from sdk.generator.documents import Documents, Json, read


def openapi_and_asyncapi() -> tuple[Json, Json]:
    """Return both documents as the server shows them."""
    # Operations that are not called need no engine behind them.
    registry = Registry(tuple(area(cast(Engine, None)) for area in AREAS))
    transfers = Registry(tuple(area(cast(Engine, None)) for area in TRANSFERS))
    return openapi_document(registry, transfers), asyncapi_document(registry, with_typed=False)


def documents() -> Documents:
    """Return what the documents say."""
    return read(*openapi_and_asyncapi())
