"""Sessions of dialects that know no approvals: nobody is there who could be asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from roocode_server.models.approval import Decision
from roocode_server.models.settings import ApprovalSettings
from roocode_server.models.tool import ToolGroup


def permitted(allow: Sequence[ToolGroup], standing: ApprovalSettings) -> list[ToolGroup]:
    """The tool groups of `allow` that the server's own approvals do not forbid."""
    return [group for group in allow if getattr(standing, group.value, None) is not Decision.NEVER]


def unattended(allowed: Sequence[ToolGroup]) -> dict[str, Any]:
    """The configuration of a session whose agent uses these groups unasked, and is refused all others."""
    rules = [{"decision": Decision.ALWAYS.value, "group": group.value} for group in allowed]
    return {"unattended": True, "approvals": rules}
