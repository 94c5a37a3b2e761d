"""The one way in which every call runs: who asks, what they ask, whether it is theirs, in which order."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import timedelta
from typing import Any

import pytest

from roocode_server.engine.engine import Engine
from roocode_server.handlers.operation import Handlers, Operation, Registry, operation
from roocode_server.handlers.pipeline import OperationResponse, Pipeline
from roocode_server.models.clock import now
from roocode_server.models.error import AppError, Conflict, NotFound
from roocode_server.models.identifier import UserId
from roocode_server.models.shape import Shape, value
from roocode_server.models.user import Caller, Credential, Permission

THEIRS = "session-1"


class OwnSessions:
    """A stand-in for the engine's sessions: one of them is the caller's."""

    async def check_access(self, caller: Caller, session_id: str) -> None:
        if session_id != THEIRS:
            raise NotFound("session", session_id)


@value
class Asked(Shape):
    session_id: str = THEIRS
    what: str = "answer"


@value
class Told(Shape):
    told: str


class Desk(Handlers, namespace="/desk"):
    """What it does is what the test asks for."""

    def __init__(self) -> None:
        super().__init__(Engine.__new__(Engine))
        self.under_way = self.most_under_way = 0
        self.order: list[str] = []

    @operation("desk.ask", rest="POST /desk", status=201, permission=Permission.TASK_WRITE, on="session_id")
    async def ask(self, caller: Caller, request: Asked) -> Told:
        """Ask."""
        match request.what:
            case "conflict":
                raise Conflict("Not now", status="busy")
            case "defect":
                raise RuntimeError("a secret of the implementation")
        return Told(told=request.what)

    @operation("desk.queue", permission=None, exclusive=("session_id",))
    async def queue(self, caller: Caller, request: Asked) -> Told:
        """Wait in turn."""
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        await asyncio.sleep(0)
        self.order.append(request.what)
        self.under_way -= 1
        if request.what == "defect":
            raise RuntimeError
        return Told(told=request.what)


DESK = Desk()
REGISTRY = Registry((DESK,))
ASK, QUEUE = REGISTRY["desk.ask"], REGISTRY["desk.queue"]
ANYBODY = Caller.anonymous(request_id="request-1", base_url="http://here")
SOMEBODY = dataclasses.replace(
    ANYBODY,
    user_id=UserId("user-1"),
    credential=Credential.TOKEN,
    permissions=frozenset({Permission.TASK_WRITE}),
)


@pytest.fixture
def pipeline() -> Pipeline:
    return Pipeline(OwnSessions())  # type: ignore[arg-type]


async def answer(
    pipeline: Pipeline, raw: object, caller: Caller = SOMEBODY, asked: Operation = ASK
) -> OperationResponse:
    return await pipeline.answer(asked, caller, raw)


async def test_a_result_has_the_declared_status(pipeline: Pipeline) -> None:
    told = await answer(pipeline, {})
    assert (told.status, told.body, told.failure) == (201, {"told": "answer"}, None)


@pytest.mark.parametrize(
    ("caller", "code"),
    [
        (ANYBODY, "AUTHENTICATION_FAILED"),
        (dataclasses.replace(SOMEBODY, expires_at=now() - timedelta(seconds=1)), "TOKEN_EXPIRED"),
        (dataclasses.replace(SOMEBODY, permissions=frozenset()), "PERMISSION_DENIED"),
    ],
)
async def test_who_may_not_ask_is_not_told_what_is_wrong_with_the_request(
    pipeline: Pipeline, caller: Caller, code: str
) -> None:
    told = await answer(pipeline, {"unknown": 1}, caller)
    assert told.body["error"]["code"] == code


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        ({"unknown": 1}, 400, "VALIDATION_ERROR"),
        ([], 400, "VALIDATION_ERROR"),
        ({"sessionId": "another's"}, 404, "RESOURCE_NOT_FOUND"),
        ({"what": "conflict"}, 409, "RESOURCE_CONFLICT"),
        ({"what": "defect"}, 500, "INTERNAL_ERROR"),
    ],
)
async def test_a_refusal_is_an_answer_with_a_code_and_the_calls_id(
    pipeline: Pipeline, raw: object, status: int, code: str
) -> None:
    told = await answer(pipeline, raw)
    assert isinstance(told.failure, AppError)
    assert told.status == status
    assert (told.body["error"]["code"], told.body["error"]["requestId"]) == (code, "request-1")


@pytest.mark.parametrize("raw", [{"unknown": 1}, {"what": 1}, {"what": "defect"}])
async def test_of_somebody_elses_session_nothing_else_is_looked_at(
    pipeline: Pipeline, raw: dict[str, Any]
) -> None:
    told = await answer(pipeline, {**raw, "sessionId": "another's"})
    assert told.body["error"]["code"] == "RESOURCE_NOT_FOUND"


async def test_a_defect_tells_nothing_of_the_implementation(pipeline: Pipeline) -> None:
    told = await answer(pipeline, {"what": "defect"})
    assert "secret" not in str(told.body)


async def test_calls_that_exclude_each_other_run_in_their_order_and_one_at_a_time(pipeline: Pipeline) -> None:
    DESK.order.clear()
    DESK.most_under_way = 0
    asked: list[Any] = [{"what": str(number)} for number in range(20)]
    await asyncio.gather(*(answer(pipeline, raw, ANYBODY, QUEUE) for raw in asked))
    assert (DESK.order, DESK.most_under_way) == ([raw["what"] for raw in asked], 1)


async def test_calls_about_different_things_do_not_wait_for_each_other(pipeline: Pipeline) -> None:
    DESK.most_under_way = 0
    asked = [{"sessionId": f"session-{number}"} for number in range(3)]
    await asyncio.gather(*(answer(pipeline, raw, ANYBODY, QUEUE) for raw in asked))
    assert DESK.most_under_way == 3


async def test_a_call_that_failed_or_was_given_up_holds_nobody_up(pipeline: Pipeline) -> None:
    failed = await answer(pipeline, {"what": "defect"}, ANYBODY, QUEUE)
    assert failed.status == 500
    given_up = asyncio.create_task(answer(pipeline, {}, ANYBODY, QUEUE))
    await asyncio.sleep(0)
    given_up.cancel()
    await asyncio.wait([given_up])
    assert (await answer(pipeline, {}, ANYBODY, QUEUE)).status == 200
