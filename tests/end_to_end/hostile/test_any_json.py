"""Arbitrary JSON as the argument of any operation: a result or a client error, never a server error."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Iterator
from typing import Any

import aiohttp
import marshmallow
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from roocode_server.engine.engine import Engine
from roocode_server.handlers.operation import Operation
from roocode_server.handlers.registry import AREAS
from tests.end_to_end.hostile.talking import Talker, code_of, connected
from tests.support.nightly import times
from tests.support.server import ServerProcess

EVERY_OPERATION = [declared for area in AREAS for declared in area(Engine.__new__(Engine)).operations()]
EXAMPLES = times(6, nightly=25)
CALLERS_OWN = {
    "VALIDATION_ERROR",
    "AUTHENTICATION_FAILED",
    "RESOURCE_NOT_FOUND",
    "RESOURCE_CONFLICT",
    "PERMISSION_DENIED",
    "PAYLOAD_TOO_LARGE",
    "WORKSPACE_LIMIT_EXCEEDED",
    "RATE_LIMIT_EXCEEDED",
    "SERVER_OVERLOAD",
    "IDEMPOTENCY_KEY_IN_USE",
    "IDEMPOTENCY_KEY_REUSED",
}

_texts = st.one_of(
    st.text(max_size=40),
    st.sampled_from(["", "\0", "\U0010ffff", "../..", "/", "%", "null", "NaN", "1e999", "-1", "x" * 5000,
                     "2026-01-01T00:00:00Z", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"]),
)  # fmt: skip
_numbers = st.one_of(
    st.integers(min_value=-(2**70), max_value=2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([0, -1, 2**31, 2**53, 2**63 - 1, 2**63, 2**64 - 1, 1e308, -0.0, 1.5]),
)
_leaves = st.one_of(st.none(), st.booleans(), _numbers, _texts)
_json = st.recursive(
    _leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=10), inner, max_size=4)
    ),
    max_leaves=8,
)


def _plausible(field: marshmallow.fields.Field[Any], session_id: str) -> st.SearchStrategy[Any]:
    """What the field could mean to take, so that more is reached than the first check."""
    match field:
        case marshmallow.fields.Nested():
            return _object(field.schema, session_id)
        case marshmallow.fields.Enum():
            return st.sampled_from([member.value for member in field.enum])
        case marshmallow.fields.Boolean():
            return st.booleans()
        case marshmallow.fields.Number():
            return st.one_of(st.integers(-2, 200), _numbers)
        case marshmallow.fields.List():
            return st.lists(_plausible(field.inner, session_id), max_size=3)
        case marshmallow.fields.Dict():
            return st.dictionaries(st.text(max_size=10), _json, max_size=3)
        case marshmallow.fields.String() if field.data_key == "sessionId":
            return st.just(session_id)
        case _:
            return _texts


def _object(schema: marshmallow.Schema, session_id: str) -> st.SearchStrategy[dict[str, Any]]:
    """Objects with the schema's fields, each of which is right, wrong, or left out."""
    named = {field.data_key or name: field for name, field in schema.fields.items()}
    values = {
        name: _plausible(field, session_id)
        if name == "sessionId"
        else st.one_of(_plausible(field, session_id), _plausible(field, session_id), _json)
        for name, field in named.items()
    }
    required = {name: values[name] for name, field in named.items() if field.required}
    optional = {name: values[name] for name in named if name not in required}
    return st.fixed_dictionaries(required, optional=optional)


class Loop:
    """An event loop with one connection, for examples that hypothesis runs one after another."""

    def __init__(self, server: ServerProcess) -> None:
        self._runner = asyncio.Runner()
        self._stack = contextlib.AsyncExitStack()
        self.server = server
        self.client: Talker = self.run(self._stack.enter_async_context(connected(server)))
        self.http: aiohttp.ClientSession = self.run(self._open_http())

    def run(self, work: Any) -> Any:
        return self._runner.run(work)

    def close(self) -> None:
        self.run(self._stack.aclose())
        self._runner.close()

    async def _open_http(self) -> aiohttp.ClientSession:
        return await self._stack.enter_async_context(aiohttp.ClientSession())


