"""All settings of the server, with defaults and limits. `config.yaml` documents them for people."""

from __future__ import annotations

import enum
import ipaddress
from dataclasses import field
from urllib.parse import urlsplit

from marshmallow import ValidationError

from roocode_server.models.approval import Decision
from roocode_server.models.auth_settings import AuthSettings
from roocode_server.models.budget import COST_BUDGET, DURATION_BUDGET, REQUEST_BUDGET, TOKEN_BUDGET
from roocode_server.models.limit_settings import LimitSettings
from roocode_server.models.mcp import McpServer
from roocode_server.models.mode import ModeGroup
from roocode_server.models.profile import check_base_url
from roocode_server.models.session import MOST_CONCURRENT_TASKS, ResourceLimits
from roocode_server.models.shape import Shape, limited, value
from roocode_server.models.tool import ToolGroup


class RuntimeKind(enum.StrEnum):
    """The kinds of runtimes; see docs/sandbox.md."""

    AUTO = "auto"
    LOCAL = "local"
    DOCKER = "docker"
    UNSAFE_LOCAL = "unsafe-local"


class LogFormat(enum.StrEnum):
    """How the server's log is written."""

    CONSOLE = "console"
    JSON = "json"


class LogLevel(enum.StrEnum):
    """The lowest level that is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


def _check_origins(origins: list[str]) -> None:
    """Raises: marshmallow.ValidationError, if an entry is not an origin that a browser could send."""
    for origin in origins:
        parts = urlsplit(origin)
        if origin != "*" and (not parts.scheme or not parts.netloc or parts.path.strip("/")):
            raise ValidationError(f"Expected origins such as https://dashboard.example, or *; not {origin}.")


def _check_networks(networks: list[str]) -> None:
    """Raises: marshmallow.ValidationError, if an entry is neither an address nor a network."""
    for network in networks:
        try:
            ipaddress.ip_network(network, strict=False)
        except ValueError:
            raise ValidationError(f"Expected networks such as 10.0.0.0/8, not {network}.") from None


def _check_ports(ports: list[int]) -> None:
    """Raises: marshmallow.ValidationError, unless there are 1 to 16, each from 0 to 65535."""
    if not 1 <= len(ports) <= 16:
        raise ValidationError("Expected 1 to 16 ports.")
    for port in ports:
        if not 0 <= port <= 65535:
            raise ValidationError(f"Expected ports from 0 (any that is free) to 65535, not {port}.")


@value
class ServerSettings(Shape):
    """Where the server listens and what it accepts."""

    host: str = "127.0.0.1"
    ports: list[int] = field(default_factory=lambda: [3000], metadata={"validate": _check_ports})
    data_dir: str = "data"
    public_url: str | None = field(default=None, metadata={"validate": check_base_url})
    allowed_hosts: list[str] = field(default_factory=list)
    allowed_origins: list[str] = field(default_factory=list, metadata={"validate": _check_origins})
    trusted_proxies: list[str] = field(default_factory=list, metadata={"validate": _check_networks})
    max_request_bytes: int = field(default=8_388_608, metadata=limited(least=1024, most=1_073_741_824))
    request_timeout_s: float = field(default=15.0, metadata=limited(least=0.1, most=3600))
    idle_timeout_s: float = field(default=60.0, metadata=limited(least=0.1, most=3600))
    max_wait_s: float = field(default=60.0, metadata=limited(least=0, most=3600))
    keep_alive_s: float = field(default=75.0, metadata=limited(least=0.1, most=3600))
    shutdown_timeout_s: float = field(default=8.0, metadata=limited(least=0, most=600))


@value
class SocketSettings(Shape):
    """The Socket.IO door."""

    ping_interval_s: int = field(default=25, metadata=limited(least=1, most=3600))
    ping_timeout_s: int = field(default=20, metadata=limited(least=1, most=3600))
    max_buffered_bytes: int = field(default=65_536, metadata=limited(least=1024, most=67_108_864))
    renewal_s: float = field(default=15.0, metadata=limited(least=0, most=3600))
    max_pending_calls: int = field(default=64, metadata=limited(least=1, most=100_000))


class Synchronous(enum.StrEnum):
    """What an acknowledged write survives: with `full` a power failure, with `normal` only a crash of this
    server.
    """

    FULL = "full"
    NORMAL = "normal"


@value
class DatabaseSettings(Shape):
    """Where everything is stored; an empty `url` means SQLite in the data directory."""

    url: str = ""
    synchronous: Synchronous = Synchronous.FULL
    sealing_key_variable: str = ""


@value
class SessionSettings(Shape):
    """The defaults for new sessions."""

    provider: str = "auto"
    model: str = "auto"
    mode: str = "code"
    allowed_commands: list[str] = field(default_factory=lambda: ["*"])
    resource_limits: ResourceLimits = field(default_factory=ResourceLimits)
    network: bool = False
    concurrent_tasks: int = field(default=1, metadata=limited(least=1, most=MOST_CONCURRENT_TASKS))


@value
class RetentionSettings(Shape):
    """How long sessions are kept in which nothing happens, and old events of those that go on.

    0 days: until somebody deletes the session.
    """

    inactive_sessions_days: float = field(default=0.0, metadata=limited(least=0, most=36_500))
    untouched_sessions_days: float = field(default=0.0, metadata=limited(least=0, most=36_500))
    events_days: float = field(default=0.0, metadata=limited(least=0, most=36_500))
    kept_events: int = field(default=1000, metadata=limited(least=1, most=1_000_000_000))
    interval_s: float = field(default=3600.0, metadata=limited(least=0.01, most=86_400))


@value
class ModeSettings(Shape):
    """A mode defined by the operator, for all sessions; see docs/modes.md."""

    slug: str
    name: str
    role_definition: str
    groups: list[ModeGroup] = field(default_factory=list)
    when_to_use: str = ""
    custom_instructions: str = ""


@value
class AgentSettings(Shape):
    """How agents run."""

    max_iterations: int = field(default=100, metadata=limited(least=1, most=100_000))
    task_timeout_s: int = field(default=3600, metadata=limited(least=1, most=2_592_000))
    task_max_cost: float | None = field(default=None, metadata=COST_BUDGET)
    task_max_tokens: int | None = field(default=None, metadata=TOKEN_BUDGET)
    task_max_requests: int | None = field(default=None, metadata=REQUEST_BUDGET)
    task_max_duration_s: float | None = field(default=None, metadata=DURATION_BUDGET)
    concurrent_tasks: int = field(default=32, metadata=limited(least=1, most=10_000))
    priority_ageing_s: int = field(default=3600, metadata=limited(least=1, most=2_592_000))
    resume_on_start: bool = False
    mistake_limit: int = field(default=3, metadata=limited(least=0, most=1000))
    repetition_limit: int = field(default=3, metadata=limited(least=0, most=1000))
    max_subtask_depth: int = field(default=5, metadata=limited(least=0, most=100))
    max_subtasks: int = field(default=50, metadata=limited(least=0, most=10_000))
    request_attempts: int = field(default=5, metadata=limited(least=1, most=100))
    retry_delay_s: float = field(default=2.0, metadata=limited(least=0, most=3600))
    condense_percent: int = field(default=80, metadata=limited(least=10, most=100))
    custom_instructions: str = ""
    acp_environment: list[str] = field(default_factory=list)
    modes: list[ModeSettings] = field(default_factory=list)


@value
class ApprovalSettings(Shape):
    """What the agent may do without asking, by tool group, unless a rule of the session decides otherwise."""

    read: Decision = Decision.ALWAYS
    edit: Decision = Decision.ASK
    command: Decision = Decision.ASK
    browser: Decision = Decision.ASK
    mcp: Decision = Decision.ASK
    modes: Decision = Decision.ASK
    timeout_s: int = field(default=86_400, metadata=limited(least=1, most=31_536_000))


class Pull(enum.StrEnum):
    """When an image is pulled."""

    MISSING = "missing"
    NEVER = "never"


@value
class DockerSettings(Shape):
    """The containers of sessions, one each."""

    host: str | None = None
    image: str = "docker.io/library/python:3.12"
    pull: Pull = Pull.MISSING
    user: str | None = None
    network: str = "bridge"
    warm: int = field(default=0, metadata=limited(least=0, most=64))
    data_dir: str | None = None
    oci_runtime: str | None = None


@value
class CrogiaSettings(Shape):
    """The interface below `/api` (S3), which cannot express approvals, so that its sessions are unattended.

    `allow` are the tool groups that their agent may use; others are refused.
    """

    allow: list[ToolGroup] = field(
        default_factory=lambda: [ToolGroup.READ, ToolGroup.EDIT, ToolGroup.COMMAND, ToolGroup.MODES],
        metadata=limited(longest=10),
    )


@value
class OpencodeSettings(Shape):
    """The messages at `/ws` (S4), which cannot express approvals, so that its sessions are unattended.

    `allow` are the tool groups that the agent of an automation session may use; others are refused.
    """

    allow: list[ToolGroup] = field(
        default_factory=lambda: [ToolGroup.READ, ToolGroup.EDIT, ToolGroup.COMMAND, ToolGroup.MODES],
        metadata=limited(longest=10),
    )


@value
class RuntimeSettings(Shape):
    """The sandbox of commands."""

    kind: RuntimeKind = RuntimeKind.AUTO
    docker: DockerSettings = field(default_factory=DockerSettings)
    read_only_paths: list[str] = field(default_factory=list)
    max_output_bytes: int = field(default=1_000_000, metadata=limited(least=1000, most=1_000_000_000))


@value
class FileSettings(Shape):
    """Files as the doors and tools read and write them."""

    max_file_bytes: int = field(default=10_485_760, metadata=limited(least=1, most=1_073_741_824))
    repository_hosts: list[str] = field(default_factory=list)


@value
class ScriptedSettings(Shape):
    """The provider that runs playbooks instead of a model."""

    folders: list[str] = field(default_factory=list)


class WireProtocol(enum.StrEnum):
    """OpenAI's protocols; `auto` means Responses at OpenAI itself, and Chat Completions everywhere else."""

    AUTO = "auto"
    CHAT = "chat"
    RESPONSES = "responses"


