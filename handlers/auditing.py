"""What the audit log says of a call: taken from its operation's declaration and its request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from roocode_server.handlers.operation import Operation
from roocode_server.models.audit import AuditEntry
from roocode_server.models.cleaning import cleaned_text
from roocode_server.models.clock import now
from roocode_server.models.shape import Shape
from roocode_server.models.user import Caller, Door

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
SUBJECT_CHARACTERS: Final = 512
"""Characters of one of them that are kept."""
REFUSALS: Final = frozenset({401, 403})
TOO_MANY_STATUS: Final = 429


def is_audited(operation: Operation, caller: Caller, status: int) -> bool:
    """Whether a call is an entry: it may have changed something, or was refused to somebody who is known.

    What strangers are refused, and what goes beyond a rate limit, is in the server's log alone, where it is
    bounded: it could fill a disk.
    """
    if status == TOO_MANY_STATUS:
        return False
    return operation.audited or (status in REFUSALS and not caller.is_anonymous)


def entry_of(
    operation: Operation, caller: Caller, request: Shape | None, body: Mapping[str, Any], status: int
) -> AuditEntry:
    """The entry of a call whose answer is `body`; `request` is None for one that could not be understood."""
    failure = body.get("error") if status >= 400 else None
    subject = {} if request is None else dict(_subject(request))
    if failure is None and operation.rest is not None and operation.rest.made is not None:
        made = operation.rest.made_at({**subject, **body})
        subject["made"] = made[:SUBJECT_CHARACTERS]
    return _entry(caller, operation.name, subject, status, failure["code"] if failure else None)


def command_line_entry(operation: str, subject: Mapping[str, str]) -> AuditEntry:
    """The entry of a change that somebody with access to the data directory has made by a command."""
    somebody = Caller.anonymous(request_id="", base_url="", door=Door.COMMAND_LINE)
    shown = {name: cleaned_text(content[:SUBJECT_CHARACTERS]) for name, content in subject.items()}
    return _entry(somebody, operation, shown, 200, None)


def _entry(
    caller: Caller, operation: str, subject: dict[str, str], status: int, code: str | None
) -> AuditEntry:
    """An entry that has no place in the chain yet."""
    return AuditEntry(
        number=0,
        at=now(),
        user_id=caller.user_id,
        credential=caller.credential,
        credential_id=caller.credential_id,
        address=caller.address,
        door=caller.door,
        operation=operation,
        subject=subject,
        status=status,
        code=code,
        request_id=caller.request_id,
        previous="",
        hash="",
    )


def _subject(request: Shape) -> Iterator[tuple[str, str]]:
    for name, declared in request.schema().fields.items():
        content = getattr(request, name, None)
        if content is not None and (name.endswith("_id") or name in SUBJECTS):
            shown = ", ".join(map(str, content)) if isinstance(content, list) else str(content)
            yield declared.data_key or name, cleaned_text(shown[:SUBJECT_CHARACTERS])
