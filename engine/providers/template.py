"""Templates of playbooks: expressions over what has happened so far, in a part of Jinja that always ends.

There are `{{ expressions }}` and `{% if %}`, and neither loops nor calls, so that the time a template takes
is bounded by its own length. What it may grow to is bounded too.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from jinja2 import StrictUndefined, TemplateError, Undefined, nodes
from jinja2.environment import TemplateExpression
from jinja2.sandbox import SandboxedEnvironment

from engine.providers.template_filters import FILTERS, MOST_CHARACTERS, TooLong

MOST_NODES: Final = 500
"""How many operands and operators one template may have."""

_PARTS: Final = (
    nodes.Output | nodes.If | nodes.Literal | nodes.Name | nodes.CondExpr | nodes.Filter | nodes.Test
    | nodes.Compare | nodes.Operand | nodes.Concat | nodes.Getattr | nodes.Getitem | nodes.Slice | nodes.Pair
    | nodes.And | nodes.Or | nodes.Not | nodes.Neg | nodes.Pos | nodes.Keyword
    | nodes.Add | nodes.Sub | nodes.Mul | nodes.Div | nodes.FloorDiv | nodes.Mod
)  # fmt: skip
_WORDS: Final = {"assign": "set", "assignblock": "set", "call": "a call", "pow": "**"}
_TESTS: Final = ("defined", "undefined", "none", "in", "string", "number")
_BROKEN: Final = (
    TemplateError,
    TooLong,
    ArithmeticError,
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
)


class TemplateMistake(Exception):
    """The template cannot be read, or not be filled in; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of a call, as templates see it. `exit_code` is None for what is no command."""

    text: str
    success: bool
    exit_code: int | None


class Results:
    """Results by the ids of their calls, as attributes."""

    def __init__(self, by_id: Mapping[str, Result]) -> None:
        self._by_id = by_id

    def __getattr__(self, name: str) -> Result:
        try:
            return self._by_id[name]
        except KeyError:
            raise AttributeError(name) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """What a template can name: the task's text, what people said since, and what came of calls."""

    input: str
    messages: Sequence[str]
    results: Results

    def names(self) -> dict[str, object]:
        return {"input": self.input, "messages": self.messages, "results": self.results}


_NAMES: Final = tuple(Values.__slots__)
_RESULT_PARTS: Final = tuple(Result.__slots__)