@value
class VendorSettings(Shape):
    """The address of a vendor's models, if not its own, and the model that `auto` means."""

    base_url: str | None = field(default=None, metadata={"validate": check_base_url})
    model: str = "auto"


@value
class OpenAISettings(VendorSettings):
    """OpenAI and servers with its protocols."""

    protocol: WireProtocol = WireProtocol.AUTO


@value
class OllamaSettings(Shape):
    """A local Ollama; `model: auto` means the first one that it has."""

    base_url: str = field(default="http://127.0.0.1:11434/v1", metadata={"validate": check_base_url})
    model: str = "auto"


@value
class ImageSettings(Shape):
    """Where images are generated; the key is OPENAI_API_KEY in the environment."""

    base_url: str = field(default="", metadata={"validate": check_base_url})
    model: str = "gpt-image-1"


@value
class ProviderSettings(Shape):
    """The providers of models. Keys are not settings: they come from the environment or a user's profile."""

    scripted: ScriptedSettings = field(default_factory=ScriptedSettings)
    anthropic: VendorSettings = field(default_factory=VendorSettings)
    openai: OpenAISettings = field(default_factory=OpenAISettings)
    gemini: VendorSettings = field(default_factory=VendorSettings)
    ollama: OllamaSettings = field(default_factory=OllamaSettings)
    images: ImageSettings = field(default_factory=ImageSettings)
    allow_private_base_urls: bool = False


