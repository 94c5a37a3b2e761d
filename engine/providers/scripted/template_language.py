"""The language of playbook templates: the part of Jinja that always terminates, and its variables.

There are `{{ expressions }}` and `{% if %}`, but no loops or calls, so that the time a template takes is
limited by its own length.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from jinja2 import StrictUndefined, nodes
from jinja2.sandbox import SandboxedEnvironment

from roocode_server.engine.providers.scripted.template_filters import FILTERS

MOST_NODES: Final = 500
"""The most operands and operators of one template."""

_PARTS: Final = (
    nodes.Output | nodes.If | nodes.Literal | nodes.Name | nodes.CondExpr | nodes.Filter | nodes.Test
    | nodes.Compare | nodes.Operand | nodes.Concat | nodes.Getattr | nodes.Getitem | nodes.Slice | nodes.Pair
    | nodes.And | nodes.Or | nodes.Not | nodes.Neg | nodes.Pos | nodes.Keyword
    | nodes.Add | nodes.Sub | nodes.Mul | nodes.Div | nodes.FloorDiv | nodes.Mod
)  # fmt: skip
_WORDS: Final = {"assign": "set", "assignblock": "set", "call": "a call", "pow": "**"}
TEMPLATE_TESTS: Final = ("defined", "undefined", "none", "in", "string", "number")


class TemplateMistake(Exception):
    """The template cannot be parsed or filled in; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The result of a call as templates see it. `exit_code` is None if it was not a command."""

    text: str
    success: bool
    exit_code: int | None


class TemplateResults:
    """Results as attributes, named by the ids of their calls."""

    def __init__(self, by_id: Mapping[str, Result]) -> None:
        self._by_id = by_id

    def __getattr__(self, name: str) -> Result:
        try:
            return self._by_id[name]
        except KeyError:
            raise AttributeError(name) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateValues:
    """The variables of a template: the task's text, later messages of people, and the results of calls."""

    input: str
    messages: Sequence[str]
    results: TemplateResults

    def names(self) -> dict[str, object]:
        """Return the variables by name."""
        return {"input": self.input, "messages": self.messages, "results": self.results}


_NAMES: Final = tuple(TemplateValues.__slots__)
_RESULT_PARTS: Final = tuple(Result.__slots__)


class _NotThere(StrictUndefined):
    """Explains why a result is missing; its attributes are missing for the same reason."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    @property
    def _undefined_message(self) -> str:
        if isinstance(self._undefined_obj, TemplateResults):
            name = self._undefined_name
            return f"`results.{name}` does not exist: that call was not made (`is defined` tests for it)"
        return super()._undefined_message


class _Environment(SandboxedEnvironment):
    intercepted_binops = frozenset(["*", "%"])

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        if isinstance(left, str | list | tuple) or isinstance(right, str | list | tuple):
            raise TypeError(f"`{operator}` only takes numbers")
        return super().call_binop(context, operator, left, right)


def printable(value: object) -> object:
    """Convert a value for output in a text.

    Raises: TypeError, if it is a result rather than a part of one.
    """
    if isinstance(value, Result | TemplateResults):
        raise TypeError(f"a result has the parts {', '.join(_RESULT_PARTS)}: name one of them")
    return "" if value is None else value


def _environment() -> _Environment:
    made = _Environment(
        undefined=_NotThere, keep_trailing_newline=True, finalize=printable, autoescape=False, cache_size=0
    )
    made.globals.clear()
    made.filters = dict(FILTERS)
    made.tests = {name: made.tests[name] for name in TEMPLATE_TESTS}
    return made


ENVIRONMENT: Final = _environment()


def check(tree: nodes.Template) -> None:
    """Raises: TemplateMistake, if the template uses a part of Jinja that is not allowed, or an unknown
    name.
    """
    every = list(tree.find_all(nodes.Node))
    if len(every) > MOST_NODES:
        raise TemplateMistake(f"The template has more than {MOST_NODES} parts; make several steps of it.")
    for node in every:
        if not isinstance(node, _PARTS):
            word = type(node).__name__.lower()
            raise TemplateMistake(
                f"`{_WORDS.get(word, word)}` is not available in playbooks: use {{{{ expressions }}}} and "
                "{% if %}, without loops or calls."
            )
    _check_names(every)


def _check_names(every: Sequence[nodes.Node]) -> None:
    for node in every:
        if isinstance(node, nodes.Name) and node.name not in _NAMES:
            raise TemplateMistake(f"`{node.name}` is not defined; the names are: {', '.join(_NAMES)}.")
        if isinstance(node, nodes.Getattr) and _is_result(node.node) and node.attr not in _RESULT_PARTS:
            raise TemplateMistake(
                f"A result has no `{node.attr}`; its parts are: {', '.join(_RESULT_PARTS)}."
            )
    named = sum(is_results(node) for node in every)
    if named != sum(isinstance(node, nodes.Getattr) and is_results(node.node) for node in every):
        raise TemplateMistake("`results` is used as `results.<id>`.")


def is_results(node: nodes.Node) -> bool:
    """Whether a node is the variable `results`."""
    return isinstance(node, nodes.Name) and node.name == "results"


def _is_result(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Getattr) and is_results(node.node)
