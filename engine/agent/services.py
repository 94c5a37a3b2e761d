"""The services that every run of a task uses, wired once for the whole engine."""

from __future__ import annotations

from dataclasses import dataclass

from roocode_server.engine.accounts.profiles import ProviderProfiles
from roocode_server.engine.agent.continuing import Continuing
from roocode_server.engine.agent.modes import ModeBook
from roocode_server.engine.agent.policy import ApprovalPolicy
from roocode_server.engine.agent.standing_rules import StandingRules
from roocode_server.engine.agent.store.approvals import Approvals
from roocode_server.engine.agent.store.checkpoints import History
from roocode_server.engine.agent.store.results import TaskResults
from roocode_server.engine.agent.store.states import TaskStates
from roocode_server.engine.agent.store.traces import TaskTraces
from roocode_server.engine.agent.store.transcript import Transcripts
from roocode_server.engine.agent.store.turns import TaskTurns
from roocode_server.engine.events.hub import Hub
from roocode_server.engine.mcp.hub import McpHub
from roocode_server.engine.monitoring.work_counts import ModelCounts
from roocode_server.engine.providers.catalogue import Providers
from roocode_server.engine.runtimes.runtime import Runtime
from roocode_server.engine.storage.tasks import ToolCallRepository
from roocode_server.engine.storage.usage import UsageRepository
from roocode_server.engine.tools.registry import ToolRegistry
from roocode_server.engine.tracing.tracer import Tracer
from roocode_server.models.settings import AgentSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentServices:
    """What a run of a task gets from the engine."""

    settings: AgentSettings
    states: TaskStates
    transcripts: Transcripts
    tool_calls: ToolCallRepository
    approvals: Approvals
    policy: ApprovalPolicy
    results: TaskResults
    providers: Providers
    profiles: ProviderProfiles
    standing_rules: StandingRules
    tools: ToolRegistry
    runtime: Runtime
    hub: Hub
    modes: ModeBook
    history: History
    mcp: McpHub
    model_counts: ModelCounts
    tracer: Tracer
    traces: TaskTraces
    usage: UsageRepository
    turns: TaskTurns
    continuing: Continuing
