"""Modules that are slow to import and that not everybody needs."""

from __future__ import annotations

import asyncio
import importlib
from typing import Any


async def imported(name: str) -> Any:
    """The module, imported in a thread at its first use: the event loop goes on meanwhile.

    Raises: ImportError.
    """
    return await asyncio.to_thread(importlib.import_module, name)
