"""Settings for automatic approval, as S2's users know them. Source: S2; docs/approvals.md."""

from __future__ import annotations

from dataclasses import field

from roocode_server.models.shape import Shape, compact, described, limited, value


@value
class AutoApproval(Shape):
    """What the agent may do without asking. These settings apply only with `autoApprovalEnabled`; then, what
    is not allowed needs approval.

    Workspace paths cannot lead outside, so the two settings for outside paths have no effect.
    """

    auto_approval_enabled: bool = False
    always_allow_read_only: bool | None = field(
        default=None, metadata=described("`false` asks; if left out, the server's default applies")
    )
    always_allow_read_only_outside_workspace: bool = False
    always_allow_write: bool = False
    always_allow_write_outside_workspace: bool = False
    always_allow_write_protected: bool = field(
        default=False,
        metadata=described("Also files that configure the agent: .roo, .roomodes, .rooignore …"),
    )
    write_delay_ms: int = field(default=0, metadata=limited(least=0, most=600_000))
    request_delay_seconds: int = field(default=0, metadata=limited(least=0, most=3600))
    always_allow_browser: bool = False
    always_allow_mcp: bool = False
    always_allow_mode_switch: bool = False
    always_allow_subtasks: bool = False
    always_allow_execute: bool = False
    allowed_commands: list[str] = field(
        default_factory=list,
        metadata=described(
            "Prefixes run without asking; `*`: all. The longest match of both lists decides",
            **compact(1000, 131_072),
        ),
    )
    denied_commands: list[str] = field(
        default_factory=list,
        metadata=described("Prefixes that need approval nevertheless", **compact(1000, 131_072)),
    )
    always_allow_followup_questions: bool = False
    followup_auto_approve_timeout_ms: int = field(
        default=60_000,
        metadata=described(
            "After this time the first suggestion is the answer", **limited(least=0, most=86_400_000)
        ),
    )
    allowed_max_requests: int | None = field(
        default=None,
        metadata=described("Requests before a person is asked", **limited(least=1, most=1_000_000)),
    )
    allowed_max_cost: float | None = field(
        default=None,
        metadata=described("US dollars before a person is asked", **limited(least=0, most=1_000_000)),
    )
