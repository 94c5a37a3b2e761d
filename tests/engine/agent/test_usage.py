"""Reports of usage: every request of every task counts once, whatever becomes of it."""

from __future__ import annotations

import asyncio
import datetime
import random
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from roocode_server.engine.providers.provider import ModelRequest, ProviderFailure, Usage
from roocode_server.engine.storage import usage as storage
from roocode_server.models.error import PermissionDenied
from roocode_server.models.session import SessionCreate
from roocode_server.models.task import RETRIABLE, TaskRef
from roocode_server.models.usage_report import UsagePage, UsageReport
from roocode_server.models.user import Caller, Credential, Identity, Role
from tests.engine.agent.conftest import Agent, Step, call, done, say, usage
from tests.support.nightly import times

Make = Callable[..., Awaitable[Agent]]
MODELS = ("claude-sonnet-4-5", "gpt-5", "any")


class Chance:
    """A model that answers at random and remembers what each request has used."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - not for secrets
        self._number = 0
        self.used: list[tuple[str, Usage]] = []

    def __call__(self, request: ModelRequest) -> Iterator[Step]:
        self._number += 1
        counted = self._usage()
        self.used.append((request.model, counted))
        if not request.tools:  # a summary is asked for
            yield say("What came so far.")
            yield counted
            return
        yield usage(1, 0)  # replaced by what follows
        yield counted
        kind = self._random.choice(["look", "look", "delegate", "done", "broken", "refused", "nothing"])
        if kind == "look":
            yield call("list_files", f"call-{self._number}", path=".", recursive=bool(self._number % 2))
        elif kind == "delegate":
            yield call("new_task", f"call-{self._number}", mode="code", message="a part")
        elif kind == "done":
            yield done(f"part {self._number}")
        elif kind == "broken":
            yield ProviderFailure("MODEL_OVERLOADED", "busy", retryable=True)
        elif kind == "refused":
            yield ProviderFailure("REQUEST_REFUSED", "no")

    def _usage(self) -> Usage:
        reads = self._random.randrange(2000)
        return Usage(
            tokens_in=reads + self._random.choice([10, 3000, 70_000]),
            tokens_out=self._random.randrange(500),
            cache_reads=reads,
            cost=self._random.choice([0.0, 0.01, 0.125]),
        )


async def report(agent: Agent, caller: Caller | None = None, **wanted: Any) -> UsagePage:
    return await agent.engine.usage.page(caller or agent.caller, UsageReport.load(wanted))


@pytest.mark.parametrize("seed", range(times(2, nightly=4)))
async def test_a_report_is_the_sum_of_all_replies(make_agent: Make, seed: int) -> None:
    agent = await make_agent(
        {"condense_percent": 50, "request_attempts": 2, "mistake_limit": 0, "repetition_limit": 0}
    )
    chance = Chance(seed)
    sessions = [agent.session_id]
    for model in MODELS:
        wanted = SessionCreate.load({"config": {"provider": "stand-in", "model": model}})
        sessions.append((await agent.engine.sessions.create(agent.caller, wanted)).id)
    for number, session_id in enumerate(sessions * 2):
        agent.session_id = session_id
        agent.model.answers[:] = [chance] * 10_000
        task = await agent.run(input=f"part {number}", maxIterations=12)
        if task.status in RETRIABLE:
            await agent.engine.tasks.retry(TaskRef(session_id=session_id, task_id=task.id))
            await agent.finish(task)
    await agent.engine.sessions.delete(sessions[0])
    by_model = await report(agent, groupBy=["model"])
    for row in by_model.data:
        used = [each for model, each in chance.used if model == row.model]
        assert row.requests == len(used)
        assert row.tokens_in == sum(each.tokens_in for each in used)
        assert row.tokens_out == sum(each.tokens_out for each in used)
        assert row.cache_reads == sum(each.cache_reads for each in used)
        assert row.cost == pytest.approx(sum(each.cost or 0 for each in used))
    assert {row.model for row in by_model.data} == {model for model, _ in chance.used}
    assert by_model.total.requests == len(chance.used)
    for grouped in (["session"], ["day", "session", "model"], ["user"]):
        rows = await report(agent, groupBy=grouped, limit=1000)
        assert sum(row.requests for row in rows.data) == len(chance.used)
        assert sum(row.tokens_in for row in rows.data) == by_model.total.tokens_in


async def test_requests_without_a_known_price_are_told_from_those_that_cost_nothing(agent: Agent) -> None:
    def unpriced(page: UsagePage) -> dict[str | None, tuple[int, int, float]]:
        return {row.model: (row.requests, row.unpriced_requests, row.cost) for row in page.data}

    sessions = {"any": agent.session_id}
    for model in ("claude-sonnet-4-5", "free-of-charge"):
        wanted = SessionCreate.load({"config": {"provider": "stand-in", "model": model}})
        sessions[model] = (await agent.engine.sessions.create(agent.caller, wanted)).id
    used = {
        "any": [usage(50, 5)],
        "claude-sonnet-4-5": [usage(1_000_000, 0)],
        "free-of-charge": [Usage(tokens_in=50, tokens_out=5, cost=0.0)],
    }
    for model, session_id in sessions.items():
        agent.session_id = session_id
        await agent.run([done(), *used[model]])
    by_model = await report(agent, groupBy=["model"])
    assert unpriced(by_model) == {
        "any": (1, 1, 0.0),
        "claude-sonnet-4-5": (1, 0, 3.0),
        "free-of-charge": (1, 0, 0.0),
    }
    assert (by_model.total.requests, by_model.total.unpriced_requests) == (3, 1)


async def test_a_request_without_a_known_price_is_counted_as_such_also_when_it_fails(agent: Agent) -> None:
    def fails(_: ModelRequest) -> Iterator[Step]:
        yield usage(30, 1)
        yield ProviderFailure("REQUEST_REFUSED", "no")

    await agent.run(fails)
    total = (await report(agent)).total
    assert (total.requests, total.unpriced_requests) == (1, 1)


async def test_the_days_are_those_of_utc_and_old_ones_are_removed(
    agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    moments = [(2024, 1, 30), (2026, 1, 30), (2026, 1, 31), (2026, 2, 1)]
    for year, month, day in moments:
        zone = datetime.timezone(datetime.timedelta(hours=-5))
        evening = datetime.datetime(year, month, day, 22, tzinfo=zone)
        monkeypatch.setattr(storage, "now", lambda evening=evening: evening)
        await agent.run([done(), usage(day, 1)])
    rows = (await report(agent)).data
    assert [(row.day, row.tokens_in) for row in rows] == [
        ("2026-02-02", 1),
        ("2026-02-01", 31),
        ("2026-01-31", 30),
    ]
    some = await report(agent, since="2026-02-01", until="2026-02-01")
    assert [row.day for row in some.data] == ["2026-02-01"]
    assert some.total.tokens_in == 31
    page = await report(agent, limit=1, offset=1)
    assert [row.day for row in page.data] == ["2026-02-01"]
    assert (page.pagination.total, page.total.requests) == (3, 3)


async def test_users_see_their_own_usage_and_administrators_that_of_all(agent: Agent) -> None:
    await agent.run([done(), usage(5, 1)])
    user = await agent.engine.accounts.create_user(
        "dev@example.com", "a-long-password-1", "Dev", [Role.DEVELOPER]
    )
    identity = Identity(user=user, credential=Credential.OPEN, credential_id="", expires_at=None)
    dev = Caller.of(identity, request_id="test", base_url="http://test")
    assert (await report(agent, dev)).data == []
    with pytest.raises(PermissionDenied):
        await report(agent, dev, userId=agent.caller.user_id)
    everything = await report(agent, groupBy=["user"])
    assert [row.user_id for row in everything.data] == [agent.caller.user_id]


async def test_a_request_that_is_cut_off_by_a_cancellation_counts_as_far_as_it_is_known(agent: Agent) -> None:
    written = 0

    def endless(_: ModelRequest) -> Iterator[Step]:
        nonlocal written
        yield usage(30, 1)
        while True:
            written += 1
            yield say("and so on ")

    task = await agent.start(endless)
    async with asyncio.timeout(60):
        while written < 3:
            await asyncio.sleep(0.01)
    cancelled = await agent.engine.tasks.cancel(task.session_id, task.id)
    assert (cancelled.usage.total_requests, cancelled.usage.total_tokens_in) == (1, 30)
    assert (await report(agent)).total.tokens_in == 30


async def test_a_server_that_is_killed_has_counted_what_it_has_stored(make_agent: Make) -> None:
    agent = await make_agent()
    task = await agent.start([call("ask_followup_question", question="?"), usage(40, 10)])
    await agent.until(task, lambda now: now.activity == "interactive")
    again = await agent.reopen()
    again.model.answers += [[done(), usage(2, 1)]]
    await again.say(task, "go on")
    ended = await again.finish(task)
    total = (await report(again)).total
    assert (total.requests, total.tokens_in) == (2, 42)
    assert (ended.usage.total_requests, ended.usage.total_tokens_in) == (2, 42)
