"""What else is stored when something is created, in the same transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from roocode_server.engine.storage.database import Transaction

Noun = TypeVar("Noun")

OnCreated = Callable[[Transaction, Noun], Awaitable[None]]
"""Is called in the transaction that stores something new, with that. If it raises, nothing is stored."""


async def nothing_more(unit: Transaction, created: object) -> None:
    """Store nothing else."""
