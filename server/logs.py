"""Logs: lines for people on a terminal, JSON for machines; the libraries' lines have the same form."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import structlog

from roocode_server.engine.monitoring.log_recorder import LogRecorder
from roocode_server.models.settings import LogFormat, LoggingSettings

SOCKET_LOGGERS: Final = ("engineio.server", "socketio.server")
"""Loggers that report clients' malformed messages as errors; the doors log these themselves."""


_OF_LINES: Final = frozenset({"event", "level", "timestamp", "exc_info", "_record", "_from_structlog"})
"""What a line has besides the facts of an entry."""
_recorders: Final[list[LogRecorder]] = []


@contextmanager
def recorded_by(recorder: LogRecorder) -> Iterator[None]:
    """While the block runs, what is written to the log is an entry of this recorder, too."""
    _recorders.append(recorder)
    try:
        yield
    finally:
        _recorders.remove(recorder)


class _NamedLogger(structlog.PrintLogger):
    """Writes to standard error, and knows the name that it was made with."""

    def __init__(self, name: str = "") -> None:
        super().__init__(sys.stderr)
        self.name = name


def configure_logs(settings: LoggingSettings) -> None:
    """Write the server's own log and that of the libraries to standard error.

    Of the libraries, only warnings and above are shown, at every level: at `debug` some print secrets.
    """
    level = getattr(logging, settings.level.upper())
    own: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _record,
    ]
    shown: list[structlog.typing.Processor] = [_renderer(settings.format)]
    if settings.format is LogFormat.JSON:
        shown.insert(0, structlog.processors.format_exc_info)
    structlog.configure(
        processors=[*own, *shown],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=_NamedLogger,
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*own, structlog.stdlib.add_logger_name],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *shown],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    for of_sockets in SOCKET_LOGGERS:
        logging.getLogger(of_sockets).addFilter(_is_own_failure)
    logging.basicConfig(level=max(level, logging.WARNING), handlers=[handler], force=True)


def _record(logger: Any, method: str, facts: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Hand a line to the recorders. Of an exception its type is kept: its text may hold anything."""
    if _recorders:
        kept = {name: fact for name, fact in facts.items() if name not in _OF_LINES}
        kind = _kind_of(facts.get("exc_info"))
        if kind is not None:
            kept["exception"] = kind
        source = facts["_record"].name if "_record" in facts else getattr(logger, "name", "")
        for recorder in _recorders:
            recorder.note(facts.get("level", method), str(facts.get("event", "")), source, kept)
    return facts


def _kind_of(exc_info: object) -> str | None:
    """The type of the exception that a line is about."""
    if isinstance(exc_info, tuple):
        exc_info = exc_info[1]
    if exc_info and not isinstance(exc_info, BaseException):
        exc_info = sys.exc_info()[1]
    return type(exc_info).__name__ if isinstance(exc_info, BaseException) else None


def _is_own_failure(record: logging.LogRecord) -> bool:
    """Whether to keep a record: the library's own failures have an exception, clients' mistakes do not."""
    return record.exc_info is not None


def _renderer(form: LogFormat) -> structlog.typing.Processor:
    if form is LogFormat.JSON:
        return structlog.processors.JSONRenderer()
    return structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(),
        exception_formatter=structlog.dev.plain_traceback,  # the others print local variables: secrets
    )
