"""Logs: lines for people on a terminal, JSON for machines; the libraries' lines have the same form."""

from __future__ import annotations

import logging
import sys
from typing import Final

import structlog

from roocode_server.models.settings import LogFormat, LoggingSettings

SOCKET_LOGGERS: Final = ("engineio.server", "socketio.server")
"""Loggers that report clients' malformed messages as errors; the doors log these themselves."""


def configure_logs(settings: LoggingSettings) -> None:
    """Write the server's own log and that of the libraries to standard error.

    Of the libraries, only warnings and above are shown, at every level: at `debug` some print secrets.
    """
    level = getattr(logging, settings.level.upper())
    own: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    shown: list[structlog.typing.Processor] = [_renderer(settings.format)]
    if settings.format is LogFormat.JSON:
        shown.insert(0, structlog.processors.format_exc_info)
    structlog.configure(
        processors=[*own, *shown],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
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
