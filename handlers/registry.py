"""The areas of operations, and the registries built from them."""

from __future__ import annotations

from roocode_server.engine.engine import Engine
from roocode_server.handlers.approvals import ApprovalHandlers
from roocode_server.handlers.archives import ArchiveHandlers
from roocode_server.handlers.audit import AuditHandlers
from roocode_server.handlers.auth import AuthHandlers
from roocode_server.handlers.checkpoints import CheckpointHandlers
from roocode_server.handlers.event_streams import EventStreamHandlers
from roocode_server.handlers.events import EventHandlers
from roocode_server.handlers.files import FileHandlers
from roocode_server.handlers.identities import IdentityHandlers
from roocode_server.handlers.inbox import InboxHandlers
from roocode_server.handlers.keys import KeyHandlers
from roocode_server.handlers.logins import LoginHandlers
from roocode_server.handlers.mcp import McpHandlers
from roocode_server.handlers.models import ModelHandlers
from roocode_server.handlers.monitoring import MonitoringHandlers
from roocode_server.handlers.operation import Registry
from roocode_server.handlers.people import PeopleHandlers
from roocode_server.handlers.performance import PerformanceHandlers
from roocode_server.handlers.processes import ProcessHandlers
from roocode_server.handlers.profiles import ProfileHandlers
from roocode_server.handlers.repositories import RepositoryHandlers
from roocode_server.handlers.rules import RuleHandlers
from roocode_server.handlers.searches import SearchHandlers
from roocode_server.handlers.session_archives import SessionArchiveHandlers
from roocode_server.handlers.sessions import SessionHandlers
from roocode_server.handlers.sharing import SharingHandlers
from roocode_server.handlers.tasks import TaskHandlers
from roocode_server.handlers.terminals import TerminalHandlers
from roocode_server.handlers.tools import ToolHandlers
from roocode_server.handlers.transfers import TransferHandlers
from roocode_server.handlers.usage import UsageHandlers
from roocode_server.handlers.webhooks import WebhookHandlers

AREAS = (
    AuthHandlers,
    LoginHandlers,
    KeyHandlers,
    IdentityHandlers,
    PeopleHandlers,
    ProfileHandlers,
    ModelHandlers,
    SessionHandlers,
    SharingHandlers,
    TaskHandlers,
    ToolHandlers,
    ApprovalHandlers,
    RuleHandlers,
    InboxHandlers,
    FileHandlers,
    RepositoryHandlers,
    SearchHandlers,
    CheckpointHandlers,
    ProcessHandlers,
    TerminalHandlers,
    McpHandlers,
    EventHandlers,
    WebhookHandlers,
    MonitoringHandlers,
    PerformanceHandlers,
    UsageHandlers,
    AuditHandlers,
)


TRANSFERS = (TransferHandlers, ArchiveHandlers, SessionArchiveHandlers, EventStreamHandlers)
"""The areas whose operations are streams of bytes or events, available over REST only."""


def build_transfers(engine: Engine) -> Registry:
    """A registry of the operations that stream bytes or events, for the REST door."""
    return Registry(tuple(area(engine) for area in TRANSFERS))


def build_registry(engine: Engine) -> Registry:
    """A registry of all other operations, for every door."""
    return Registry(tuple(area(engine) for area in AREAS))
