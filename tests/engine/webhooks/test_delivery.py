"""Deliveries: each event in order, until it is accepted; no receiver waits for another."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
from collections.abc import Awaitable, Callable
from pathlib import Path

import orjson
import pytest
import standardwebhooks
from aiohttp import web
from sqlalchemy import func, select, update

from roocode_server.engine.storage.tables import feed_entries, sessions, users
from roocode_server.engine.webhooks import ledger
from roocode_server.models.clock import now
from roocode_server.models.error import Conflict, InvalidField, NotFound
from roocode_server.models.identifier import EventId, UserId
from roocode_server.models.session import SessionDeletedEvent
from roocode_server.models.webhook import (
    AttemptKind,
    DisabledReason,
    Webhook,
    WebhookRotate,
    WebhookStatus,
    WebhookUpdate,
)
from tests.engine.webhooks.conftest import Hooks, open_hooks
from tests.support.receiver import DEADLINE_S, Received, receiving
from tests.support.storage import OTHER, SESSION, USER, Storage, open_storage

Open = Callable[..., Awaitable[Hooks]]
EVENTS = 30


def percents(requests: list[Received]) -> list[int]:
    return [request.payload["data"]["progress"] for request in requests]


def failing(times: int) -> Callable[[Received], Awaitable[web.Response]]:
    """Answer this many requests with 500, then accept all."""
    left = iter(range(times))

    async def answer(received: Received) -> web.Response:
        return web.Response(status=200 if next(left, None) is None else 500)

    return answer


async def until(hooks: Hooks, webhook: Webhook, is_it: Callable[[Webhook], bool]) -> Webhook:
    async with asyncio.timeout(DEADLINE_S):
        while not is_it(found := await hooks.get(webhook)):
            await asyncio.sleep(0.01)
    return found


async def test_an_event_arrives_in_s0s_form_and_signed(hooks: Hooks) -> None:
    async with receiving() as receiver:
        made = await hooks.create(receiver.url, "task.*")
        await hooks.tell(40)
        [request] = await receiver.has_taken(1)
    [stored] = hooks.storage.announced
    told = orjson.loads(stored.body)
    assert request.payload == {
        "event": "task.progress",
        "timestamp": told["timestamp"],
        "data": {"id": told["id"], "sessionId": SESSION, "seq": 1, "progress": 40, "step": "working"},
    }
    assert request.headers["webhook-id"] == told["id"].replace(".", "-")
    assert made.secret is not None
    standardwebhooks.Webhook(made.secret).verify(request.body, request.headers)


async def test_events_of_all_sessions_of_the_user_arrive_in_the_order_in_which_they_were_stored(
    hooks: Hooks,
) -> None:
    async with receiving() as receiver:
        await hooks.create(receiver.url)
        for percent in range(EVENTS):
            await hooks.tell(percent, OTHER if percent % 3 else SESSION)
        assert percents(await receiver.has_taken(EVENTS)) == list(range(EVENTS))


async def test_what_was_told_before_a_webhook_was_made_is_not_sent_to_it(hooks: Hooks) -> None:
    async with receiving() as receiver:
        await hooks.tell(1)
        await hooks.create(receiver.url)
        await hooks.tell(2)
        await receiver.has_taken(1)
        assert percents(receiver.received) == [2]


async def test_another_users_events_are_not_sent(hooks: Hooks) -> None:
    async with hooks.storage.database.transaction() as unit:
        copied = (await unit.execute(select(users))).mappings().one()
        await unit.execute(users.insert().values({**copied, "id": "user-two", "email": "two@example.org"}))
        await unit.execute(update(sessions).where(sessions.c.id == OTHER).values(user_id="user-two"))
    async with receiving() as receiver:
        await hooks.create(receiver.url)
        await hooks.tell(1, OTHER)
        await hooks.tell(2)
        await receiver.has_taken(1)
        assert percents(receiver.received) == [2]


async def test_an_event_is_sent_until_it_is_taken_and_those_behind_it_wait(hooks: Hooks) -> None:
    async with receiving(failing(3)) as receiver:
        made = await hooks.create(receiver.url)
        for percent in range(3):
            await hooks.tell(percent)
        assert percents(await receiver.has_taken(3)) == [0, 1, 2]
        assert percents(receiver.received) == [0, 0, 0, 0, 1, 2]
        assert len({request.headers["webhook-id"] for request in receiver.received[:4]}) == 1
        webhook = await until(hooks, made.webhook, lambda found: not found.failures)
    assert webhook.status is WebhookStatus.ACTIVE
    attempts = await hooks.attempts(webhook)
    assert [(each.number, each.status, each.succeeded) for each in attempts[:4]] == [
        (1, 500, False),
        (2, 500, False),
        (3, 500, False),
        (4, 200, True),
    ]
    assert attempts[0].error == "The receiver answered 500."


async def test_a_receiver_that_is_silent_delays_no_other(hooks: Hooks) -> None:
    never = asyncio.Event()

    async def say_nothing(received: Received) -> web.Response:
        await never.wait()
        return web.Response()

    async with receiving(say_nothing) as silent, receiving() as quick:
        await hooks.create(silent.url)
        await hooks.create(quick.url)
        for percent in range(EVENTS):
            await hooks.tell(percent)
        assert percents(await quick.has_taken(EVENTS)) == list(range(EVENTS))
        assert percents(await silent.was_asked(1)) == [0]
        never.set()


async def test_a_receiver_that_does_not_answer_in_time_has_not_taken_it(opened: Open) -> None:
    hooks = await opened(timeout_s=0.1)
    never = asyncio.Event()

    async def say_nothing(received: Received) -> web.Response:
        await never.wait()
        return web.Response()

    async with receiving(say_nothing) as receiver:
        made = await hooks.create(receiver.url)
        await hooks.tell(1)
        await receiver.was_asked(2)
        receiver.answer = failing(0)
        await receiver.has_taken(1)
        never.set()
    first = (await hooks.attempts(made.webhook))[0]
    assert (first.status, first.error) == (None, "No answer within 0.1 s.")


async def test_one_webhook_is_sent_one_event_at_a_time(hooks: Hooks) -> None:
    under_way: list[int] = []
    at_once: list[int] = []

    async def count(received: Received) -> web.Response:
        under_way.append(1)
        at_once.append(len(under_way))
        await asyncio.sleep(0)
        under_way.pop()
        return web.Response()

    async with receiving(count) as receiver:
        await hooks.create(receiver.url)
        await asyncio.gather(*(hooks.tell(percent) for percent in range(EVENTS)))
        await receiver.has_taken(EVENTS)
    assert set(at_once) == {1}


async def test_no_more_than_the_setting_are_sent_at_once(opened: Open) -> None:
    hooks = await opened(concurrent_deliveries=2)
    under_way, most, go_on = set[str](), [0], asyncio.Event()

    async def hold(received: Received) -> web.Response:
        under_way.add(received.headers["host"])
        most[0] = max(most[0], len(under_way))
        await go_on.wait()
        under_way.discard(received.headers["host"])
        return web.Response()

    async with receiving(hold) as one, receiving(hold) as two, receiving(hold) as three:
        for receiver in (one, two, three):
            await hooks.create(receiver.url)
        await hooks.tell(1)
        async with asyncio.timeout(DEADLINE_S):
            while len(under_way) < 2:
                await asyncio.sleep(0.01)
        go_on.set()
        for receiver in (one, two, three):
            await receiver.has_taken(1)
    assert most == [2]


async def test_what_a_webhook_does_not_want_is_passed_by(hooks: Hooks) -> None:
    async with receiving() as everything, receiving() as ends:
        await hooks.create(everything.url)
        await hooks.create(ends.url, "session.deleted")
        for percent in range(120):
            await hooks.tell(percent)
        await everything.has_taken(120)
        await hooks.storage.log.append(SESSION, SessionDeletedEvent())
        await ends.has_taken(1)
    assert [request.event for request in ends.received] == ["session.deleted"]


async def test_what_happened_in_a_session_is_sent_though_it_is_gone_by_then(hooks: Hooks) -> None:
    async with receiving(failing(1_000_000)) as receiver:
        await hooks.create(receiver.url)
        await hooks.tell(1)
        await hooks.storage.log.append(SESSION, SessionDeletedEvent())
        await receiver.was_asked(1)
        async with hooks.storage.database.transaction() as unit:
            await hooks.storage.log.retire(unit, SESSION)
            await unit.execute(sessions.delete().where(sessions.c.id == SESSION))
        receiver.answer = failing(0)
        taken = await receiver.has_taken(2)
    assert [request.event for request in taken] == ["task.progress", "session.deleted"]
    assert taken[0].payload["data"]["progress"] == 1


async def test_the_next_start_goes_on_with_what_was_not_taken(tmp_path: Path, storage: Storage) -> None:
    hooks = await open_hooks(storage)
    async with receiving(failing(1_000_000)) as receiver:
        await hooks.create(receiver.url)
        for percent in range(3):
            await hooks.tell(percent)
        await receiver.was_asked(2)
        await hooks.dispatcher.close()
        await storage.database.close()
        again = await open_storage(tmp_path)
        receiver.answer = failing(0)
        hooks = await open_hooks(again)
        await hooks.tell(3)
        assert percents(await receiver.has_taken(4)) == [0, 1, 2, 3]
        await hooks.dispatcher.close()
        await again.database.close()


async def test_what_all_have_taken_is_kept_no_longer(hooks: Hooks) -> None:
    async with receiving() as receiver:
        made = await hooks.create(receiver.url)
        for percent in range(5):
            await hooks.tell(percent)
        await receiver.has_taken(5)
        await until(hooks, made.webhook, lambda found: True)
        async with asyncio.timeout(DEADLINE_S):
            while await entries(hooks):
                await asyncio.sleep(0.01)


async def test_nothing_is_kept_once_the_last_webhook_is_deleted(hooks: Hooks) -> None:
    async with receiving(failing(1_000_000)) as receiver:
        made = await hooks.create(receiver.url)
        await hooks.tell(1)
        await receiver.was_asked(1)
        assert await entries(hooks) == 1
        await hooks.service.delete(USER, made.webhook.id)
        await hooks.tell(2)
        assert await entries(hooks) == 0
    with pytest.raises(NotFound):
        await hooks.get(made.webhook)


async def entries(hooks: Hooks) -> int:
    async with hooks.storage.database.read() as connection:
        return int((await connection.execute(select(func.count()).select_from(feed_entries))).scalar_one())


async def test_events_wait_for_an_owner_who_is_disabled(hooks: Hooks) -> None:
    async def set_disabled(is_so: bool) -> None:
        async with hooks.storage.database.transaction() as unit:
            await unit.execute(update(users).values(disabled_at=now() if is_so else None))

    async with receiving() as receiver, receiving() as other:
        await hooks.create(receiver.url)
        await set_disabled(True)
        await hooks.tell(1)
        made = await hooks.create(other.url)
        await hooks.service.test(USER, made.webhook.id)
        assert receiver.received == []
        await set_disabled(False)
        await hooks.tell(2)
        assert percents(await receiver.has_taken(2)) == [1, 2]


class TestGivingUp:
    async def test_a_receiver_that_fails_for_too_long_is_sent_nothing_more_and_it_is_told(
        self, opened: Open
    ) -> None:
        hooks = await opened(disable_after_s=0.1)
        async with receiving(failing(1_000_000)) as receiver:
            made = await hooks.create(receiver.url, "task.*")
            await hooks.tell(1)
            webhook = await until(hooks, made.webhook, lambda found: found.disabled_at is not None)
            asked = len(receiver.received)
            await hooks.tell(2)
            assert webhook.status is WebhookStatus.DISABLED
            assert webhook.disabled_reason is DisabledReason.FAILURES
            assert webhook.last_error == "The receiver answered 500."
            told = next(each for each in hooks.storage.announced if each.type == "webhook.disabled")
            body = orjson.loads(told.body)
            assert (body["webhookId"], body["reason"], told.session_id) == (webhook.id, "failures", SESSION)
            assert len(receiver.received) == asked

    async def test_it_goes_on_where_it_stood_once_it_is_enabled_again(self, opened: Open) -> None:
        hooks = await opened(disable_after_s=0.1)
        async with receiving(failing(1_000_000)) as receiver:
            made = await hooks.create(receiver.url, "task.*")
            await hooks.tell(1)
            await until(hooks, made.webhook, lambda found: found.disabled_at is not None)
            await hooks.tell(2)
            receiver.answer = failing(0)
            await hooks.service.update(USER, WebhookUpdate(webhook_id=made.webhook.id, enabled=True))
            assert percents(await receiver.has_taken(2)) == [1, 2]

    async def test_it_goes_on_from_now_on_if_it_is_asked_to_skip(self, opened: Open) -> None:
        hooks = await opened(disable_after_s=0.1)
        async with receiving(failing(1_000_000)) as receiver:
            made = await hooks.create(receiver.url, "task.*")
            await hooks.tell(1)
            await until(hooks, made.webhook, lambda found: found.disabled_at is not None)
            receiver.answer = failing(0)
            change = WebhookUpdate(webhook_id=made.webhook.id, enabled=True, skip_pending=True)
            await hooks.service.update(USER, change)
            await hooks.tell(2)
            assert percents(await receiver.has_taken(1)) == [2]

    async def test_a_receiver_that_is_gone_for_good_is_given_up_at_once(self, hooks: Hooks) -> None:
        async def gone(received: Received) -> web.Response:
            return web.Response(status=410)

        async with receiving(gone) as receiver:
            made = await hooks.create(receiver.url, "task.*")
            await hooks.tell(1)
            webhook = await until(hooks, made.webhook, lambda found: found.disabled_at is not None)
            assert webhook.disabled_reason is DisabledReason.GONE
            assert len(receiver.received) == 1

    async def test_its_owner_can_stop_it(self, hooks: Hooks) -> None:
        async with receiving() as receiver, receiving() as other:
            made = await hooks.create(receiver.url)
            await hooks.create(other.url)
            change = WebhookUpdate(webhook_id=made.webhook.id, enabled=False)
            webhook = await hooks.service.update(USER, change)
            assert webhook.disabled_reason is DisabledReason.BY_OWNER
            await hooks.tell(1)
            await other.has_taken(1)
            assert receiver.received == []

    async def test_a_change_is_tried_at_once(self, opened: Open) -> None:
        hooks = await opened(retry_delay_s=3600, max_retry_delay_s=3600)
        async with receiving(failing(1_000_000)) as failing_one, receiving() as another:
            made = await hooks.create(failing_one.url)
            await hooks.tell(1)
            webhook = await until(hooks, made.webhook, lambda found: found.failures == 1)
            assert webhook.status is WebhookStatus.FAILING
            assert webhook.next_attempt_at is not None
            await hooks.service.update(USER, WebhookUpdate(webhook_id=webhook.id, url=another.url))
            assert percents(await another.has_taken(1)) == [1]

    async def test_what_waits_for_a_disabled_webhook_is_forgotten_in_the_end(
        self, hooks: Hooks, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async with receiving(failing(1_000_000)) as receiver:
            made = await hooks.create(receiver.url)
            await hooks.tell(1)
            await receiver.was_asked(1)
            await hooks.service.update(USER, WebhookUpdate(webhook_id=made.webhook.id, enabled=False))
            await hooks.dispatcher.sweep()
            assert await entries(hooks) == 1
            monkeypatch.setattr(ledger, "KEPT_FOR_DISABLED", datetime.timedelta(0))
            await hooks.dispatcher.sweep()
            assert await entries(hooks) == 0
            await hooks.tell(2)
            assert await entries(hooks) == 0

    async def test_a_receiver_may_ask_for_a_longer_rest(self, opened: Open) -> None:
        hooks = await opened(max_retry_delay_s=3600)

        async def busy(received: Received) -> web.Response:
            return web.Response(status=503, headers={"Retry-After": "1800"})

        async with receiving(busy) as receiver:
            made = await hooks.create(receiver.url)
            await hooks.tell(1)
            webhook = await until(hooks, made.webhook, lambda found: found.failures == 1)
        assert webhook.next_attempt_at is not None
        assert webhook.failing_since is not None
        assert webhook.next_attempt_at - webhook.failing_since >= datetime.timedelta(seconds=1800)


class TestAddresses:
    async def test_a_private_address_is_refused_where_it_is_named(self, opened: Open) -> None:
        hooks = await opened(allow_private_addresses=False)
        for url in (
            "http://127.0.0.1/",
            "http://[::1]/",
            "http://[::ffff:10.0.0.1]/",
            "http://169.254.169.254/",
        ):
            with pytest.raises(InvalidField):
                await hooks.create(url)

    async def test_a_name_that_leads_to_a_private_address_is_not_connected_to(self, opened: Open) -> None:
        hooks = await opened(allow_private_addresses=False)
        async with receiving() as receiver:
            made = await hooks.create(receiver.url.replace("127.0.0.1", "localhost"))
            attempt = await hooks.service.test(USER, made.webhook.id)
            assert attempt.error is not None
            assert "is not public" in attempt.error
            assert receiver.received == []

    async def test_a_name_that_leads_elsewhere_a_moment_later_is_looked_at_again(
        self, opened: Open, storage: Storage
    ) -> None:
        allowing = await opened()
        async with receiving() as receiver:
            made = await allowing.create(receiver.url.replace("127.0.0.1", "localhost"))
            assert (await allowing.service.test(USER, made.webhook.id)).succeeded
            refusing = await opened(allow_private_addresses=False)
            assert not (await refusing.service.test(USER, made.webhook.id)).succeeded
            assert len(receiver.received) == 1

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    async def test_a_redirect_is_not_followed(self, hooks: Hooks, status: int) -> None:
        async with receiving() as inside:

            async def redirect(received: Received) -> web.Response:
                return web.Response(status=status, headers={"Location": inside.url})

            async with receiving(redirect) as receiver:
                made = await hooks.create(receiver.url)
                attempt = await hooks.service.test(USER, made.webhook.id)
            assert (attempt.status, attempt.succeeded) == (status, False)
            assert inside.received == []

    async def test_an_answer_without_end_is_not_read(self, hooks: Hooks) -> None:
        async def pour(request: web.Request) -> web.StreamResponse:
            answer = web.StreamResponse()
            await answer.prepare(request)
            with contextlib.suppress(ConnectionError):
                while True:
                    await answer.write(b"x" * 65_536)
            return answer

        app = web.Application()
        app.router.add_post("/hook", pour)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        made = await hooks.create(f"http://127.0.0.1:{runner.addresses[0][1]}/hook")
        attempt = await hooks.service.test(USER, made.webhook.id)
        assert (attempt.status, attempt.succeeded) == (200, True)
        await runner.cleanup()


class TestSecrets:
    async def test_a_secret_is_stored_sealed_and_shown_once(self, hooks: Hooks, tmp_path: Path) -> None:
        given = await hooks.create("https://example.com/", secret="webhook_secret")
        made = await hooks.create("https://example.com/")
        assert given.secret is None
        assert made.secret is not None
        for webhook in await hooks.service.list(USER):
            assert made.secret not in repr(webhook.dump())
        await hooks.dispatcher.close()
        await hooks.storage.database.close()
        stored = b"".join(path.read_bytes() for path in tmp_path.glob("test.sqlite3*"))
        assert b"webhook_secret" not in stored
        assert made.secret.encode() not in stored

    async def test_while_it_is_replaced_both_sign_and_then_the_new_one_alone(self, opened: Open) -> None:
        hooks = await opened(former_secret_s=3600)
        async with receiving() as receiver:
            made = await hooks.create(receiver.url, secret="webhook_secret")
            rotated = await hooks.service.rotate(USER, WebhookRotate(webhook_id=made.webhook.id))
            await hooks.service.test(USER, made.webhook.id)
            assert rotated.secret is not None
            assert rotated.webhook.former_secret_until is not None
            [request] = receiver.received
            standardwebhooks.Webhook(rotated.secret).verify(request.body, request.headers)
            standardwebhooks.Webhook(b"webhook_secret").verify(request.body, request.headers)
            again = await opened(former_secret_s=0)
            change = WebhookUpdate(webhook_id=made.webhook.id, secret="another_secret")
            await again.service.update(USER, change)
            await again.service.test(USER, made.webhook.id)
            request = receiver.received[-1]
            standardwebhooks.Webhook(b"another_secret").verify(request.body, request.headers)
            with pytest.raises(standardwebhooks.WebhookVerificationError):
                standardwebhooks.Webhook(rotated.secret).verify(request.body, request.headers)

    async def test_one_that_cannot_be_opened_any_more_is_told_until_there_is_another(
        self, opened: Open
    ) -> None:
        hooks = await opened()
        async with receiving() as receiver:
            made = await hooks.create(receiver.url)
            other_server = await opened(secret=b"another secret of a server" * 2)
            failed = await other_server.service.test(USER, made.webhook.id)
            assert (failed.succeeded, failed.status) == (False, None)
            assert "webhook.rotate" in (failed.error or "")
            await other_server.service.rotate(USER, WebhookRotate(webhook_id=made.webhook.id))
            assert (await other_server.service.test(USER, made.webhook.id)).succeeded


class TestOutOfTurn:
    async def test_a_test_is_sent_now_and_says_what_became_of_it(self, hooks: Hooks) -> None:
        async with receiving(failing(1)) as receiver:
            made = await hooks.create(receiver.url, "task.completed")
            failed = await hooks.service.test(USER, made.webhook.id)
            taken = await hooks.service.test(USER, made.webhook.id)
        assert (failed.kind, failed.status, failed.succeeded) == (AttemptKind.TEST, 500, False)
        assert (taken.status, taken.succeeded, taken.duration_ms >= 0) == (200, True, True)
        assert receiver.received[0].event == "webhook.test"
        assert (await hooks.get(made.webhook)).failures == 0
        assert await hooks.attempts(made.webhook) == [failed, taken]

    async def test_an_event_is_sent_again_by_its_id_with_the_same_id_of_message(self, hooks: Hooks) -> None:
        async with receiving() as receiver:
            made = await hooks.create(receiver.url)
            await hooks.tell(1)
            [first] = await receiver.has_taken(1)
            event_id = EventId(first.payload["data"]["id"])
            attempt = await hooks.service.redeliver(USER, made.webhook.id, event_id)
            assert (attempt.kind, attempt.event_id) == (AttemptKind.REDELIVERY, event_id)
            assert attempt.succeeded
            again = receiver.received[1]
            assert (again.body, again.headers["webhook-id"]) == (first.body, first.headers["webhook-id"])

    @pytest.mark.parametrize("event_id", [f"{SESSION}.1.00000000", f"{SESSION}.99.x", "nonsense", "a.b.c"])
    async def test_an_event_that_there_is_not_cannot_be_sent_again(self, hooks: Hooks, event_id: str) -> None:
        made = await hooks.create("https://example.com/", "session.deleted")
        await hooks.tell(1)
        with pytest.raises(NotFound):
            await hooks.service.redeliver(USER, made.webhook.id, EventId(event_id))

    async def test_another_users_webhook_does_not_exist(self, hooks: Hooks) -> None:
        made = await hooks.create("https://example.com/")
        with pytest.raises(NotFound):
            await hooks.service.test(UserId("user-two"), made.webhook.id)


async def test_there_is_a_bound_on_webhooks(hooks: Hooks) -> None:
    for _ in range(20):
        await hooks.create("https://example.com/")
    with pytest.raises(Conflict):
        await hooks.create("https://example.com/")
