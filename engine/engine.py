"""The engine: the whole product without its network doors. Built once and passed to constructors."""

from __future__ import annotations

import asyncio
import datetime
import functools
import os
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from roocode_server.engine.accounts.accounts import ADMIN_FILE, SECRET_FILE, Accounts
from roocode_server.engine.accounts.profiles import ProviderProfiles
from roocode_server.engine.administration.secrets import sealing_keys
from roocode_server.engine.agent.choices import Choices
from roocode_server.engine.agent.continuing import Continuing
from roocode_server.engine.agent.drafts import SessionDrafts
from roocode_server.engine.agent.forking import SessionForks
from roocode_server.engine.agent.inbox import Inbox
from roocode_server.engine.agent.model_offers import ModelOffers
from roocode_server.engine.agent.modes import ModeBook
from roocode_server.engine.agent.policy import ApprovalPolicy
from roocode_server.engine.agent.rewinding import Rewinding
from roocode_server.engine.agent.runner import TaskRunner
from roocode_server.engine.agent.scheduler import Scheduler
from roocode_server.engine.agent.services import AgentServices
from roocode_server.engine.agent.session_archive.exporting import SessionExports
from roocode_server.engine.agent.session_archive.importing import SessionImports
from roocode_server.engine.agent.standing_rules import StandingRules
from roocode_server.engine.agent.store.approvals import Approvals
from roocode_server.engine.agent.store.checkpoints import History
from roocode_server.engine.agent.store.dependencies import Dependencies
from roocode_server.engine.agent.store.results import TaskResults
from roocode_server.engine.agent.store.states import TaskStates
from roocode_server.engine.agent.store.subtasks import SubtaskStore
from roocode_server.engine.agent.store.traces import TaskTraces
from roocode_server.engine.agent.store.transcript import Transcripts
from roocode_server.engine.agent.store.turns import TaskTurns
from roocode_server.engine.agent.task_forks import TaskForks
from roocode_server.engine.agent.tasks import Tasks
from roocode_server.engine.agent.usage import UsageReports
from roocode_server.engine.agent.waiting import TaskWaits
from roocode_server.engine.audit.log import AuditLog
from roocode_server.engine.browser.browsers import Browsers
from roocode_server.engine.checkpoints.checkpoints import Checkpoints
from roocode_server.engine.events.feed import Feed
from roocode_server.engine.events.hub import Hub
from roocode_server.engine.events.lifetimes import Lifetimes
from roocode_server.engine.events.log import EventLog
from roocode_server.engine.events.log_retention import LogRetention
from roocode_server.engine.idempotency.receipts import Receipts
from roocode_server.engine.limits.rates import RateLimits
from roocode_server.engine.mcp.hub import McpHub
from roocode_server.engine.monitoring.calls import CallRecorder
from roocode_server.engine.monitoring.histogram import DurationHistogram
from roocode_server.engine.monitoring.log_reader import LogReader
from roocode_server.engine.monitoring.log_recorder import LogRecorder
from roocode_server.engine.monitoring.log_store import LogStore
from roocode_server.engine.monitoring.loop_lag import EventLoopLag
from roocode_server.engine.monitoring.machine import Machine
from roocode_server.engine.monitoring.metrics import Metrics
from roocode_server.engine.monitoring.processes import ProcessMonitor
from roocode_server.engine.monitoring.readiness import Readiness, ReadinessCheck, disk_room
from roocode_server.engine.monitoring.sampler import ResourceSampler
from roocode_server.engine.providers.anthropic import AnthropicProvider
from roocode_server.engine.providers.catalogue import EXTRAS, Providers
from roocode_server.engine.providers.gemini import GeminiProvider
from roocode_server.engine.providers.images import ImageGenerator
from roocode_server.engine.providers.openai import OllamaProvider, OpenAIProvider
from roocode_server.engine.providers.provider import Provider
from roocode_server.engine.providers.scripted.provider import ScriptedProvider
from roocode_server.engine.runtimes.choose import ID_FILE, WORKSPACES, Chosen, Surroundings, choose
from roocode_server.engine.runtimes.runtime import Runtime
from roocode_server.engine.sealing.keys import SEALING_FILE, SealingKeys
from roocode_server.engine.search.index import CodeIndex
from roocode_server.engine.sessions.audience import Audience
from roocode_server.engine.sessions.cloning import Repositories
from roocode_server.engine.sessions.expiry import Expiry
from roocode_server.engine.sessions.files import Files
from roocode_server.engine.sessions.processes import ProcessTable
from roocode_server.engine.sessions.retention import Retention
from roocode_server.engine.sessions.searches import Searches
from roocode_server.engine.sessions.secrets import SessionSecretStore
from roocode_server.engine.sessions.sessions import Sessions
from roocode_server.engine.sessions.sharing import Sharing
from roocode_server.engine.sessions.shell import Shell
from roocode_server.engine.sessions.terminals import TerminalTable
from roocode_server.engine.sessions.tool_calls import ToolExecution
from roocode_server.engine.storage.accounts import UserRepository
from roocode_server.engine.storage.approvals import ApprovalRepository
from roocode_server.engine.storage.data_directory import database_in, make_data_directory
from roocode_server.engine.storage.database import Database, DatabaseUnusable
from roocode_server.engine.storage.dependencies import DependencyRepository
from roocode_server.engine.storage.inbox import InboxRepository
from roocode_server.engine.storage.ownership import LOCK_FILE, Ownership
from roocode_server.engine.storage.pending_ends import PendingEndRepository
from roocode_server.engine.storage.profiles import ProfileRepository
from roocode_server.engine.storage.rewinds import RewindRepository
from roocode_server.engine.storage.sessions import SessionRepository
from roocode_server.engine.storage.shares import ShareRepository
from roocode_server.engine.storage.standing_rules import StandingRuleRepository
from roocode_server.engine.storage.task_traces import TaskTraceRepository
from roocode_server.engine.storage.task_turns import TaskTurnRepository, TurnSnapshotRepository
from roocode_server.engine.storage.tasks import (
    CheckBaselineRepository,
    ConversationRepository,
    MessageRepository,
    SnapshotRepository,
    TaskRepository,
    ToolCallRepository,
)
from roocode_server.engine.storage.usage import UsageRepository
from roocode_server.engine.storage.webhooks import AttemptRepository, WebhookRepository
from roocode_server.engine.storage.work_figures import work_figures
from roocode_server.engine.tools.access_mcp_resource import AccessMcpResource
from roocode_server.engine.tools.browser_action import BrowserAction
from roocode_server.engine.tools.codebase_search import CodebaseSearch
from roocode_server.engine.tools.generate_image import GenerateImage
from roocode_server.engine.tools.registry import DEFAULT_TOOLS, ToolRegistry
from roocode_server.engine.tools.tool import AnyTool
from roocode_server.engine.tools.use_mcp_tool import UseMcpTool
from roocode_server.engine.tracing.choose import tracer_of
from roocode_server.engine.tracing.tracer import Tracer
from roocode_server.engine.watching.runtime import WatchedRuntime
from roocode_server.engine.watching.watchers import Watchers
from roocode_server.engine.webhooks.dispatcher import Dispatcher
from roocode_server.engine.webhooks.ledger import DeliveryLedger
from roocode_server.engine.webhooks.sender import Sender
from roocode_server.engine.webhooks.webhooks import UserWebhooks
from roocode_server.engine.workspace.ownership import close_to_others
from roocode_server.engine.workspace.staging import remove_abandoned
from roocode_server.models.error import ServerOverload
from roocode_server.models.settings import MonitoringSettings, ProviderSettings, Settings, WebhookSettings

