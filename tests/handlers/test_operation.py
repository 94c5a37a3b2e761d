"""Operations are declared once; contradictions are found when the registry is built."""

from __future__ import annotations

from typing import Any

import pytest

from roocode_server.engine.engine import Engine
from roocode_server.engine.idempotency.receipts import Receipt
from roocode_server.handlers.connection import Connection
from roocode_server.handlers.operation import Handlers, Registry, annotations_of, operation
from roocode_server.models.error import NotFound
from roocode_server.models.session import Session
from roocode_server.models.shape import Shape, value
from roocode_server.models.user import Caller, Permission

ENGINE: Any = Engine.__new__(Engine)


@value
class Wanted(Shape):
    session_id: str
    shelf: str = "a"


@value
class Given(Shape):
    title: str


class BookHandlers(Handlers, namespace="/books"):
    @operation(
        "book.get",
        rest="GET /api/v1/sessions/{sessionId}/books/{shelf}",
        permission=Permission.FILE_READ,
        on="session_id",
        exclusive=("session_id",),
        errors=(NotFound,),
    )
    async def get(self, caller: Caller, request: Wanted) -> Given:
        """Get a book."""
        return Given(title=request.shelf)

    @operation("book.follow", permission=None)
    async def follow(self, caller: Caller, request: Wanted, connection: Connection) -> Given:
        """Follow a book."""
        return Given(title="")

    async def helper(self) -> None:
        """Not declared, so nobody can call it."""


REGISTRY = Registry((BookHandlers(ENGINE),))


def test_shapes_documentation_and_path_are_read_from_the_method() -> None:
    declared = REGISTRY["book.get"]
    assert (declared.request, declared.response, declared.documentation) == (Wanted, Given, "Get a book.")
    assert declared.rest is not None
    assert (declared.rest.method, declared.rest.placeholders) == ("GET", ["sessionId", "shelf"])
    assert declared.wire_names == ["sessionId", "shelf"]


def test_a_method_that_takes_the_connection_has_no_route() -> None:
    declared = REGISTRY["book.follow"]
    assert declared.needs_connection and declared.rest is None


def test_the_root_namespace_carries_everything_and_an_areas_own_carries_the_area() -> None:
    assert REGISTRY.namespaces == ["/", "/books"]
    assert set(REGISTRY.within("/")) == set(REGISTRY.within("/books")) == {"book.get", "book.follow"}
    assert REGISTRY.within("/none") == {}


def test_what_is_not_declared_cannot_be_asked_for() -> None:
    assert set(REGISTRY) == {"book.get", "book.follow"}


def test_the_documents_say_who_may() -> None:
    assert annotations_of(REGISTRY["book.get"])["x-permission"] == Permission.FILE_READ.value
    assert annotations_of(REGISTRY["book.follow"])["x-permission"] is None


def test_a_name_is_declared_once() -> None:
    with pytest.raises(ValueError, match=r"book\.get is declared twice"):
        Registry((BookHandlers(ENGINE), BookHandlers(ENGINE)))


@pytest.mark.parametrize(
    ("facts", "complaint"),
    [
        ({"on": "nothing"}, "names a field"),
        ({"exclusive": ("session_id", "nothing")}, "names a field"),
        ({"rest": "GET /books/{nothing}"}, "has a path with a field"),
        ({"rest": "GET /books/{session_id}"}, "has a path with a field"),  # the wire's name is sessionId
    ],
)
def test_a_field_that_the_request_does_not_have_is_found_when_the_server_starts(
    facts: dict[str, Any], complaint: str
) -> None:
    class Wrong(Handlers, namespace="/wrong"):
        @operation("wrong.get", permission=None, **facts)
        async def get(self, caller: Caller, request: Wanted) -> Given:
            """Get."""
            return Given(title="")

    with pytest.raises(ValueError, match=complaint):
        Registry((Wrong(ENGINE),))


def test_a_receipt_without_an_idempotency_key_is_found_when_the_server_starts() -> None:
    class Unkeyed(Handlers, namespace="/unkeyed"):
        @operation("unkeyed.create", permission=None)
        async def create(self, caller: Caller, request: Wanted, receipt: Receipt) -> Given:
            """Create."""
            return Given(title="")

    with pytest.raises(ValueError, match="without the other"):
        Registry((Unkeyed(ENGINE),))


@pytest.mark.parametrize(
    ("path", "other"),
    [
        ("GET /files/{shelf}", "GET /files/raw"),
        ("GET /files/{shelf}", "GET /files/raw/{sessionId}"),
        ("GET /{sessionId}/files/{shelf}", "GET /all/files/raw"),
        ("GET /files/{shelf}", "GET /{sessionId}/raw"),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_a_path_below_the_tail_of_another_is_refused(path: str, other: str, turned: bool) -> None:
    with pytest.raises(ValueError, match="take the same REST path"):
        Registry(two_paths(path, other, turned=turned))


@pytest.mark.parametrize("other", ["POST /files/raw", "GET /files", "GET /file/raw"])
def test_another_method_or_a_path_beside_the_tail_is_declared_in_peace(other: str) -> None:
    assert len(Registry(two_paths("GET /files/{shelf}", other))) == 2


def two_paths(path: str, other: str, *, turned: bool = False) -> tuple[Handlers, ...]:
    """Two areas: `path` ends in a tail, `other` does not."""

    class TailHandlers(Handlers, namespace="/tail"):
        @operation("tail.get", permission=None, rest=path, tail="shelf")
        async def get(self, caller: Caller, request: Wanted) -> Given:
            """Get."""
            return Given(title="")

    class BesideHandlers(Handlers, namespace="/beside"):
        @operation("beside.get", permission=None, rest=other)
        async def get(self, caller: Caller, request: Wanted) -> Given:
            """Get."""
            return Given(title="")

    areas: tuple[Handlers, ...] = (TailHandlers(ENGINE), BesideHandlers(ENGINE))
    return areas[::-1] if turned else areas


@pytest.mark.parametrize(
    "facts",
    [
        {"permission": None},
        {"permission": Permission.SESSION_READ, "on": "session_id", "exclusive": ("session_id",)},
    ],
)
def test_a_session_that_was_not_loaded_or_may_have_changed_since_is_given_to_no_method(
    facts: dict[str, Any],
) -> None:
    class Late(Handlers, namespace="/late"):
        @operation("late.get", **facts)
        async def get(self, caller: Caller, request: Wanted, session: Session) -> Given:
            """Get."""
            return Given(title=session.name)

    with pytest.raises(ValueError, match="cannot be given the session"):
        Registry((Late(ENGINE),))
