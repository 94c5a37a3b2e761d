"""Lazy import of slow modules that not every program needs."""

from __future__ import annotations

import asyncio
import importlib
from typing import Any


async def imported(name: str) -> Any:
    """Import a module in a thread, so that the event loop is not blocked. Raises: ImportError."""
    return await asyncio.to_thread(importlib.import_module, name)
