"""Templates of playbooks: parsed once, and filled in with what has happened so far, within limits."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from typing import Any, Final

from jinja2 import TemplateError, Undefined, nodes
from jinja2.environment import TemplateExpression

from roocode_server.engine.providers.scripted.template_filters import LONGEST_FILLED_TEXT, TooLong
from roocode_server.engine.providers.scripted.template_language import (
    ENVIRONMENT,
    TemplateMistake,
    TemplateValues,
    check,
    is_results,
    printable,
)

_BROKEN: Final = (
    TemplateError,
    TooLong,
    ArithmeticError,
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
)


class Template:
    """A parsed and checked template.

    `references` are the ids of the results that it uses. If `is_expression`, it is a single `{{ … }}`, whose
    value keeps its type.
    """

    def __init__(self, tree: nodes.Template) -> None:
        self.references = {node.attr for node in tree.find_all(nodes.Getattr) if is_results(node.node)}
        whole = _whole_expression(tree)
        self.is_expression = whole is not None
        self.evaluate: Callable[[TemplateValues], object] = (
            _text_of(tree) if whole is None else _value_of(whole)
        )


@functools.lru_cache(maxsize=1024)
def parse(source: str) -> Template:
    """Parse a template. Raises: TemplateMistake, if it is not Jinja, or uses what playbooks may not."""
    try:
        tree = ENVIRONMENT.parse(source)
        check(tree)
        return Template(tree)
    except (TemplateError, SyntaxError) as mistake:
        raise TemplateMistake(str(mistake)) from None
    except RecursionError:
        raise TemplateMistake("The template is nested too deeply.") from None


class Filling:
    """Fills in the templates of one answer, with a limit on their total size."""

    def __init__(self, values: TemplateValues) -> None:
        self._values = values
        self._left = LONGEST_FILLED_TEXT

    def text(self, source: str) -> str:
        """Fill in a text. Raises: TemplateMistake."""
        filled = self._evaluate(source)
        return "" if filled is None else str(filled)

    def holds(self, source: str) -> bool:
        """Return whether the expression is true in Python's sense. Raises: TemplateMistake."""
        return bool(self._evaluate(source.strip()))

    def value(self, content: Any) -> Any:
        """Fill in every text in a value from YAML. Raises: TemplateMistake."""
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
            raise TemplateMistake(f"The step grows beyond {LONGEST_FILLED_TEXT:,} characters.")
        return filled


def _whole_expression(tree: nodes.Template) -> nodes.Expr | None:
    """Return the expression if it is the whole template, or None."""
    match tree.body:
        case [nodes.Output(nodes=[expression])] if not isinstance(expression, nodes.TemplateData):
            return expression
    return None


def _text_of(tree: nodes.Template) -> Callable[[TemplateValues], str]:
    template = ENVIRONMENT.from_string(tree)

    def evaluate(values: TemplateValues) -> str:
        pieces: list[str] = []
        left = LONGEST_FILLED_TEXT
        for piece in template.generate(values.names()):
            left -= len(piece)
            if left < 0:
                raise TooLong
            pieces.append(piece)
        return "".join(pieces)

    return evaluate


def _value_of(expression: nodes.Expr) -> Callable[[TemplateValues], object]:
    assigned = nodes.Assign(nodes.Name("result", "store"), expression, lineno=1)
    statement = nodes.Template([assigned], lineno=1)
    statement.set_environment(ENVIRONMENT)
    template = ENVIRONMENT.from_string(statement)
    evaluate = TemplateExpression(template, undefined_to_none=False)
    return lambda values: _plain(evaluate(values.names()))


def _plain(value: object) -> object:
    """Convert a value to one that a call's arguments can contain. Raises: TypeError, ValueError."""
    if isinstance(value, Undefined):
        return str(value)  # raises, naming what is missing
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("the number is not finite")
    if value is None or isinstance(value, str | int | float):
        return value
    printable(value)
    raise TypeError(f"a {type(value).__name__} is no text, number, list or mapping")


def _size(value: object) -> int:
    if isinstance(value, list):
        return sum(map(_size, value), start=1)
    if isinstance(value, dict):
        return sum(map(_size, value.values()), start=1)
    return len(value) if isinstance(value, str) else 1
