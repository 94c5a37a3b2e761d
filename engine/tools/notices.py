"""What people are told of a tool call, in S2's informational words."""

from __future__ import annotations

from typing import Final

import orjson

from roocode_server.engine.tools.tool import Notice

LONGEST: Final = 20_000
"""Characters of one fact; the whole is in the call's own parameters."""


def informed(tool: str, **facts: object) -> Notice:
    """A notice of the kind `tool`: JSON with the informational name and what it is about."""
    told = {name: _cut(fact) for name, fact in facts.items() if fact is not None}
    return Notice(kind="tool", text=orjson.dumps({"tool": tool, **told}).decode())


def _cut(fact: object) -> object:
    if isinstance(fact, str):
        return fact[:LONGEST]
    if isinstance(fact, list):
        return [_cut(each) for each in fact]
    return {name: _cut(each) for name, each in fact.items()} if isinstance(fact, dict) else fact
