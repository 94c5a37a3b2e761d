"""Asking the model: retries, what is shown of an answer, and what it cost."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import orjson

from roocode_server.engine.providers.provider import Continuation, ProviderFailure, ReasoningDelta
from roocode_server.models.task import TaskStatus
from tests.engine.agent.conftest import Agent, call, done, say, usage


def broken(code: str = "MODEL_OVERLOADED", *, retryable: bool = True) -> ProviderFailure:
    return ProviderFailure(code, "The model is busy", retryable=retryable, retry_after_s=0)


async def test_a_failure_that_may_pass_is_tried_again_and_told(agent: Agent) -> None:
    task = await agent.run([broken()], [say("half"), broken("CONNECTION_BROKEN")], [say("whole"), done()])
    assert task.status is TaskStatus.COMPLETED
    retries = await agent.events("task.retrying")
    assert [(each["attempt"], each["error"]["code"]) for each in retries] == [
        (1, "MODEL_OVERLOADED"),
        (2, "CONNECTION_BROKEN"),
    ]
    assert "half" not in await agent.messages("text")
    assert "whole" in await agent.messages("text")


async def test_the_wait_is_as_long_as_the_server_says(agent: Agent) -> None:
    failure = ProviderFailure("RATE_LIMITED", "Slow down", retryable=True, retry_after_s=0.02)
    await agent.run([failure], [done()])
    [told] = await agent.events("task.retrying")
    assert told["delay"] == 0.02


async def test_a_failure_that_would_come_again_ends_the_task_at_once(agent: Agent) -> None:
    task = await agent.run([broken("PROVIDER_KEY_REFUSED", retryable=False)])
    assert task.status is TaskStatus.FAILED
    assert task.error is not None
    assert task.error.code == "PROVIDER_KEY_REFUSED"
    assert not await agent.events("task.retrying")


async def test_attempts_end(make_agent: Callable[..., Awaitable[Agent]]) -> None:
    agent = await make_agent({"request_attempts": 3})
    task = await agent.run([broken()], [broken()], [broken()])
    assert task.error is not None
    assert task.error.code == "MODEL_OVERLOADED"
    assert len(agent.model.requests) == 3


async def test_reasoning_and_what_the_provider_wants_back_are_kept_with_the_turn(agent: Agent) -> None:
    kept = Continuation(provider="stand-in", content={"signature": "xyz"})
    await agent.run(
        [ReasoningDelta(text="hm, "), ReasoningDelta(text="yes"), kept, call("list_files", path=".")],
        [done()],
    )
    turn = next(turn for turn in agent.model.requests[1].turns if turn.calls)
    assert turn.reasoning == "hm, yes"
    assert turn.continuation == {"provider": "stand-in", "content": {"signature": "xyz"}}
    assert await agent.messages("reasoning") == ["hm, yes"]


async def test_usage_is_counted_over_all_requests(make_agent: Callable[..., Awaitable[Agent]]) -> None:
    agent = await make_agent(config={"model": "gpt-4o"})
    task = await agent.run(
        [usage(1000, 100, cache_reads=400), call("list_files", path=".")], [usage(1500, 50), done()]
    )
    assert task.usage.total_tokens_in == 2500
    assert task.usage.total_tokens_out == 150
    assert task.usage.total_cache_reads == 400
    assert task.usage.context_tokens == 1550
    assert task.usage.total_cost > 0
    [completed] = await agent.events("task.completed")
    assert completed["usage"]["totalCost"] == task.usage.total_cost
    assert completed["toolUsage"]["list_files"] == {"attempts": 1, "failures": 0}
    costs = [orjson.loads(text)["cost"] for text in await agent.messages("api_req_started")]
    assert round(sum(costs), 8) == task.usage.total_cost


async def test_messages_rise_in_the_order_in_which_they_were_begun(agent: Agent) -> None:
    await agent.run([ReasoningDelta(text="a"), say("b"), call("list_files", path=".")], [say("c"), done("d")])
    told = [each["message"] for each in await agent.events("message.created")]
    stamps = [message["ts"] for message in told]
    assert stamps == sorted(set(stamps))
    assert [message["say"] for message in told][:4] == ["text", "api_req_started", "reasoning", "text"]


async def test_a_task_is_cancelled_in_the_middle_of_an_answer(agent: Agent) -> None:
    going = asyncio.Event()
    gone = asyncio.Event()

    class Endless:
        name = "stand-in"

        async def stream(self, request: object):  # type: ignore[no-untyped-def]
            try:
                yield say("…")
                going.set()
                await asyncio.Event().wait()
            finally:
                gone.set()

    agent.model.stream = Endless().stream  # type: ignore[method-assign]
    task = await agent.start()
    await going.wait()
    cancelled = await agent.engine.tasks.cancel(agent.session_id, task.id)
    assert cancelled.status is TaskStatus.CANCELLED
    assert gone.is_set()


async def test_somebody_is_asked_whether_a_request_that_fails_for_good_is_tried_again(
    make_agent: Callable[..., Awaitable[Agent]],
) -> None:
    agent = await make_agent({"request_attempts": 2})
    refused = broken("PROVIDER_KEY_REFUSED", retryable=False)
    task = await agent.start([broken()], [broken()], [refused], [done("at last")], askOnFailure=True)
    for requests, feedback in ((2, None), (3, "The key is a new one.")):
        await agent.until(task, lambda _, most=requests: len(agent.model.requests) == most)
        await agent.answer(task, "approve", feedback)
    ended = await agent.finish(task)
    assert ended.status is TaskStatus.COMPLETED
    assert agent.model.requests[-1].turns[-1].text == "The key is a new one."
    assert len(await agent.events("task.idle")) == 2
    assert await agent.messages("api_req_failed") == ["The model is busy"] * 2


async def test_who_does_not_want_it_tried_again_ends_the_task_with_the_reason(agent: Agent) -> None:
    task = await agent.start([broken("MODEL_UNKNOWN", retryable=False)], askOnFailure=True)
    await agent.answer(task, "reject")
    ended = await agent.finish(task)
    assert ended.status is TaskStatus.FAILED
    assert ended.error is not None
    assert (ended.error.code, ended.error.message) == ("MODEL_UNKNOWN", "`any`: The model is busy")


async def test_nobody_is_asked_where_nobody_answers(make_agent: Callable[..., Awaitable[Agent]]) -> None:
    agent = await make_agent(config={"unattended": True})
    task = await agent.run([broken(retryable=False)], askOnFailure=True)
    assert task.error is not None
    assert task.error.code == "MODEL_OVERLOADED"
    assert not await agent.events("task.idle")