@value
class McpSettings(Shape):
    """MCP servers for all sessions; their programs run outside the sandbox."""

    servers: dict[str, McpServer] = field(default_factory=dict)
    workspace_servers: bool = True
    start_timeout_s: float = field(default=20.0, metadata=limited(least=1, most=600))
    stop_timeout_s: float = field(default=5.0, metadata=limited(least=1, most=60))
    idle_timeout_s: float = field(default=1800.0, metadata=limited(least=1, most=86_400))


@value
class BrowserSettings(Shape):
    """The browser for agents; it needs the extra `browser` and a Chromium."""

    executable: str | None = None
    sandbox: bool = True
    allow_private: bool = False
    width: int = field(default=900, metadata=limited(least=100, most=4096))
    height: int = field(default=600, metadata=limited(least=100, most=4096))
    max_pages: int = field(default=8, metadata=limited(least=1, most=1000))
    idle_timeout_s: float = field(default=600.0, metadata=limited(least=1, most=86_400))


@value
class WebhookSettings(Shape):
    """How events are delivered to users' webhooks."""

    allow_private_addresses: bool = False
    timeout_s: float = field(default=10.0, metadata=limited(least=0.1, most=60))
    concurrent_deliveries: int = field(default=64, metadata=limited(least=1, most=10_000))
    retry_delay_s: float = field(default=5.0, metadata=limited(least=0.01, most=3600))
    max_retry_delay_s: float = field(default=3600.0, metadata=limited(least=0.01, most=86_400))
    disable_after_s: float = field(default=259_200.0, metadata=limited(least=0.1, most=31_536_000))
    former_secret_s: float = field(default=86_400.0, metadata=limited(least=0, most=31_536_000))


