"""Functions of the caller that are called when something happens."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Literal, TypeVar

T = TypeVar("T")
R = TypeVar("R")

Handler = Callable[[T], Awaitable[R] | R]
"""A function, asynchronous or not. The blocking client calls it in a thread of its own."""

Verdict = bool | str | None
"""True approves, False rejects, a text rejects and tells the agent why; None leaves it to somebody else."""

ConnectionChange = Literal["away", "back"]
"""What has become of the connection over which events come."""


async def handled(handler: Handler[T, R], subject: T) -> R:
    """Call a handler and return what it returns."""
    outcome = handler(subject)
    if isinstance(outcome, Awaitable):
        return await outcome
    return outcome
