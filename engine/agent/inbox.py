"""The inbox of each person: what waits for them, over all their sessions."""

from __future__ import annotations

import orjson

from roocode_server.engine.storage.inbox import InboxRepository, WaitingTask
from roocode_server.models.inbox import InboxEntry, InboxList
from roocode_server.models.user import Caller


class Inbox:
    """What waits for the callers who may answer it."""

    def __init__(self, waiting: InboxRepository) -> None:
        self._waiting = waiting

    async def page(self, caller: Caller, request: InboxList) -> tuple[list[InboxEntry], int]:
        """Return one page of what waits in the caller's sessions, newest first, and the number of all."""
        waiting, total = await self._waiting.page(
            caller.user_id, request.scope, limit=request.limit, offset=request.offset
        )
        return [_entry(each) for each in waiting], total


def _entry(waiting: WaitingTask) -> InboxEntry:
    # The message of a question is S2's: JSON, for its clients.
    asked = orjson.loads(waiting.asked) if waiting.asked is not None else {}
    return InboxEntry(
        kind=waiting.kind,
        session_id=waiting.session_id,
        session_name=waiting.session_name,
        access=waiting.access,
        task_id=waiting.task_id,
        task_input=waiting.task_input,
        since=waiting.since,
        approval=waiting.approval,
        question=asked.get("question"),
        suggestions=[suggested["answer"] for suggested in asked.get("suggest", [])],
    )
