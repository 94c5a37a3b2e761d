"""Modes: the agent's role, its tools, and the files that it may edit. Source: S2; `.roomodes`."""

from __future__ import annotations

from dataclasses import field

from roocode_server.models.event import Event, event
from roocode_server.models.identifier import SessionId
from roocode_server.models.shape import Shape, described, limited, value


@value
class ModeGroup(Shape):
    """A tool group of a mode; with `fileRegex`, only files whose path the expression matches may be
    edited.
    """

    name: str = field(metadata=limited(shortest=1, longest=64))
    file_regex: str | None = field(default=None, metadata=limited(shortest=1, longest=500))
    description: str | None = field(default=None, metadata=limited(longest=500))


@value
class Mode(Shape):
    """A mode, identified by its slug."""

    slug: str = field(metadata=described("Letters, digits and dashes", **limited(shortest=1, longest=64)))
    name: str = field(metadata=limited(shortest=1, longest=100))
    role_definition: str = field(metadata=limited(shortest=1, longest=50_000))
    groups: list[ModeGroup] = field(default_factory=list)
    when_to_use: str | None = None
    description: str | None = None
    custom_instructions: str | None = None
    source: str = "built-in"
    """Where it is defined: `built-in`, `settings`, or `.roomodes`."""


@value
class ModeList(Shape):
    """A request for a session's modes."""

    session_id: SessionId


@value
class StandingModeList(Shape):
    """A request for the modes of all sessions."""


@value
class ModeCatalogue(Shape):
    """The modes of a session; `problem` says what is wrong with its `.roomodes`, if anything is."""

    modes: list[Mode]
    problem: str | None = None


@value
class StandingModes(Shape):
    """The modes of every session; `default` is the one in which those begin that name none."""

    modes: list[Mode]
    default: str


@event("mode.switched", namespace="/tasks")
@value
class ModeSwitched(Event):
    """The agent of a task has switched to another mode. Source: S2, `taskModeSwitched`."""

    mode: str
    reason: str = ""
