"""The smallest request of each operation, for the tests that walk through all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from roocode_server.handlers.operation import Operation

ABSENT: Final[Mapping[str, Any]] = {
    "sessionId": "session-00000000000000000000",
    "taskId": "task-00000000000000000000",
    "approvalId": "approval-00000000000000000000",
    "checkpointId": "0" * 40,
    "profileId": "profile-00000000000000000000",
    "ruleId": "rule-00000000000000000000",
    "keyId": "key-00000000000000000000",
    "loginId": "login-00000000000000000000",
    "identityId": "identity-00000000000000000000",
    "userId": "user-00000000000000000000",
    "terminalId": "terminal-00000000000000000000",
    "webhookId": "webhook-00000000000000000000",
    "eventId": "session-00000000000000000000.1.00000000",
    "pid": 7,
    "serverName": "none",
    "toolName": "none",
    "path": "none.txt",
    "to": "other.txt",
}
"""Things that are not there, by the field that names them."""
VALUES: Final[Mapping[str, Any]] = {
    "email": "none@example.com",
    "password": "long enough for anybody",
    "currentPassword": "wrong",
    "newPassword": "long enough for anybody",
    "provider": "openai",
    "codeVerifier": "v" * 43,
    "url": "https://repositories.invalid/none.git",
    "access": "watcher",
    "action": "approve",
    "command": "true",
    "cmd": "true",
    "events": ["*"],
    "channels": ["resources"],
    "purpose": "automation",
    "columns": 80,
    "rows": 24,
}
"""Required fields that do not take every text."""
OF_ITS_OWN: Final[Mapping[str, Mapping[str, Any]]] = {
    "auth.oauth": {"provider": "github"},
    "task.command": {"action": "kill"},
    "system.kill": {"pid": 4_194_304},  # a number that no process has: never one of this machine's
}
"""Fields that mean something else in this operation."""


def required_names(declared: Operation) -> list[str]:
    """The wire names of the fields that every request must have."""
    return [field.data_key or "" for field in declared.request.schema().fields.values() if field.required]


def smallest(declared: Operation) -> dict[str, Any]:
    """A request with the required fields and no others, about things that are not there."""
    values = {**ABSENT, **VALUES, **OF_ITS_OWN.get(declared.name, {})}
    return {name: values.get(name, "x") for name in required_names(declared)}
