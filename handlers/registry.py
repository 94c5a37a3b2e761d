"""All areas together: what the server can be asked."""

from __future__ import annotations

from engine.engine import Engine
from handlers.approvals import Approvals
from handlers.archives import Archives
from handlers.auth import Auth
from handlers.checkpoints import Checkpoints
from handlers.events import Events
from handlers.files import Files
from handlers.mcp import Mcp
from handlers.monitoring import Monitoring
from handlers.operation import Registry
from handlers.processes import ProcessHandlers
from handlers.profiles import ProviderProfiles
from handlers.repositories import RepositoryHandlers
from handlers.searches import Searches
from handlers.sessions import Sessions
from handlers.tasks import Tasks
from handlers.terminals import TerminalHandlers
from handlers.tools import Tools
from handlers.transfers import Transfers

AREAS = (
    Auth,
    ProviderProfiles,
    Sessions,
    Tasks,
    Tools,
    Approvals,
    Files,
    RepositoryHandlers,
    Searches,
    Checkpoints,
    ProcessHandlers,
    TerminalHandlers,
    Mcp,
    Events,
    Monitoring,
)


TRANSFERS = (Transfers, Archives)
"""Whose operations are streams: the REST door alone has them."""


def build_transfers(engine: Engine) -> Registry:
    """Every transfer, bound to the engine."""
    return Registry(tuple(area(engine) for area in TRANSFERS))


def build_registry(engine: Engine) -> Registry:
    """Every operation, bound to the engine."""
    return Registry(tuple(area(engine) for area in AREAS))
