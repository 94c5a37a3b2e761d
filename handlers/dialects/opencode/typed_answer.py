"""What the server says: a message with its type. Source: S4."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from roocode_server.models.shape import PlainShape

Content = dict[str, Any]

TIME: Final = {"metadata": {"format": "date-time"}}
"""Field metadata: a time, as texts of the wire have it."""


class TypedAnswer(PlainShape):
    """A message of the server's; `kind` is its type on the wire."""

    __slots__ = ()
    kind: ClassVar[str]

    def said(self) -> Content:
        """The message as it is sent; fields without a value are left out."""
        return {"type": self.kind, **self.dump()}
