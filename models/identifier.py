"""Identifiers: random, typed, and recognisable by their prefix."""

from __future__ import annotations

import secrets
from typing import NewType

UserId = NewType("UserId", str)
SessionId = NewType("SessionId", str)
TaskId = NewType("TaskId", str)
ApprovalId = NewType("ApprovalId", str)
CallId = NewType("CallId", str)
MessageId = NewType("MessageId", str)
EventId = NewType("EventId", str)
IdentityId = NewType("IdentityId", str)
KeyId = NewType("KeyId", str)
LoginId = NewType("LoginId", str)
ProfileId = NewType("ProfileId", str)
RuleId = NewType("RuleId", str)
TerminalId = NewType("TerminalId", str)
WebhookId = NewType("WebhookId", str)
RequestId = NewType("RequestId", str)


def new_id(prefix: str) -> str:
    """Return `prefix-` and 20 hexadecimal digits (80 random bits), similar to S0's `session-123`."""
    return f"{prefix}-{secrets.token_hex(10)}"
