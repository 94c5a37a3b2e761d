"""What every run of a task works with; made once for the whole engine."""

from __future__ import annotations

from dataclasses import dataclass

from engine.accounts.profiles import ProviderProfiles
from engine.agent.modes import ModeBook
from engine.agent.policy import ApprovalPolicy
from engine.agent.store.approvals import Approvals
from engine.agent.store.checkpoints import History
from engine.agent.store.results import TaskResults
from engine.agent.store.states import TaskStates
from engine.agent.store.transcript import Transcripts
from engine.events.hub import Hub
from engine.mcp.hub import McpHub
from engine.providers.catalogue import Providers
from engine.runtimes.runtime import Runtime
from engine.storage.tasks import ToolCallRepository
from engine.tools.registry import ToolRegistry
from models.settings import AgentSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentServices:
    settings: AgentSettings
    states: TaskStates
    transcripts: Transcripts
    tool_calls: ToolCallRepository
    approvals: Approvals
    policy: ApprovalPolicy
    results: TaskResults
    providers: Providers
    profiles: ProviderProfiles
    tools: ToolRegistry
    runtime: Runtime
    hub: Hub
    modes: ModeBook
    history: History
    mcp: McpHub
