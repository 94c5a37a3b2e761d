"""Work that must run to its end even if its caller is cancelled."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Coroutine
from typing import TypeVar

Result = TypeVar("Result")


async def run_to_completion(
    work: Coroutine[object, object, Result], *, let_go: Callable[[Result], object] | None = None
) -> Result:
    """Await `work` without passing cancellation on to it; the caller's cancellation is raised after it is
    done.

    `let_go` is called with a result that a cancelled caller will not receive, so that it can be closed.
    """
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        # Each statement for the database passes here, and `asyncio.wait` costs twice as much.
        is_done = task.get_loop().create_future()
        task.add_done_callback(functools.partial(_tell, is_done))
        try:
            await is_done
        except asyncio.CancelledError as request:
            cancelled = request
    if cancelled is not None:
        if let_go is not None and not task.cancelled() and task.exception() is None:
            let_go(task.result())
        raise cancelled from task.exception()
    return task.result()


def _tell(is_done: asyncio.Future[None], _: object) -> None:
    if not is_done.done():
        is_done.set_result(None)
