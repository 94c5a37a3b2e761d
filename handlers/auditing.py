"""Audit entries, made from a call's declaration and its request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from roocode_server.engine.audit.entries import SUBJECT_CHARACTERS, unchained
from roocode_server.handlers.operation import Operation
from roocode_server.models.audit import AuditEntry
from roocode_server.models.cleaning import cleaned_text
from roocode_server.models.shape import Shape
from roocode_server.models.user import Caller

SUBJECTS: Final = frozenset(
    {
        "access",
        "action",
        "email",
        "path",
        "pid",
        "provider",
        "roles",
        "scopes",
        "server_name",
        "to",
        "tool_name",
        "user",
    }
)
"""The request's fields, beside its ids, that say what a call was about. None of them can hold a secret."""
REFUSALS: Final = frozenset({401, 403})
TOO_MANY_STATUS: Final = 429


def is_audited(operation: Operation, caller: Caller, status: int) -> bool:
    """Whether a call is recorded: it may have changed something, or was refused to an authenticated caller.

    What anonymous callers are refused, and what exceeds a rate limit, is only in the server's log, which is
    bounded: here it could fill the disk.
    """
    if status == TOO_MANY_STATUS:
        return False
    return operation.audited or (status in REFUSALS and not caller.is_anonymous)


def entry_of(
    operation: Operation, caller: Caller, request: Shape | None, body: Mapping[str, Any], status: int
) -> AuditEntry:
    """Return the entry of a call; `body` is its answer, `request` None if it could not be parsed."""
    failure = body.get("error") if status >= 400 else None
    subject = {} if request is None else dict(_subject(request))
    if failure is None and operation.rest is not None and operation.rest.made is not None:
        made = operation.rest.made_at({**subject, **body})
        subject["made"] = made[:SUBJECT_CHARACTERS]
    return unchained(caller, operation.name, subject, status, failure["code"] if failure else None)


def _subject(request: Shape) -> Iterator[tuple[str, str]]:
    for name, declared in request.schema().fields.items():
        content = getattr(request, name, None)
        if content is not None and (name.endswith("_id") or name in SUBJECTS):
            shown = ", ".join(map(str, content)) if isinstance(content, list) else str(content)
            yield declared.data_key or name, cleaned_text(shown[:SUBJECT_CHARACTERS])
