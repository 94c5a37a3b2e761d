"""What traced code uses, whether or not traces are exported. Source: W3C, Trace Context."""

from __future__ import annotations

from contextlib import AbstractContextManager
from types import TracebackType
from typing import Final, Protocol, Self

AttributeValue = str | int | float | bool


class Span(Protocol):
    """A piece of work in a trace."""

    def set(self, name: str, content: AttributeValue | None) -> None:
        """Add a fact, unless it is None. Facts never hold texts of people, models or commands."""
        ...

    def fail(self, code: str) -> None:
        """Mark the work as failed, with a stable code."""
        ...


class Tracer(Protocol):
    """Makes spans."""

    @property
    def is_exporting(self) -> bool:
        """Whether anybody sees the traces."""
        ...

    @property
    def traceparent(self) -> str | None:
        """The current span in W3C's form, for work that goes on elsewhere; None if there is no trace."""
        ...

    def span(
        self, name: str, *, within: str | None = None, is_remote_call: bool = False
    ) -> AbstractContextManager[Span]:
        """Trace the block. An exception that leaves it marks the span as failed.

        The span belongs to the current one, or to that of the traceparent `within`, which may be malformed.
        `is_remote_call` says that another program does the work.
        """
        ...

    async def close(self) -> None:
        """Export what is left, within a few seconds."""
        ...


class NoSpan:
    """A span of a trace that nobody sees."""

    def set(self, name: str, content: AttributeValue | None) -> None:
        """Do nothing."""

    def fail(self, code: str) -> None:
        """Do nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


_NO_SPAN: Final = NoSpan()


class NoTracer:
    """The tracer of a server that exports no traces."""

    is_exporting: Final = False
    traceparent: Final = None

    def span(self, name: str, *, within: str | None = None, is_remote_call: bool = False) -> NoSpan:
        """Return a span that does nothing."""
        return _NO_SPAN

    async def close(self) -> None:
        """Do nothing."""
