"""The order in which tasks run: no I/O and no clock, which `engine/agent/scheduler.py` adds.

- To work, a task needs a place of its session, which it keeps to its end, and one of the server's, which it
  gives back while it waits for people. It begins once everything that it waits for has completed.
- The next place goes to the owner who holds the fewest and, among those, to the one who was given none for
  the longest time. So a hundred tasks of one do not stand before the only task of another.
- Tasks of one owner go by rank: the time at which they were queued, made later for each level of priority
  below the highest. So a task is only overtaken by those that were queued within that time after it.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from roocode_server.models.identifier import SessionId, TaskId, UserId


@dataclass(slots=True, kw_only=True, eq=False)
class Entrant:
    """A task that is to run or runs. Of one owner's tasks, the one of the lowest `rank` goes first."""

    task_id: TaskId
    session_id: SessionId
    user_id: UserId
    rank: float
    waits_for: set[TaskId] = field(default_factory=set)
    has_begun: bool = False
    """Whether it has a place of its session."""
    is_working: bool = False
    """Whether it has a place of the server's."""

    @property
    def precedence(self) -> tuple[bool, float, TaskId]:
        """The sort key within its session: those that have begun come first."""
        return not self.has_begun, self.rank, self.task_id


class _Queue:
    """Those of one session who could work if there was a place, in their order."""

    def __init__(self) -> None:
        self._heap: list[tuple[bool, float, TaskId]] = []
        self._inside: dict[TaskId, Entrant] = {}

    def put(self, entrant: Entrant) -> None:
        self._inside[entrant.task_id] = entrant
        heapq.heappush(self._heap, entrant.precedence)

    def drop(self, entrant: Entrant) -> None:
        """Take somebody out; their entry stays in the heap until it comes to the top."""
        self._inside.pop(entrant.task_id, None)

    @property
    def first(self) -> Entrant | None:
        while self._heap:
            entrant = self._inside.get(self._heap[0][-1])
            if entrant is not None and entrant.precedence == self._heap[0]:
                return entrant
            heapq.heappop(self._heap)
        return None


@dataclass(slots=True, eq=False)
class _Room:
    """A session: how many of its tasks may have begun, how many have, and who is next."""

    limit: int
    begun: int = 0
    entrants: int = 0
    queue: _Queue = field(default_factory=_Queue)

    @property
    def next(self) -> Entrant | None:
        """Who would get the server's next place."""
        first = self.queue.first
        return first if first is not None and (first.has_begun or self.begun < self.limit) else None


@dataclass(slots=True, eq=False)
class _Owner:
    """A user whose tasks are to run: the places that they hold, and when they were given the last one."""

    served: int
    working: int = 0
    entrants: int = 0
    sessions: set[SessionId] = field(default_factory=set)
    """The sessions that have somebody next."""


class Schedule:
    """Who works, who waits, and who is next. `places` is how many may work at once."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._entrants: dict[TaskId, Entrant] = {}
        self._rooms: dict[SessionId, _Room] = {}
        self._owners: dict[UserId, _Owner] = {}
        self._waited_for: defaultdict[TaskId, set[Entrant]] = defaultdict(set)
        self._working = 0
        self._served = 0

    def enter(self, entrant: Entrant, limit: int) -> None:
        """Add a task; `limit` is how many of its session may have begun."""
        self._entrants[entrant.task_id] = entrant
        room = self._rooms.setdefault(entrant.session_id, _Room(limit))
        room.limit = limit
        room.entrants += 1
        if entrant.user_id not in self._owners:
            self._owners[entrant.user_id] = _Owner(self._next_number())
        self._owners[entrant.user_id].entrants += 1
        for task_id in entrant.waits_for:
            self._waited_for[task_id].add(entrant)
        self._want(entrant)

    def leave(self, entrant: Entrant) -> None:
        """Remove a task, whether it works or waits."""
        del self._entrants[entrant.task_id]
        self._stop(entrant)
        self.wait_for(entrant, ())
        room, owner = self._rooms[entrant.session_id], self._owners[entrant.user_id]
        room.queue.drop(entrant)
        room.begun -= entrant.has_begun
        room.entrants -= 1
        owner.entrants -= 1
        self._review(entrant)
        if not room.entrants:
            del self._rooms[entrant.session_id]
        if not owner.entrants:
            del self._owners[entrant.user_id]

    def wait_for(self, entrant: Entrant, tasks: Collection[TaskId]) -> None:
        """Replace what a task waits for."""
        for task_id in entrant.waits_for.difference(tasks):
            self._release(entrant, task_id)
        for task_id in set(tasks).difference(entrant.waits_for):
            entrant.waits_for.add(task_id)
            self._waited_for[task_id].add(entrant)
        if entrant.task_id in self._entrants:
            self._want(entrant)

    def complete(self, task_id: TaskId) -> None:
        """Nobody has to wait for this task any more."""
        for entrant in list(self._waited_for.get(task_id, ())):
            self._release(entrant, task_id)
            self._want(entrant)

    def pause(self, entrant: Entrant) -> None:
        """The task gives its place of the server back, and keeps that of its session."""
        self._stop(entrant)

    def go_on(self, entrant: Entrant) -> None:
        """The task that was paused needs a place of the server again."""
        self._want(entrant)

    def limit(self, session_id: SessionId, most: int) -> None:
        """Change how many tasks of a session may have begun; those that have go on."""
        room = self._rooms.get(session_id)
        if room is None:
            return
        room.limit = most
        first = room.queue.first
        if first is not None:
            self._review(first)

    def deal(self) -> Sequence[Entrant]:
        """Give free places out, and return who got one."""
        dealt = []
        while self._working < self._places and (entrant := self._next()) is not None:
            self._give(entrant)
            dealt.append(entrant)
        return dealt

    def _next(self) -> Entrant | None:
        waiting = [owner for owner in self._owners.values() if owner.sessions]
        if not waiting:
            return None
        owner = min(waiting, key=lambda each: (each.working, each.served))
        found = (self._rooms[session_id].next for session_id in owner.sessions)
        return min((each for each in found if each is not None), key=lambda each: each.precedence)

    def _give(self, entrant: Entrant) -> None:
        room, owner = self._rooms[entrant.session_id], self._owners[entrant.user_id]
        room.queue.drop(entrant)
        room.begun += not entrant.has_begun
        entrant.has_begun = entrant.is_working = True
        self._working += 1
        owner.working += 1
        owner.served = self._next_number()
        self._review(entrant)

    def _stop(self, entrant: Entrant) -> None:
        self._working -= entrant.is_working
        self._owners[entrant.user_id].working -= entrant.is_working
        entrant.is_working = False

    def _want(self, entrant: Entrant) -> None:
        """Let a task that waits for nothing else wait for a place."""
        if not entrant.waits_for and not entrant.is_working:
            self._rooms[entrant.session_id].queue.put(entrant)
            self._review(entrant)

    def _release(self, entrant: Entrant, task_id: TaskId) -> None:
        entrant.waits_for.discard(task_id)
        waiting = self._waited_for[task_id]
        waiting.discard(entrant)
        if not waiting:
            del self._waited_for[task_id]

    def _review(self, entrant: Entrant) -> None:
        """Note whether the task's session has somebody next."""
        sessions = self._owners[entrant.user_id].sessions
        if self._rooms[entrant.session_id].next is None:
            sessions.discard(entrant.session_id)
        else:
            sessions.add(entrant.session_id)

    def _next_number(self) -> int:
        self._served += 1
        return self._served