class _NotThere(StrictUndefined):
    """Says of a missing result why it is missing; a part of it is missing for the same reason."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    @property
    def _undefined_message(self) -> str:
        if isinstance(self._undefined_obj, Results):
            name = self._undefined_name
            return f"`results.{name}` is not there: that call was not made (`is defined` asks for it)"
        return super()._undefined_message


class _Environment(SandboxedEnvironment):
    intercepted_binops = frozenset(["*", "%"])

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        if isinstance(left, str | list | tuple) or isinstance(right, str | list | tuple):
            raise TypeError(f"`{operator}` is for numbers")
        return super().call_binop(context, operator, left, right)


def _printable(value: object) -> object:
    if isinstance(value, Result | Results):
        raise TypeError(f"a result has the parts {', '.join(_RESULT_PARTS)}: name one of them")
    return "" if value is None else value


def _environment() -> _Environment:
    made = _Environment(
        undefined=_NotThere, keep_trailing_newline=True, finalize=_printable, autoescape=False, cache_size=0
    )
    made.globals.clear()
    made.filters = dict(FILTERS)
    made.tests = {name: made.tests[name] for name in _TESTS}
    return made


_environment_of_playbooks: Final = _environment()


class Template:
    """A text with expressions in it, read and checked.

    `references` are the ids of the results that it names; `is_expression` tells of one whole `{{ … }}`, which
    keeps the type of its value.
    """

    def __init__(self, tree: nodes.Template) -> None:
        self.references = {node.attr for node in tree.find_all(nodes.Getattr) if _is_results(node.node)}
        whole = _whole_expression(tree)
        self.is_expression = whole is not None
        self.evaluate: Callable[[Values], object] = _text_of(tree) if whole is None else _value_of(whole)


@functools.lru_cache(maxsize=1024)
def parse(source: str) -> Template:
    """Raises: TemplateMistake, for what is no Jinja or not in the part of it that playbooks may use."""
    try:
        tree = _environment_of_playbooks.parse(source)
        _check(tree)
        return Template(tree)
    except (TemplateError, SyntaxError) as mistake:
        raise TemplateMistake(str(mistake)) from None
    except RecursionError:
        raise TemplateMistake("The template is nested too deeply.") from None


class Filling:
    """Fills in the templates of one answer, and keeps the whole of it within bounds."""

    def __init__(self, values: Values) -> None:
        self._values = values
        self._left = MOST_CHARACTERS

    def text(self, source: str) -> str:
        """Raises: TemplateMistake."""
        filled = self._evaluate(source)
        return "" if filled is None else str(filled)

    def holds(self, source: str) -> bool:
        """Whether the expression is true, as Python and Jinja see it. Raises: TemplateMistake."""
        return bool(self._evaluate(source.strip()))

    def value(self, content: Any) -> Any:
        """The content (as YAML has it) with every text in it filled in. Raises: TemplateMistake."""
        if isinstance(content, str):
            return self._evaluate(content)
        if isinstance(content, Mapping):
            return {key: self.value(inner) for key, inner in content.items()}
        if isinstance(content, list):
            return [self.value(inner) for inner in content]
        return content

    def _evaluate(self, source: str) -> object:
        try:
            filled = parse(source).evaluate(self._values)
            self._left -= _size(filled)
        except _BROKEN as mistake:
            raise TemplateMistake(str(mistake) or type(mistake).__name__) from None
        if self._left < 0:
            raise TemplateMistake(f"The step grows beyond {MOST_CHARACTERS:,} characters.")
        return filled


def _check(tree: nodes.Template) -> None:
    """Raises: TemplateMistake, for a part of Jinja that playbooks do without, and for unknown names."""
    every = list(tree.find_all(nodes.Node))
    if len(every) > MOST_NODES:
        raise TemplateMistake(f"The template has more than {MOST_NODES} parts; make several steps of it.")
    for node in every:
        if not isinstance(node, _PARTS):
            word = type(node).__name__.lower()
            raise TemplateMistake(
                f"`{_WORDS.get(word, word)}` is not for playbooks: there are {{{{ expressions }}}} and "
                "{% if %}, without loops and calls."
            )
    _check_names(every)


def _check_names(every: Sequence[nodes.Node]) -> None:
    for node in every:
        if isinstance(node, nodes.Name) and node.name not in _NAMES:
            raise TemplateMistake(f"Nothing is called `{node.name}`; there are: {', '.join(_NAMES)}.")
        if isinstance(node, nodes.Getattr) and _is_result(node.node) and node.attr not in _RESULT_PARTS:
            raise TemplateMistake(f"A result has no `{node.attr}`; it has: {', '.join(_RESULT_PARTS)}.")
    named = sum(_is_results(node) for node in every)
    if named != sum(isinstance(node, nodes.Getattr) and _is_results(node.node) for node in every):
        raise TemplateMistake("`results` is used as `results.<id>`.")


def _is_results(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Name) and node.name == "results"


def _is_result(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Getattr) and _is_results(node.node)


def _whole_expression(tree: nodes.Template) -> nodes.Expr | None:
    """The one expression that the template consists of."""
    match tree.body:
        case [nodes.Output(nodes=[expression])] if not isinstance(expression, nodes.TemplateData):
            return expression
    return None


def _text_of(tree: nodes.Template) -> Callable[[Values], str]:
    template = _environment_of_playbooks.from_string(tree)

    def evaluate(values: Values) -> str:
        pieces: list[str] = []
        left = MOST_CHARACTERS
        for piece in template.generate(values.names()):
            left -= len(piece)
            if left < 0:
                raise TooLong
            pieces.append(piece)
        return "".join(pieces)

    return evaluate


def _value_of(expression: nodes.Expr) -> Callable[[Values], object]:
    assigned = nodes.Assign(nodes.Name("result", "store"), expression, lineno=1)
    statement = nodes.Template([assigned], lineno=1)
    statement.set_environment(_environment_of_playbooks)
    template = _environment_of_playbooks.from_string(statement)
    evaluate = TemplateExpression(template, undefined_to_none=False)
    return lambda values: _plain(evaluate(values.names()))


def _plain(value: object) -> object:
    """The value, if it is one that a call's arguments can hold."""
    if isinstance(value, Undefined):
        return str(value)  # which raises, with what is missing
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("the number is not finite")
    if value is None or isinstance(value, str | int | float):
        return value
    _printable(value)
    raise TypeError(f"a {type(value).__name__} is no text, number, list or mapping")


def _size(value: object) -> int:
    if isinstance(value, list):
        return sum(map(_size, value), start=1)
    if isinstance(value, dict):
        return sum(map(_size, value.values()), start=1)
    return len(value) if isinstance(value, str) else 1
