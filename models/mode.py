"""Modes: what an agent is, which tools it has, and which files it may edit. Source: S2; `.roomodes`."""

from __future__ import annotations

from dataclasses import field

from roocode_server.models.event import Event, event
from roocode_server.models.identifier import SessionId
from roocode_server.models.shape import Shape, described, limited, value


@value
class ModeGroup(Shape):
    """A tool group that a mode has; with `fileRegex` it edits only files whose path the expression finds."""

    name: str = field(metadata=limited(shortest=1, longest=64))
    file_regex: str | None = field(default=None, metadata=limited(shortest=1, longest=500))
    description: str | None = field(default=None, metadata=limited(longest=500))


@value
class Mode(Shape):
    """A mode by its slug."""

    slug: str = field(metadata=described("Letters, digits and dashes", **limited(shortest=1, longest=64)))
    name: str = field(metadata=limited(shortest=1, longest=100))
    role_definition: str = field(metadata=limited(shortest=1, longest=50_000))
    groups: list[ModeGroup] = field(default_factory=list)
    when_to_use: str | None = None
    description: str | None = None
    custom_instructions: str | None = None
    source: str = "built-in"
    """Where it comes from: `built-in`, `settings`, or `.roomodes`."""


@value
class ModeList(Shape):
    session_id: SessionId


@value
class ModeCatalogue(Shape):
    """The modes of a session, and what is wrong with its `.roomodes`, where something is."""

    modes: list[Mode]
    problem: str | None = None


@event("mode.switched", namespace="/tasks")
@value
class ModeSwitched(Event):
    """The agent of a task goes on in another mode. Source: S2, `taskModeSwitched`."""

    mode: str
    reason: str = ""
