"""Work that has to be done to its end, whoever is cancelled meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TypeVar

Result = TypeVar("Result")


async def run_to_completion(
    work: Coroutine[object, object, Result], *, let_go: Callable[[Result], object] | None = None
) -> Result:
    """The result of `work`, which is not cancelled with its caller; the caller is, once the work is done.

    `let_go` is called with a result that nobody gets any more, such as what was opened.
    """
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as request:
            cancelled = request
    if cancelled is not None:
        if let_go is not None and not task.cancelled() and task.exception() is None:
            let_go(task.result())
        raise cancelled from task.exception()
    return task.result()
