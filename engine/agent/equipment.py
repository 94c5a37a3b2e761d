"""What every run of a task works with; made once for the whole engine."""

from __future__ import annotations

from dataclasses import dataclass

from engine.accounts.profiles import ProviderProfiles
from engine.agent.approvals import Approvals
from engine.agent.history import History
from engine.agent.modes import ModeBook
from engine.agent.policy import ApprovalPolicy
from engine.agent.results import Results
from engine.agent.states import TaskStates
from engine.agent.transcript import Transcripts
from engine.events.hub import Hub
from engine.mcp.hub import McpHub
from engine.providers.catalogue import Providers
from engine.runtimes.runtime import Runtime
from engine.storage.tasks import ToolCallRepository
from engine.tools.catalogue import Catalogue
from models.settings import AgentSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Equipment:
    settings: AgentSettings
    states: TaskStates
    transcripts: Transcripts
    tool_calls: ToolCallRepository
    approvals: Approvals
    policy: ApprovalPolicy
    results: Results
    providers: Providers
    profiles: ProviderProfiles
    tools: Catalogue
    runtime: Runtime
    hub: Hub
    modes: ModeBook
    history: History
    mcp: McpHub
