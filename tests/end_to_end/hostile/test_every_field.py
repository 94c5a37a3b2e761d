"""Every field of every operation, given values that are deep, long, wide, or of the wrong kind.

Meanwhile, another client in a separate process is never kept waiting, and what a third one writes is stored
and announced.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import marshmallow
import pytest

from roocode_server.engine.engine import Engine
from roocode_server.handlers.operation import Operation
from roocode_server.handlers.registry import AREAS
from tests.end_to_end.hostile.talking import Talker, code_of, connected
from tests.end_to_end.hostile.test_any_json import CALLERS_OWN
from tests.support.nightly import IS_NIGHTLY, times
from tests.support.others import others_stay_quick
from tests.support.server import ServerProcess

OPERATIONS = [declared for area in AREAS for declared in area(Engine.__new__(Engine)).operations()]
BY_NAMESPACE = {
    namespace: [declared for declared in OPERATIONS if declared.namespace == namespace]
    for namespace in sorted({declared.namespace for declared in OPERATIONS})
}

ODD = [
    '"\\ud83d"',
    '"a\\u0000b"',
    "9" * 30,
    "9" * 5000,
    "-1e400",
    "NaN",
    "[" * 300 + "]" * 300,
    '{"\\udfff":1}',
    '{"v":' * 300 + "1" + "}" * 300,
    "[" + "1," * 2000 + "1]",
    '["' + "x" * 70_000 + '"]',
]
"""JSON, or nearly, as the text that is sent; each in every field."""

AT_THE_OTHER_DOOR = times(3, nightly=len(ODD))
"""How many of them each field is given over HTTP too, by turns: it is read as at the socket."""

OF_WHAT_STANDS_ELSEWHERE = times(1, nightly=len(ODD))
"""How many of them each field is given, by turns, of an object that another operation takes too: the same
schema reads it there, where each of its fields is given them all.
"""

HEAVY = [
    json.dumps("x" * 1_000_000),
    json.dumps([1] * 99_000),
    json.dumps(dict.fromkeys(map(str, range(90_000)), 1)),
    "[" + "[]," * 400_000 + "[]]",
]
"""One of them in each field by turns, through the socket; each in every field in the nightly run."""


class Writer:
    """Somebody who works in a session of their own, and is told of it."""

    def __init__(self, client: Talker) -> None:
        self._client = client
        self._count = 0

    async def begin(self) -> None:
        made = await self._client.call("session.create", {"name": "Working"})
        self._place = {"sessionId": made["session"]["id"]}
        await self._client.call("event.subscribe", self._place)

    async def write(self) -> None:
        """Make a file; it is stored as it is, and its event comes."""
        self._count += 1
        file = {**self._place, "path": f"{self._count}.txt"}
        await self._client.send(
            "42" + json.dumps(["file.create", {**file, "content": f"number {self._count}"}])
        )
        while not ((told := await self._client.receive()) or "").startswith('42["file.created"'):
            assert told is not None
        assert json.loads(told[2:])[1]["path"] == f"/{self._count}.txt"
        read = await self._client.call("file.read", file)
        assert read["content"] == f"number {self._count}"


@dataclass(frozen=True)
class Place:
    """A field, one of a nested object too, as the text around its value: `"config":{"mode":…}`."""

    text: str
    stands_elsewhere: bool

    def within(self, wire_name: str, *, elsewhere: bool) -> Place:
        return Place(f"{wire_name}:{{{self.text}}}", elsewhere or self.stands_elsewhere)

    def values(self, turn: int, *, is_http: bool) -> list[str]:
        """What is put there."""
        if self.stands_elsewhere:
            heavy = _heavy(turn) if IS_NIGHTLY and not is_http else []
            return [*_by_turns(ODD, OF_WHAT_STANDS_ELSEWHERE, turn), *heavy]
        return _by_turns(ODD, AT_THE_OTHER_DOOR, turn) if is_http else [*ODD, *_heavy(turn)]


def _places(
    schema: marshmallow.Schema, known: set[type], elsewhere: frozenset[type] = frozenset()
) -> Iterator[Place]:
    """Each field, those of nested objects too.

    An object that stands in several places is gone through in the first one: the same schema reads it.
    """
    for name, field in schema.fields.items():
        wire_name = json.dumps(field.data_key or name)
        yield Place(f"{wire_name}:…", stands_elsewhere=False)
        if isinstance(field, marshmallow.fields.Nested) and (inner := type(field.schema)) not in known:
            known.add(inner)
            for place in _places(field.schema, known, elsewhere):
                yield place.within(wire_name, elsewhere=inner in elsewhere)


def _objects_before() -> dict[str, frozenset[type]]:
    """The schemas of the objects that the operations before each take."""
    before: dict[str, frozenset[type]] = {}
    taken: frozenset[type] = frozenset()
    for declared in OPERATIONS:
        before[declared.name], own = taken, set[type]()
        list(_places(declared.request.schema(), own))
        taken |= own
    return before


BEFORE = _objects_before()


def _objects(declared: Operation, session_id: str, *, is_http: bool) -> Iterator[str]:
    """The call with each value in each of its fields, the others left out, but for the session."""
    known = "" if declared.name == "session.delete" else f'"sessionId":{json.dumps(session_id)},'
    places = _places(declared.request.schema(), set(), BEFORE[declared.name])
    for number, place in enumerate(places, OPERATIONS.index(declared)):
        prefix = "" if place.text.startswith('"sessionId"') else known
        for content in place.values(number, is_http=is_http):
            yield f"{{{prefix}{place.text.replace('…', content)}}}"
    yield f'{{{known}"unknown":{ODD[0]}}}'


def _by_turns(values: list[str], many: int, turn: int) -> list[str]:
    """So many of them, which are others the next turn, until each has been there."""
    first = turn * many
    return [values[(first + place) % len(values)] for place in range(many)]


def _heavy(turn: int) -> list[str]:
    return HEAVY if IS_NIGHTLY else _by_turns(HEAVY, 1, turn)


@pytest.mark.parametrize("namespace", BY_NAMESPACE)
async def test_no_field_takes_what_keeps_others_waiting(server: ServerProcess, namespace: str) -> None:
    fed = server.request("POST", "/api/v1/sessions", {"name": "Fed"}).body["session"]["id"]
    async with (
        connected(server) as client,
        connected(server) as other,
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {server.key}"}) as http,
    ):
        writer = Writer(other)
        await writer.begin()
        with others_stay_quick(server):
            for declared in BY_NAMESPACE[namespace]:
                async with other.idle():
                    for raw in _objects(declared, fed, is_http=False):
                        answer = await client.call_raw(f'["{declared.name}",{raw}]')
                        assert code_of(answer) in {None, *CALLERS_OWN}, (declared.name, raw[:200], answer)
                async with client.idle(), other.idle():
                    if declared.rest is not None and declared.rest.method in ("POST", "PUT"):
                        await _post_each(http, server, declared, fed)
                await writer.write()


async def _post_each(
    http: aiohttp.ClientSession, server: ServerProcess, declared: Operation, session_id: str
) -> None:
    assert declared.rest is not None
    path = declared.rest.path.replace("{sessionId}", session_id)
    headers = {"Content-Type": "application/json"}
    for raw in _objects(declared, session_id, is_http=True):
        body: Any = raw.encode()
        async with http.request(
            declared.rest.method, server.url + path, data=body, headers=headers
        ) as response:
            answer = await response.json()
        assert code_of(answer) in {None, *CALLERS_OWN}, (declared.name, raw[:200], answer)
