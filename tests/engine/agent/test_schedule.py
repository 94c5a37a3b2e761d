"""The order of tasks, over random graphs, priorities, owners, ends, retries, pauses and restarts."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass

from hypothesis import settings, stateful
from hypothesis import strategies as st

from roocode_server.engine.agent.schedule import Entrant, Schedule
from roocode_server.models.identifier import SessionId, TaskId, UserId
from tests.support.nightly import times

PLACES = 3
AGEING = 10
OWNERS = {f"session-{number}": f"user-{number % 3}" for number in range(6)}
"""Three users with two sessions each."""


@dataclass
class Row:
    """A task as it is stored."""

    id: TaskId
    session: SessionId
    level: int
    """0 for a high priority, 1 for a medium one, 2 for a low one."""
    queued_at: int
    depends_on: frozenset[TaskId]
    status: str = "pending"
    """`pending`, `running`, `asking`, `completed` or `failed`."""
    has_begun: bool = False

    @property
    def owner(self) -> str:
        return OWNERS[self.session]

    @property
    def rank(self) -> int:
        return self.queued_at + self.level * AGEING


class ScheduleMachine(stateful.RuleBasedStateMachine):
    """Drives a schedule, and knows from the rows alone what it may do."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: dict[TaskId, Row] = {}
        self.limits = {SessionId(name): 1 + number % 2 for number, name in enumerate(OWNERS)}
        self.clock = 0
        self.begin()

    def begin(self) -> None:
        """Begin as the server does at its start."""
        self.schedule = Schedule(PLACES)
        self.entrants: dict[TaskId, Entrant] = {}
        self.waiting_since: dict[str, int] = {}
        self.numbers = itertools.count()

    # What may happen

    @stateful.rule(
        session=st.sampled_from(sorted(OWNERS)),
        level=st.integers(0, 2),
        chosen=st.sets(st.integers(0, 30), max_size=3),
        later=st.integers(0, 25),
    )
    def create(self, session: str, level: int, chosen: set[int], later: int) -> None:
        self.clock += later
        possible = [row.id for row in self.rows.values() if row.session == session and row.status != "failed"]
        row = Row(
            id=TaskId(f"task-{len(self.rows):03}"),
            session=SessionId(session),
            level=level,
            queued_at=self.clock,
            depends_on=frozenset(possible[number] for number in chosen if number < len(possible)),
        )
        self.rows[row.id] = row
        self.enter(row)
        self.deal()

    @stateful.precondition(lambda self: self.those("running"))
    @stateful.rule(which=st.integers(0, 30), how=st.sampled_from(["completed", "completed", "failed"]))
    def end(self, which: int, how: str) -> None:
        row = self.pick(self.those("running"), which)
        self.leave(row, how)
        if how == "completed":
            self.schedule.complete(row.id)
        self.deal()

    @stateful.precondition(lambda self: self.those("pending", "asking"))
    @stateful.rule(which=st.integers(0, 30))
    def cancel(self, which: int) -> None:
        self.leave(self.pick(self.those("pending", "asking"), which), "failed")
        self.deal()

    @stateful.precondition(lambda self: self.those("running"))
    @stateful.rule(which=st.integers(0, 30))
    def ask(self, which: int) -> None:
        row = self.pick(self.those("running"), which)
        row.status = "asking"
        self.schedule.pause(self.entrants[row.id])
        self.deal()

    @stateful.precondition(lambda self: self.those("asking"))
    @stateful.rule(which=st.integers(0, 30))
    def answer(self, which: int) -> None:
        row = self.pick(self.those("asking"), which)
        row.status = "pending"
        self.schedule.go_on(self.entrants[row.id])
        self.deal()

    @stateful.precondition(lambda self: self.retriable())
    @stateful.rule(which=st.integers(0, 30))
    def retry(self, which: int) -> None:
        row = self.pick(self.retriable(), which)
        row.status, row.has_begun, row.queued_at = "pending", False, self.clock
        self.enter(row)
        self.deal()

    @stateful.rule(session=st.sampled_from(sorted(OWNERS)), limit=st.integers(1, 3))
    def configure(self, session: str, limit: int) -> None:
        self.limits[SessionId(session)] = limit
        self.schedule.limit(SessionId(session), limit)
        self.deal()

    @stateful.rule(data=st.data())
    def restart(self, data: st.DataObject) -> None:
        """Everything but the rows is lost. Interrupted tasks are resumed, in any order."""
        self.begin()
        unfinished = self.those("pending", "running", "asking")
        for row in data.draw(st.permutations(unfinished)):
            row.status, row.has_begun = "pending", False
            self.enter(row)
        self.deal()

    # What has to hold

    def deal(self) -> None:
        """Let the schedule give places out, and check each against what the rows say."""
        for entrant in self.schedule.deal():
            row, able = self.rows[entrant.task_id], self.able()
            assert row in able, f"{row} got a place, and cannot have one"
            standing = {
                each.owner: (self.working(each.owner), self.waiting_since[each.owner]) for each in able
            }
            assert standing[row.owner] == min(standing.values()), f"{row.owner} was not next of {standing}"
            for other in able:
                if other.owner == row.owner and other.has_begun == row.has_begun:
                    ahead = (other.level - row.level) * AGEING
                    assert row.queued_at <= other.queued_at + ahead, f"{row} overtook {other}"
                assert other.owner != row.owner or other.has_begun <= row.has_begun
            row.status, row.has_begun = "running", True
            self.waiting_since[row.owner] = next(self.numbers)
        assert len(self.those("running")) == PLACES or not self.able(), (
            "a place is left, and a task that could run"
        )

    def able(self) -> list[Row]:
        """Those who could work if they got the next place."""
        if len(self.those("running")) == PLACES:
            return []
        return [
            row
            for row in self.those("pending")
            if all(self.rows[each].status == "completed" for each in row.depends_on)
            and (row.has_begun or self.begun(row.session) < self.limits[row.session])
        ]

    def begun(self, session: SessionId) -> int:
        return sum(
            row.has_begun for row in self.those("pending", "running", "asking") if row.session == session
        )

    def working(self, owner: str) -> int:
        return sum(row.owner == owner for row in self.those("running"))

    def teardown(self) -> None:
        """Everything ends, once nothing new is asked for."""
        for row in self.those("asking"):
            row.status = "pending"
            self.schedule.go_on(self.entrants[row.id])
        self.deal()
        while running := self.those("running"):
            self.leave(running[0], "completed")
            self.schedule.complete(running[0].id)
            self.deal()
        assert not self.those("pending"), "these wait forever"

    # What the server does

    def enter(self, row: Row) -> None:
        entrant = Entrant(
            task_id=row.id,
            session_id=row.session,
            user_id=UserId(row.owner),
            rank=row.rank,
            waits_for={each for each in row.depends_on if self.rows[each].status != "completed"},
        )
        if not any(self.rows[each].owner == row.owner for each in self.entrants):
            self.waiting_since[row.owner] = next(self.numbers)
        self.entrants[row.id] = entrant
        self.schedule.enter(entrant, self.limits[row.session])

    def leave(self, row: Row, status: str) -> None:
        """A task ends; those that wait for one that has failed fail with it."""
        row.status = status
        self.schedule.leave(self.entrants.pop(row.id))
        if status == "failed":
            for other in self.those("pending"):
                if row.id in other.depends_on:
                    self.leave(other, "failed")

    def those(self, *statuses: str) -> list[Row]:
        return [row for row in self.rows.values() if row.status in statuses]

    def retriable(self) -> list[Row]:
        return [
            row
            for row in self.those("failed")
            if all(self.rows[each].status != "failed" for each in row.depends_on)
        ]

    @staticmethod
    def pick(rows: Iterable[Row], which: int) -> Row:
        found = list(rows)
        return found[which % len(found)]


ScheduleMachine.TestCase.settings = settings(
    max_examples=times(25, nightly=100), stateful_step_count=60, deadline=None
)
TestSchedule = ScheduleMachine.TestCase


def test_ten_thousand_tasks_of_many_owners_all_get_their_places() -> None:
    schedule = Schedule(PLACES)
    for number in range(10_000):
        task, owner = f"task-{number:05}", f"user-{number % 100}"
        entrant = Entrant(
            task_id=TaskId(task),
            session_id=SessionId(f"session-{number % 1000}"),
            user_id=UserId(owner),
            rank=number,
        )
        schedule.enter(entrant, 1)
    working, ended = list(schedule.deal()), 0
    while working:
        schedule.leave(working.pop(0))
        ended += 1
        working += schedule.deal()
    assert ended == 10_000
