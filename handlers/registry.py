"""All areas together: what the server can be asked."""

from __future__ import annotations

from engine.engine import Engine
from handlers.approvals import ApprovalHandlers
from handlers.archives import ArchiveHandlers
from handlers.auth import AuthHandlers
from handlers.checkpoints import CheckpointHandlers
from handlers.events import EventHandlers
from handlers.files import FileHandlers
from handlers.mcp import McpHandlers
from handlers.monitoring import MonitoringHandlers
from handlers.operation import Registry
from handlers.processes import ProcessHandlers
from handlers.profiles import ProfileHandlers
from handlers.repositories import RepositoryHandlers
from handlers.searches import SearchHandlers
from handlers.sessions import SessionHandlers
from handlers.tasks import TaskHandlers
from handlers.terminals import TerminalHandlers
from handlers.tools import ToolHandlers
from handlers.transfers import TransferHandlers

AREAS = (
    AuthHandlers,
    ProfileHandlers,
    SessionHandlers,
    TaskHandlers,
    ToolHandlers,
    ApprovalHandlers,
    FileHandlers,
    RepositoryHandlers,
    SearchHandlers,
    CheckpointHandlers,
    ProcessHandlers,
    TerminalHandlers,
    McpHandlers,
    EventHandlers,
    MonitoringHandlers,
)


TRANSFERS = (TransferHandlers, ArchiveHandlers)
"""Whose operations are streams: the REST door alone has them."""


def build_transfers(engine: Engine) -> Registry:
    """Every transfer, bound to the engine."""
    return Registry(tuple(area(engine) for area in TRANSFERS))


def build_registry(engine: Engine) -> Registry:
    """Every operation, bound to the engine."""
    return Registry(tuple(area(engine) for area in AREAS))
