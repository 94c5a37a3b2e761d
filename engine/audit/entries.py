"""Entries of the audit log before they have a place in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from roocode_server.models.audit import AuditEntry
from roocode_server.models.cleaning import cleaned_text
from roocode_server.models.clock import now
from roocode_server.models.user import Caller, Door

SUBJECT_CHARACTERS: Final = 512
"""Characters that are kept of each thing that a call was about."""


def command_line_entry(operation: str, subject: Mapping[str, str]) -> AuditEntry:
    """The entry of a change that somebody with access to the data directory has made by a command."""
    somebody = Caller.anonymous(request_id="", base_url="", door=Door.COMMAND_LINE)
    shown = {name: cleaned_text(content[:SUBJECT_CHARACTERS]) for name, content in subject.items()}
    return unchained(somebody, operation, shown, 200, None)


def unchained(
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
