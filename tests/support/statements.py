"""Statements that are compiled once for all databases of a process and its forks.

SQLAlchemy keeps what it has compiled for each engine, and a server needs some hundred statements: compiling
them takes longer than most tests. The product has one engine a process, so this changes nothing that it does.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import Any, Final

from sqlalchemy.engine import Engine

_MOST: Final = 5000


class SharedStatements(MutableMapping[tuple[Any, ...], Any]):
    """Compiled statements by their key, in which the name of a dialect stands for those that are alike."""

    def __init__(self) -> None:
        self._compiled: dict[tuple[Any, ...], Any] = {}

    def __getitem__(self, key: tuple[Any, ...]) -> Any:
        return self._compiled[_shared(key)]

    def __setitem__(self, key: tuple[Any, ...], compiled: Any) -> None:
        if len(self._compiled) >= _MOST:
            self._compiled.clear()
        self._compiled[_shared(key)] = compiled

    def __delitem__(self, key: tuple[Any, ...]) -> None:
        del self._compiled[_shared(key)]

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return iter(self._compiled)

    def __len__(self) -> int:
        return len(self._compiled)


def _shared(key: tuple[Any, ...]) -> tuple[Any, ...]:
    dialect, *rest = key
    return (dialect.name, dialect.driver, *rest)


def share_statements() -> None:
    """From now on, in this process and its forks."""
    statements = SharedStatements()
    make = Engine.__init__

    def make_sharing(engine: Engine, *arguments: Any, **options: Any) -> None:
        make(engine, *arguments, **options)
        engine._compiled_cache = statements

    Engine.__init__ = make_sharing  # type: ignore[method-assign]