CHECKPOINTS: Final = "checkpoints"
MCP: Final = "mcp"
LOGS: Final = "logs"
OURS_ALONE: Final = (
    WORKSPACES,
    CHECKPOINTS,
    MCP,
    LOGS,
    ADMIN_FILE,
    SECRET_FILE,
    SEALING_FILE,
    ID_FILE,
    LOCK_FILE,
)
"""The entries of a data directory that no other user may read, even if others may enter the directory."""

log = structlog.get_logger("engine")


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """All services, wired together."""

    settings: Settings
    data_dir: Path
    ownership: Ownership
    database: Database
    log: EventLog
    lasting: Lifetimes
    hub: Hub
    accounts: Accounts
    rates: RateLimits
    audit: AuditLog
    receipts: Receipts
    sessions: Sessions
    audience: Audience
    files: Files
    repositories: Repositories
    searches: Searches
    tasks: Tasks
    rewinding: Rewinding
    forks: SessionForks
    task_forks: TaskForks
    exports: SessionExports
    imports: SessionImports
    standing_rules: StandingRules
    task_waits: TaskWaits
    approvals: Approvals
    inbox: Inbox
    usage: UsageReports
    tools: ToolExecution
    runtime: Runtime
    providers: Providers
    profiles: ProviderProfiles
    models: ModelOffers
    runner: TaskRunner
    history: History
    index: CodeIndex
    mcp: McpHub
    browsers: Browsers
    processes: ProcessTable
    terminals: TerminalTable
    shell: Shell
    watchers: Watchers
    expiry: Expiry
    retention: Retention
    webhooks: UserWebhooks
    dispatcher: Dispatcher
    sampler: ResourceSampler
    calls: CallRecorder
    metrics: Metrics
    tracer: Tracer
    loop_lag: EventLoopLag
    readiness: Readiness
    machine: ProcessMonitor
    log_recorder: LogRecorder
    log_reader: LogReader

    async def check_writable(self) -> None:
        """Raises: ServerOverload, if the database cannot be written to."""
        try:
            await self.database.probe()
        except DatabaseUnusable as failure:
            log.error("unhealthy", reason=str(failure))
            raise ServerOverload("The server cannot write to its database; see its log") from failure

    async def end_work(self) -> None:
        """Suspend running tasks in a resumable state, stop what callers run, and accept no new work."""
        await self.runner.close()
        await self.tools.close()
        await self.processes.close()
        await self.terminals.close()

    async def close(self) -> None:
        """Stop all work and release all resources; if closing one fails, the others are still closed."""
        async with AsyncExitStack() as ending:
            for end in (
                self.ownership.release,
                self.tracer.close,
                self.log_recorder.close,
                self.database.close,
                self.audit.flush,
                self.runtime.shut_down,
                self.watchers.close,
                self.providers.close,
                self.browsers.close,
                self.mcp.close,
                self.accounts.watch.close,
                self.end_work,
                self.audience.close,
                self.expiry.close,
                self.retention.close,
                self.dispatcher.close,
                self.sampler.close,
                self.loop_lag.close,
                self.readiness.close,
                self.machine.close,
                self.metrics.close,
            ):
                ending.push_async_callback(end)


