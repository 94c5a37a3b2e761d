"""Failures as sentences, for people who run a command."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from roocode_server.models.error import AppError


def sentence(failure: Exception) -> str:
    """Return what went wrong, in words."""
    if isinstance(failure, AppError):
        return with_facts(failure.message, failure.details)
    if isinstance(failure, OSError) and failure.strerror:
        places = [str(place) for place in (failure.filename, failure.filename2) if place is not None]
        return ": ".join([" → ".join(places), failure.strerror] if places else [failure.strerror])
    return str(failure)


def with_facts(message: str, details: Mapping[str, Any]) -> str:
    """Return an error's message and its details: the mistake in each field, or the facts."""
    mistakes = details.get("fields") or ([details] if details.keys() >= {"field", "reason"} else [])
    if mistakes:
        told = f"{message}: " + "; ".join(_mistake(each["field"], each["reason"]) for each in mistakes)
        known = details.get("known")
        return f"{told}. There are: {_words(known)}" if known else told
    facts = [_words(content) for name, content in details.items() if name != "resource"]
    return f"{message}: {', '.join(facts)}" if facts else message


def _mistake(field: str, reason: str) -> str:
    return (f"{field}: {reason}" if field else reason).removesuffix(".")


def _words(content: Any) -> str:
    return ", ".join(map(str, content)) if isinstance(content, list | tuple) else str(content)
