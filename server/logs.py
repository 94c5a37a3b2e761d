"""Logs: lines for people on a terminal, JSON for machines."""

from __future__ import annotations

import logging
import sys

import structlog

from models.settings import LogFormat, LoggingSettings


def configure_logs(settings: LoggingSettings) -> None:
    """Send the server's own log and that of the libraries to standard error."""
    level = getattr(logging, settings.level.upper())
    renderer = (
        structlog.processors.JSONRenderer()
        if settings.format is LogFormat.JSON
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            exception_formatter=structlog.dev.plain_traceback,  # the others print local variables: secrets
        )
    )
    processors: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if settings.format is LogFormat.JSON:
        processors.append(structlog.processors.format_exc_info)
    structlog.configure(
        processors=[*processors, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=max(level, logging.WARNING), stream=sys.stderr, force=True)