async def open_engine(
    settings: Settings, *, more_providers: Sequence[Provider] = (), more_tools: Sequence[AnyTool] = ()
) -> Engine:
    """Open the data directory (created if missing), migrate it, and recover from the last stop.

    `more_providers` and `more_tools` are added to the built-in ones, for programs that embed the engine.
    Raises: ValueError, if two have the same name; DirectoryInUse, if another server uses the directory;
    OSError, SQLAlchemyError or PlaybookInvalid, if the configuration cannot be used.
    """
    data_dir = make_data_directory(settings)
    ownership = Ownership(data_dir)
    try:
        for name in OURS_ALONE:
            close_to_others(data_dir / name)
        return await _open(settings, data_dir, ownership, more_providers, more_tools)
    except BaseException:
        await ownership.release()
        raise


async def _open(
    settings: Settings,
    data_dir: Path,
    ownership: Ownership,
    more_providers: Sequence[Provider],
    more_tools: Sequence[AnyTool],
) -> Engine:
    commits, hub = DurationHistogram(), Hub()
    database = database_in(data_dir, settings, commits.observe)
    feed = Feed(database)
    log = EventLog(database, hub.publish, feed)
    metrics = Metrics(
        calls=CallRecorder(),
        log=log,
        hub=hub,
        commits=commits,
        work=functools.partial(work_figures, database),
    )
    chosen = await choose(
        settings.runtime, Surroundings(data_dir=data_dir, sessions=settings.sessions, tell=hub.signal)
    )
    providers = _providers(settings.providers, more_providers)
    tracer = await tracer_of(settings.tracing)
    await database.open(log)
    try:
        keys = await sealing_keys(settings, data_dir, database)
        engine = _assemble(
            settings,
            data_dir,
            ownership,
            database,
            log,
            feed,
            hub,
            metrics,
            tracer,
            chosen,
            providers,
            keys,
            more_tools,
        )
    except BaseException:
        await database.close()
        await tracer.close()
        raise
    await engine.dispatcher.prepare()
    await engine.accounts.ensure_admin(data_dir)
    await asyncio.to_thread(remove_abandoned, data_dir / WORKSPACES)
    await engine.sessions.discard_drafts()
    await engine.sessions.finish_deletions()
    await chosen.commands.recover(engine.sessions.exists)
    await engine.lasting.recover()
    await engine.receipts.remove_expired()
    await engine.history.recover()
    await engine.rewinding.recover()
    await engine.sessions.expire_overdue()
    await engine.tasks.recover(resume=settings.agent.resume_on_start)
    engine.expiry.begin()
    engine.retention.begin()
    engine.dispatcher.begin()
    engine.sampler.begin()
    engine.log_recorder.begin()
    engine.loop_lag.begin()
    return engine


