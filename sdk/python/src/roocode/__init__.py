"""The client of roocode-server: `RooCodeClient`, and its asynchronous twin `AsyncRooCodeClient`.

`roocode.models` has what the server answers, `roocode.events` the events, `roocode.params` the dictionaries
that calls take, `roocode.webhooks` the check of a webhook's signature.

A name is imported when it is used: the command `roocode` needs none of them to show its help.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from roocode.approvals import AsyncApprovalBot
    from roocode.blocking import ApprovalBot, RooCodeClient, TaskRun
    from roocode.client import AsyncRooCodeClient
    from roocode.errors import (
        AuthenticationFailed,
        CallTimeout,
        Conflict,
        ConnectionFailed,
        NotFound,
        PermissionDenied,
        RateLimited,
        RooCodeError,
        SignatureInvalid,
        TaskFailed,
        UnexpectedAnswer,
        ValidationFailed,
    )
    from roocode.event import Event
    from roocode.handler import Verdict
    from roocode.tasks import AsyncTaskRun
    from roocode.transport import UNSET, Unset

__all__ = [
    "UNSET",
    "ApprovalBot",
    "AsyncApprovalBot",
    "AsyncRooCodeClient",
    "AsyncTaskRun",
    "AuthenticationFailed",
    "CallTimeout",
    "Conflict",
    "ConnectionFailed",
    "Event",
    "NotFound",
    "PermissionDenied",
    "RateLimited",
    "RooCodeClient",
    "RooCodeError",
    "SignatureInvalid",
    "TaskFailed",
    "TaskRun",
    "UnexpectedAnswer",
    "Unset",
    "ValidationFailed",
    "Verdict",
]

_MODULES = ("errors", "transport", "event", "handler", "client", "approvals", "tasks", "blocking")


def __getattr__(name: str) -> Any:
    if name in __all__:
        for module in _MODULES:
            found = import_module(f"roocode.{module}")
            if name in vars(found):
                globals()[name] = vars(found)[name]
                return globals()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