@value
class MonitoringSettings(Shape):
    """How the machine is measured, who sees what of it, and when the server is not ready."""

    sample_interval_s: float = field(default=2.0, metadata=limited(least=0.1, most=3600))
    max_loop_lag_s: float = field(default=1.0, metadata=limited(least=0.01, most=3600))
    loopback_metrics: bool = True
    min_free_disk_mb: int = field(default=200, metadata=limited(least=0, most=1_000_000_000))
    whole_machine: bool = True


@value
class TracingSettings(Shape):
    """Where traces are exported to, over OTLP; see docs/observability.md."""

    endpoint: str | None = field(default=None, metadata={"validate": check_base_url})
    sample_ratio: float = field(default=1.0, metadata=limited(least=0, most=1))


@value
class LoggingSettings(Shape):
    """The server's log."""

    level: LogLevel = LogLevel.INFO
    format: LogFormat = LogFormat.CONSOLE
    stored_mb: int = field(default=64, metadata=limited(least=1, most=100_000))


@value
class Settings(Shape):
    """The whole configuration."""

    server: ServerSettings = field(default_factory=ServerSettings)
    socket: SocketSettings = field(default_factory=SocketSettings)
    auth: AuthSettings = field(default_factory=AuthSettings)
    limits: LimitSettings = field(default_factory=LimitSettings)
    database: DatabaseSettings = field(default_factory=DatabaseSettings)
    sessions: SessionSettings = field(default_factory=SessionSettings)
    retention: RetentionSettings = field(default_factory=RetentionSettings)
    agent: AgentSettings = field(default_factory=AgentSettings)
    approvals: ApprovalSettings = field(default_factory=ApprovalSettings)
    crogia: CrogiaSettings = field(default_factory=CrogiaSettings)
    opencode: OpencodeSettings = field(default_factory=OpencodeSettings)
    runtime: RuntimeSettings = field(default_factory=RuntimeSettings)
    files: FileSettings = field(default_factory=FileSettings)
    providers: ProviderSettings = field(default_factory=ProviderSettings)
    mcp: McpSettings = field(default_factory=McpSettings)
    browser: BrowserSettings = field(default_factory=BrowserSettings)
    webhooks: WebhookSettings = field(default_factory=WebhookSettings)
    monitoring: MonitoringSettings = field(default_factory=MonitoringSettings)
    tracing: TracingSettings = field(default_factory=TracingSettings)
    logging: LoggingSettings = field(default_factory=LoggingSettings)