def own_providers(settings: ProviderSettings) -> Sequence[Provider]:
    """Return the built-in providers. Raises: PlaybookInvalid."""
    return (
        ScriptedProvider([Path(folder) for folder in settings.scripted.folders]),
        AnthropicProvider(),
        OpenAIProvider(settings.openai.protocol),
        GeminiProvider(),
        OllamaProvider(),
    )


def _providers(settings: ProviderSettings, more: Sequence[Provider]) -> Providers:
    """Return the built-in providers and those of the embedding program.

    Raises: ValueError, if two have the same name; PlaybookInvalid.
    """
    own = own_providers(settings)
    if taken := {each.name for each in more} & {each.name for each in own}:
        raise ValueError(f"There are providers of these names already: {', '.join(sorted(taken))}.")
    providers = Providers({each.name: each for each in (*own, *more)}, settings)
    for name in providers.useless_keys():
        structlog.get_logger("providers").warning("key without its extra", provider=name, extra=EXTRAS[name])
    return providers


def _assemble(
    settings: Settings,
    data_dir: Path,
    ownership: Ownership,
    database: Database,
    log: EventLog,
    feed: Feed,
    hub: Hub,
    metrics: Metrics,
    tracer: Tracer,
    chosen: Chosen,
    providers: Providers,
    keys: SealingKeys,
    more_tools: Sequence[AnyTool],
) -> Engine:
    watchers, lasting, loop_lag = (
        Watchers(database),
        Lifetimes(database),
        EventLoopLag(metrics.loop_lag.observe),
    )
    runtime = WatchedRuntime(chosen.commands, watchers, metrics.commands, tracer)
    session_rows, shares = SessionRepository(database), ShareRepository(database)
    sessions = Sessions(
        database,
        session_rows,
        log,
        runtime,
        SessionSecretStore(session_rows, keys),
        Sharing(database, shares, UserRepository(database)),
        folder=data_dir / WORKSPACES,
        defaults=settings.sessions,
        files=settings.files,
        most_of_user=settings.limits.sessions,
    )
    sessions.before_deletion(watchers.forget)
    mcp = McpHub(settings.mcp, sessions, runtime, lasting, folder=data_dir / MCP)
    sessions.before_deletion(mcp.close_session)
    sessions.at_expiry(mcp.close_session)
    browsers = Browsers(settings.browser)
    sessions.before_deletion(browsers.close_session)
    sessions.at_expiry(browsers.close_session)
    index = CodeIndex()
    sessions.before_deletion(index.forget)
    tools = ToolRegistry(
        [
            *DEFAULT_TOOLS,
            CodebaseSearch(index),
            GenerateImage(ImageGenerator(settings.providers.images, os.environ)),
            UseMcpTool(mcp),
            AccessMcpResource(mcp),
            BrowserAction(browsers),
            *more_tools,
        ]
    )
    task_rows, tool_calls = TaskRepository(database), ToolCallRepository(database)
    dependencies = Dependencies(DependencyRepository())
    turns = TaskTurns(TaskTurnRepository(database))
    states = TaskStates(database, task_rows, PendingEndRepository(database), dependencies, turns)
    rewinds = RewindRepository(database)
    transcripts = Transcripts(database, ConversationRepository(database), MessageRepository(database))
    approvals = Approvals(database, ApprovalRepository(database), timeout_s=settings.approvals.timeout_s)
    turn_rows = TaskTurnRepository(database)
    history = History(
        Checkpoints(data_dir / CHECKPOINTS), sessions, task_rows, turn_rows, SnapshotRepository(database), log
    )
    profiles = ProviderProfiles(database, ProfileRepository(database), keys)
    webhooks, dispatcher = _webhooks(settings.webhooks, database, log, feed, keys)
    modes = ModeBook(settings.agent.modes)
    sessions.check_configurations_by(Choices(modes, providers).check)
    standing_rules = StandingRules(database, StandingRuleRepository(database), sessions)
    services = AgentServices(
        settings=settings.agent,
        states=states,
        transcripts=transcripts,
        tool_calls=tool_calls,
        approvals=approvals,
        policy=ApprovalPolicy(settings.approvals),
        results=TaskResults(
            SnapshotRepository(database),
            TurnSnapshotRepository(database),
            tool_calls,
            CheckBaselineRepository(database),
        ),
        providers=providers,
        profiles=profiles,
        standing_rules=standing_rules,
        tools=tools,
        runtime=runtime,
        hub=hub,
        modes=modes,
        history=history,
        mcp=mcp,
        model_counts=metrics.models,
        tracer=tracer,
        traces=TaskTraces(tracer, TaskTraceRepository(database)),
        usage=UsageRepository(database),
        turns=turns,
        continuing=Continuing(task_rows),
    )
    scheduler = Scheduler(places=settings.agent.concurrent_tasks, ageing_s=settings.agent.priority_ageing_s)
    log_store = LogStore(data_dir / LOGS, most_bytes=settings.logging.stored_mb * 2**20)
    log_recorder = LogRecorder(log_store)
    audit = AuditLog(database)
    runner = TaskRunner(services, sessions, SubtaskStore(database, task_rows, turns), scheduler)
    tasks = Tasks(
        database,
        task_rows,
        states,
        dependencies,
        transcripts,
        services.results,
        approvals,
        runner,
        sessions,
        services.modes,
        services.traces,
        rewinds,
        standing_rules,
        turns,
        most_of_user=settings.limits.tasks,
    )
    rewinding = Rewinding(
        database,
        task_rows,
        rewinds,
        ConversationRepository(database),
        states,
        approvals,
        history,
        runner,
        sessions,
    )
    drafts = SessionDrafts(
        database,
        sessions,
        task_rows,
        states,
        approvals,
        PendingEndRepository(database),
        history,
        most_tasks_of_user=settings.limits.tasks,
    )
    forks = SessionForks(database, sessions, drafts, task_rows, services.results, history, runner)
    return Engine(
        settings=settings,
        data_dir=data_dir,
        ownership=ownership,
        database=database,
        log=log,
        lasting=lasting,
        hub=hub,
        accounts=Accounts(database, settings.auth, data_dir),
        rates=RateLimits(settings.limits),
        audit=audit,
        receipts=Receipts(database, keys),
        sessions=sessions,
        audience=Audience(hub, shares, log.timeline),
        files=Files(sessions, log),
        repositories=Repositories(settings.files, sessions, chosen.programs, log, hub),
        searches=Searches(sessions, runtime, index),
        tasks=tasks,
        rewinding=rewinding,
        forks=forks,
        task_forks=TaskForks(forks, sessions, task_rows, rewinding, history),
        exports=SessionExports(database, sessions, history, runner),
        imports=SessionImports(
            database,
            sessions,
            drafts,
            task_rows,
            services.results,
            history,
            limits=settings.sessions.resource_limits,
        ),
        standing_rules=standing_rules,
        task_waits=TaskWaits(tasks, hub, longest_s=settings.server.max_wait_s),
        approvals=approvals,
        inbox=Inbox(InboxRepository(database)),
        usage=UsageReports(services.usage),
        tools=ToolExecution(sessions, runtime, tools, lasting, hub),
        runtime=runtime,
        providers=providers,
        profiles=profiles,
        models=ModelOffers(services, settings.sessions),
        runner=runner,
        history=history,
        index=index,
        mcp=mcp,
        browsers=browsers,
        processes=ProcessTable(sessions, runtime, lasting, hub),
        terminals=TerminalTable(sessions, runtime, lasting, hub),
        shell=Shell(sessions, runtime),
        watchers=watchers,
        expiry=Expiry(sessions),
        retention=Retention(
            database,
            sessions,
            audit,
            settings.retention,
            LogRetention(
                database,
                log.timeline,
                kept_for=datetime.timedelta(days=settings.retention.events_days),
                kept_events=settings.retention.kept_events,
            ),
            on_deleted=metrics.retention.count,
        ),
        webhooks=webhooks,
        dispatcher=dispatcher,
        sampler=ResourceSampler(
            Machine(str(data_dir)).measure, interval_s=settings.monitoring.sample_interval_s
        ),
        calls=metrics.calls,
        metrics=metrics,
        tracer=tracer,
        loop_lag=loop_lag,
        readiness=Readiness(_checks(settings.monitoring, data_dir, database, runtime, loop_lag)),
        machine=ProcessMonitor(runtime, fresh_s=settings.monitoring.sample_interval_s),
        log_recorder=log_recorder,
        log_reader=LogReader(log_store, log_recorder),
    )


