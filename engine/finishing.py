"""Work that has to be done to its end, whoever is cancelled meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TypeVar

Result = TypeVar("Result")


async def finish(work: Coroutine[object, object, Result]) -> Result:
    """The result of `work`, which is not cancelled with its caller; the caller is, once the work is done."""
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as request:
            cancelled = request
    if cancelled is not None:
        raise cancelled from task.exception()
    return task.result()
