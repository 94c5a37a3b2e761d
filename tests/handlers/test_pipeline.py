"""The pipeline of every call: who calls, what they request, whether it is theirs, and in which order."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import timedelta
from typing import Any

import pytest

from roocode_server.engine.engine import Engine
from roocode_server.engine.limits.rates import RateLimits
from roocode_server.engine.monitoring.calls import CallRecorder
from roocode_server.engine.sessions.sessions import SessionAccess
from roocode_server.engine.tracing.tracer import NoTracer
from roocode_server.handlers.operation import Handlers, Operation, Registry, operation
from roocode_server.handlers.pipeline import OperationResponse, Pipeline
from roocode_server.models.audit import AuditEntry
from roocode_server.models.clock import now
from roocode_server.models.error import AppError, Conflict, NotFound
from roocode_server.models.identifier import SessionId, UserId
from roocode_server.models.limit_settings import LimitSettings
from roocode_server.models.quota import NO_LIMITS, Limit, OwnLimits, Quota
from roocode_server.models.session import ResourceLimits, Session, SessionConfig, SessionStatus
from roocode_server.models.shape import Shape, value
from roocode_server.models.sharing import Access
from roocode_server.models.user import Caller, Credential, Permission

THEIRS = "session-1"


class OwnSessions:
    """A stand-in for the engine's sessions: one of them is the caller's."""

    async def accessible(self, caller: Caller, session_id: str, permission: Permission) -> SessionAccess:
        if session_id != THEIRS:
            raise NotFound("session", session_id)
        session = Session(
            id=SessionId(session_id),
            user_id=caller.user_id,
            name="theirs",
            workspace_id=session_id,
            config=SessionConfig(
                provider="auto",
                model="auto",
                mode="code",
                allowed_commands=[],
                resource_limits=ResourceLimits(),
            ),
            status=SessionStatus.ACTIVE,
            created_at=now(),
            updated_at=now(),
        )
        return SessionAccess(session, Access.OWNER)


@value
class Asked(Shape):
    session_id: str = THEIRS
    what: str = "answer"


@value
class Told(Shape):
    told: str


class Desk(Handlers, namespace="/desk"):
    """Do what the test asks for."""

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

    @operation("desk.whose", permission=Permission.TASK_WRITE, on="session_id")
    async def whose(self, caller: Caller, request: Asked, session: Session) -> Told:
        """Name the session that was loaded for access."""
        return Told(told=session.name)

    @operation("desk.queue", permission=None, exclusive=("session_id",))
    async def queue(self, caller: Caller, request: Asked) -> Told:
        """Wait in turn."""
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            await asyncio.sleep(0)
        finally:
            self.under_way -= 1
        self.order.append(request.what)
        if request.what == "defect":
            raise RuntimeError
        return Told(told=request.what)

    @operation("desk.order", permission=Permission.TASK_WRITE, limit=Limit.TOOL_EXECUTION)
    async def order_it(self, caller: Caller, request: Asked) -> Told:
        """An operation with a rate limit."""
        if request.what == "conflict":
            raise Conflict("Not now")
        return Told(told=request.what)

    @operation("desk.enter", permission=None, limit=Limit.AUTHENTICATION)
    async def enter(self, caller: Caller, request: Asked) -> Told:
        """An operation without credentials, with a rate limit."""
        return Told(told=request.what)


DESK = Desk()
REGISTRY = Registry((DESK,))
ASK, QUEUE = REGISTRY["desk.ask"], REGISTRY["desk.queue"]
ORDER, ENTER = REGISTRY["desk.order"], REGISTRY["desk.enter"]
ANYBODY = Caller.anonymous(request_id="request-1", base_url="http://here")
SOMEBODY = dataclasses.replace(
    ANYBODY,
    user_id=UserId("user-1"),
    credential=Credential.TOKEN,
    permissions=frozenset({Permission.TASK_WRITE}),
)


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.moment = 1_642_248_600.5

    def __call__(self) -> float:
        return self.moment


@pytest.fixture
def clock() -> Clock:
    return Clock()


class KeptEntries:
    """A stand-in for the audit log that keeps its entries."""

    def __init__(self) -> None:
        self.entries: list[AuditEntry] = []

    async def record(self, entry: AuditEntry) -> None:
        self.entries.append(entry)


@pytest.fixture
def audit() -> KeptEntries:
    return KeptEntries()


@pytest.fixture
def pipeline(clock: Clock, audit: KeptEntries) -> Pipeline:
    rates = RateLimits(LimitSettings(tool_execution=3, authentication=2), clock=clock)
    return Pipeline(OwnSessions(), rates, audit, CallRecorder(), NoTracer(), object())  # type: ignore[arg-type]


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


async def test_a_method_that_takes_the_session_is_given_the_one_of_the_access_check(
    pipeline: Pipeline,
) -> None:
    told = await answer(pipeline, {"sessionId": THEIRS}, asked=REGISTRY["desk.whose"])
    assert told.body == {"told": "theirs"}


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


async def many(
    pipeline: Pipeline, count: int, caller: Caller = SOMEBODY, asked: Operation = ORDER, **raw: Any
) -> list[int]:
    """Return the statuses of this many calls in a row."""
    return [(await answer(pipeline, raw, caller, asked)).status for _ in range(count)]


async def test_a_class_of_calls_is_refused_once_its_number_is_used_up(
    pipeline: Pipeline, clock: Clock
) -> None:
    began = clock.moment
    assert await many(pipeline, 2) == [200, 200]
    clock.moment += 17.2
    assert (await answer(pipeline, {}, asked=ORDER)).quota == Quota(
        Limit.TOOL_EXECUTION, 3, 0, resets_at=began + 60
    )
    told = await answer(pipeline, {}, asked=ORDER)
    assert told.status == 429
    assert told.body["error"]["code"] == "RATE_LIMIT_EXCEEDED"
    assert told.body["error"]["details"] == {
        "limit": "tool_execution",
        "most": 3,
        "windowS": 60,
        "retryAfter": 43,
    }


async def test_who_waits_as_long_as_they_are_told_is_answered_again(pipeline: Pipeline, clock: Clock) -> None:
    await many(pipeline, 3)
    clock.moment += 31.7
    refused = await answer(pipeline, {}, asked=ORDER)
    clock.moment += refused.body["error"]["details"]["retryAfter"]
    assert await many(pipeline, 4) == [200, 200, 200, 429]


async def test_calls_that_are_refused_put_the_end_of_the_window_off_no_further(
    pipeline: Pipeline, clock: Clock
) -> None:
    await many(pipeline, 50)
    clock.moment += 60
    assert await many(pipeline, 1) == [200]


async def test_what_fails_is_counted_and_tells_what_is_left(pipeline: Pipeline) -> None:
    for raw, remaining in (({"what": "conflict"}, 2), ({"unknown": 1}, 1), ({"what": "conflict"}, 0)):
        told = await answer(pipeline, raw, asked=ORDER)
        assert told.failure is not None
        assert told.quota is not None
        assert told.quota.remaining == remaining
    assert await many(pipeline, 1) == [429]


async def test_who_may_not_ask_is_not_counted(pipeline: Pipeline) -> None:
    stripped = dataclasses.replace(SOMEBODY, permissions=frozenset())
    assert await many(pipeline, 9, stripped) == [403] * 9
    assert await many(pipeline, 1) == [200]


async def test_a_call_over_the_limit_is_not_read(pipeline: Pipeline) -> None:
    async def read() -> object:
        raise AssertionError("nobody is to read this")

    await many(pipeline, 3)
    assert (await pipeline.answer(ORDER, SOMEBODY, read)).status == 429


async def test_an_operation_without_a_class_is_never_refused_for_its_number(pipeline: Pipeline) -> None:
    assert await many(pipeline, 200, asked=ASK) == [201] * 200


@pytest.mark.parametrize(
    "other",
    [
        dataclasses.replace(SOMEBODY, user_id=UserId("user-2")),
        dataclasses.replace(SOMEBODY, credential=Credential.KEY, credential_id="key-1"),
    ],
    ids=["another user", "a key of the same user"],
)
async def test_what_one_caller_uses_up_is_left_to_another(pipeline: Pipeline, other: Caller) -> None:
    assert await many(pipeline, 4) == [200, 200, 200, 429]
    assert await many(pipeline, 4, other) == [200, 200, 200, 429]


async def test_all_tokens_of_a_user_are_counted_together(pipeline: Pipeline) -> None:
    await many(pipeline, 2, dataclasses.replace(SOMEBODY, credential_id="token-1"))
    assert await many(pipeline, 2, dataclasses.replace(SOMEBODY, credential_id="token-2")) == [200, 429]


@pytest.mark.parametrize(
    ("limits", "statuses"),
    [
        (None, [200, 200, 200, 429]),
        ({}, [200, 200, 200, 429]),
        ({Limit.TOOL_EXECUTION: 1}, [200, 429, 429, 429]),
        ({Limit.TOOL_EXECUTION: 4}, [200, 200, 200, 200]),
        ({Limit.FILE_OPERATIONS: 1}, [200, 200, 200, 429]),
        (NO_LIMITS, [200, 200, 200, 200]),
    ],
)
async def test_a_key_may_have_limits_of_its_own(
    pipeline: Pipeline, limits: OwnLimits | None, statuses: list[int]
) -> None:
    key = dataclasses.replace(SOMEBODY, credential=Credential.KEY, credential_id="key-1", limits=limits)
    assert await many(pipeline, 4, key) == statuses


async def test_what_needs_no_credentials_is_counted_by_address_whoever_asks(pipeline: Pipeline) -> None:
    here = dataclasses.replace(SOMEBODY, address="192.0.2.1", limits=NO_LIMITS)
    nobody = dataclasses.replace(ANYBODY, address="192.0.2.1")
    elsewhere = dataclasses.replace(ANYBODY, address="192.0.2.2")
    assert await many(pipeline, 2, here, ENTER) == [200, 200]
    assert await many(pipeline, 1, nobody, ENTER) == [429]
    assert await many(pipeline, 2, elsewhere, ENTER) == [200, 200]


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("fe80::1%eth0", "fe80::2%eth1", True),
    ],
)
async def test_the_addresses_that_one_subscriber_can_take_are_one(
    pipeline: Pipeline, one: str, other: str, is_same: bool
) -> None:
    await many(pipeline, 2, dataclasses.replace(ANYBODY, address=one), ENTER)
    told = await many(pipeline, 1, dataclasses.replace(ANYBODY, address=other), ENTER)
    assert told == [429 if is_same else 200]


async def test_a_limit_that_is_null_is_off(clock: Clock, audit: KeptEntries) -> None:
    rates = RateLimits(LimitSettings(tool_execution=None), clock=clock)
    unlimited = Pipeline(OwnSessions(), rates, audit, CallRecorder(), NoTracer(), object())  # type: ignore[arg-type]
    assert await many(unlimited, 100) == [200] * 100
    assert (await answer(unlimited, {}, asked=ORDER)).quota is None


async def test_a_call_that_may_change_something_is_an_entry_of_the_audit_log(
    pipeline: Pipeline, audit: KeptEntries
) -> None:
    await answer(pipeline, {"what": "conflict"})
    [entry] = audit.entries
    assert (entry.user_id, entry.operation, entry.status, entry.code) == (
        "user-1",
        "desk.ask",
        409,
        "RESOURCE_CONFLICT",
    )
    assert entry.subject == {"sessionId": THEIRS}


async def test_what_only_reads_is_no_entry_unless_it_is_refused(
    pipeline: Pipeline, audit: KeptEntries
) -> None:
    reading = dataclasses.replace(ASK, audited=False)
    await answer(pipeline, {}, asked=reading)
    assert audit.entries == []
    await answer(pipeline, {}, dataclasses.replace(SOMEBODY, permissions=frozenset()), reading)
    assert [entry.code for entry in audit.entries] == ["PERMISSION_DENIED"]


async def test_a_stranger_cannot_fill_the_audit_log(pipeline: Pipeline, audit: KeptEntries) -> None:
    await answer(pipeline, {}, ANYBODY, dataclasses.replace(ASK, audited=False))
    assert audit.entries == []


async def test_calls_over_a_limit_are_no_entries(pipeline: Pipeline, audit: KeptEntries) -> None:
    await many(pipeline, 10)
    assert [entry.status for entry in audit.entries] == [200, 200, 200]