def _checks(
    settings: MonitoringSettings,
    data_dir: Path,
    database: Database,
    runtime: Runtime,
    loop_lag: EventLoopLag,
) -> Mapping[str, ReadinessCheck]:
    """What the server needs for its work; the reasons of failures are for everybody to read."""

    async def is_writable() -> str | None:
        try:
            await database.probe()
        except DatabaseUnusable:
            return "it cannot be written to; the log says why"
        return None

    async def runs_commands() -> str | None:
        return runtime.problem

    async def is_in_time() -> str | None:
        late_s = loop_lag.worst_s
        return None if late_s <= settings.max_loop_lag_s else f"it was {late_s:.1f} s late"

    return {
        "database": is_writable,
        "disk": functools.partial(disk_room, data_dir, settings.min_free_disk_mb),
        "sandbox": runs_commands,
        "eventLoop": is_in_time,
    }


def _webhooks(
    settings: WebhookSettings, database: Database, log: EventLog, feed: Feed, keys: SealingKeys
) -> tuple[UserWebhooks, Dispatcher]:
    rows, attempts = WebhookRepository(database), AttemptRepository(database)
    sender = Sender(settings, keys)
    ledger = DeliveryLedger(database, rows, attempts, feed, settings)
    dispatcher = Dispatcher(rows, feed, ledger, sender)
    webhooks = UserWebhooks(
        database,
        rows,
        attempts,
        log,
        feed,
        sender=sender,
        ledger=ledger,
        dispatcher=dispatcher,
        settings=settings,
    )
    return webhooks, dispatcher
