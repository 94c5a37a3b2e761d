"""Notices of tool calls for people, with S2's informational names."""

from __future__ import annotations

from typing import Final

import orjson

from roocode_server.engine.tools.tool import Notice

NOTICE_FACT_CHARACTERS: Final = 20_000
"""The most characters of one value; the call's own parameters have all of it."""


def informed(tool: str, **facts: object) -> Notice:
    """Build a notice of kind `tool`: JSON with an informational name and what the call is about."""
    told = {name: _cut(fact) for name, fact in facts.items() if fact is not None}
    return Notice(kind="tool", text=orjson.dumps({"tool": tool, **told}).decode())


def _cut(fact: object) -> object:
    if isinstance(fact, str):
        return fact[:NOTICE_FACT_CHARACTERS]
    if isinstance(fact, list):
        return [_cut(each) for each in fact]
    return {name: _cut(each) for name, each in fact.items()} if isinstance(fact, dict) else fact