@pytest.fixture(scope="module")
def fuzzed(server: ServerProcess) -> Iterator[str]:
    """A session that the examples may do anything to."""
    made = server.request("POST", "/api/v1/sessions", {"name": "Fuzzed"})
    yield str(made.body["session"]["id"])


@pytest.fixture(scope="module")
def loop(server: ServerProcess) -> Iterator[Loop]:
    opened = Loop(server)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def other(server: ServerProcess) -> Iterator[Loop]:
    opened = Loop(server)
    yield opened
    opened.close()


# Runs outside of the event loop, which hypothesis does not know: the bystander of this module is a plain one.
@pytest.fixture(autouse=True)
def bystander(server: ServerProcess, other: Loop) -> Iterator[None]:
    logged = len(server.log)
    yield
    assert other.run(other.client.call("system.health"))["status"] == "healthy"
    assert "Traceback" not in server.log[logged:], server.log[logged:]
    assert "[error" not in server.log[logged:], server.log[logged:]


def _judge(declared: Operation, raw: Any, answer: Any) -> None:
    code = code_of(answer)
    assert isinstance(answer, dict), (declared.name, raw, answer)
    assert code is None or code in CALLERS_OWN, (declared.name, raw, answer)


FUZZ = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)


def _arguments(declared: Operation, session_id: str) -> st.SearchStrategy[Any]:
    plausible = _object(declared.request.schema(), session_id)
    if declared.name in ("tool.execute", "task.create"):
        # what runs is not in question here, and would be endless
        plausible = plausible.filter(lambda raw: not _runs(raw))
    return st.one_of(plausible, plausible, _json)


def _runs(raw: dict[str, Any]) -> bool:
    return raw.get("toolName") == "execute_command"


@pytest.mark.parametrize("declared", EVERY_OPERATION, ids=lambda declared: declared.name)
def test_any_json_is_answered_with_a_result_or_the_callers_own_mistake(
    loop: Loop, fuzzed: str, declared: Operation
) -> None:
    if declared.name == "session.delete":
        fuzzed = "session-00000000000000000000"

    @FUZZ
    @given(_arguments(declared, fuzzed))
    def try_one(raw: Any) -> None:
        _judge(declared, raw, loop.run(loop.client.call(declared.name, raw)))

    try_one()


REST_OPERATIONS = [declared for declared in EVERY_OPERATION if declared.rest is not None]


@pytest.mark.parametrize("declared", REST_OPERATIONS, ids=lambda declared: declared.name)
def test_any_body_and_query_are_answered_with_a_result_or_the_callers_own_mistake(
    loop: Loop, fuzzed: str, declared: Operation
) -> None:
    if declared.name == "session.delete":
        fuzzed = "session-00000000000000000000"
    assert declared.rest is not None
    path = declared.rest.path.replace("{sessionId}", fuzzed).replace("{path}", "any.txt")
    method, url = declared.rest.method, loop.server.url + path
    names = [name for name in declared.wire_names if name not in declared.rest.placeholders]

    async def ask(raw: Any, query: dict[str, str]) -> Any:
        headers = {"Authorization": f"Bearer {loop.server.key}"}
        body = None if method == "GET" else raw
        async with loop.http.request(method, url, json=body, params=query, headers=headers) as answer:
            assert answer.status < 500 or answer.status == 503
            return json.loads(await answer.read())

    @FUZZ
    @given(
        _json | _arguments(declared, fuzzed),
        st.dictionaries(st.sampled_from([*names, "unknown"]), _texts.map(str), max_size=3),
    )
    def try_one(raw: Any, query: dict[str, str]) -> None:
        _judge(declared, (raw, query), loop.run(ask(raw, query)))

    try_one()
