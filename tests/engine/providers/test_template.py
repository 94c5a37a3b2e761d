from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roocode_server.engine.providers.scripted.template import Filling, parse
from roocode_server.engine.providers.scripted.template_filters import LONGEST_FILLED_TEXT
from roocode_server.engine.providers.scripted.template_language import (
    Result,
    TemplateMistake,
    TemplateResults,
    TemplateValues,
)

TESTS = Result(text="Ran 5 tests in 0.1s\n\nFAILED (failures=1)\n", success=False, exit_code=1)
VALUES = TemplateValues(
    input="Mend it", messages=["one", "two"], results=TemplateResults({"tests": TESTS, "items": TESTS})
)


def fill(source: object, values: TemplateValues = VALUES) -> object:
    return Filling(values).value(source)


def mistake(source: str) -> str:
    with pytest.raises(TemplateMistake) as raised:
        fill(source)
    return str(raised.value)


@pytest.mark.parametrize(
    ("source", "filled"),
    [
        ("no template, {one brace} and 100 %", "no template, {one brace} and 100 %"),
        ("{{ input }}!", "Mend it!"),
        ("kept to the end\n", "kept to the end\n"),
        ("<{{ '<&>' }}>", "<<&>>"),
        ("{{ messages | join('; ') }}", "one; two"),
        ("{{ messages | last }}", "two"),
        ("{{ results.tests.text | lines | last }}", "FAILED (failures=1)"),
        ("{{ results.tests.text | line_with('Ran ') }}", "Ran 5 tests in 0.1s"),
        ("{{ results.tests.text | after('Ran ') | before(' ') }}", "5"),
        ("{{ results.tests.text | line_with('OK') }}", None),
        ("text {{ results.tests.text | line_with('OK') }}", "text "),
        ("{{ results.tests.text | shorten(3) }}", "Ran…"),
        ("{{ '  x ' | trim | upper ~ 'Y' | lower }}", "Xy"),
        ("{{ results.tests.text | lines | length }}", 3),
        ("{{ 'a\fb\u2028c\r\nd\x85\n' | lines }}", ["a\fb\u2028c", "d\x85"]),
        ("{{ (results.tests.text | lines)[0:2] }}", ["Ran 5 tests in 0.1s", ""]),
        ("{{ [] | first }}", None),
        ("{{ results.tests.exit_code }}", 1),
        ("{{ results.tests.exit_code + 1 }}", 2),
        ("{{ 3 * 2 % 4 }}", 2),
        ("{{ results.items.success }}", False),
        ("{{ {'a': [1, 'b']} }}", {"a": [1, "b"]}),
        ("{{ ['ä', 1] | tojson }}", '["ä", 1]'),
        ("{{ results.missing is defined }}", False),
        ("{{ results.missing.text | default('nothing') }}", "nothing"),
        ("{% if results.tests.success %}well{% else %}badly{% endif %}", "badly"),
        ("{{ 'a' if results.tests.success else 'b' }}", "b"),
        ("{% raw %}{{ x }}{% endraw %}", "{{ x }}"),
        (
            {"deep": ["{{ input }}", 5, None, {"x": "{{ 1 }}"}]},
            {"deep": ["Mend it", 5, None, {"x": 1}]},
        ),
    ],
)
def test_templates_are_filled_in(source: object, filled: object) -> None:
    assert fill(source) == filled


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("{{ nobody }}", "`nobody` is not defined"),
        ("{{ results }}", "`results` is used as `results.<id>`"),
        ("{{ results['tests'] }}", "`results` is used as `results.<id>`"),
        ("{{ results.tests.output }}", "A result has no `output`; its parts are: text, success, exit_code."),
        ("{{ results.tests }}", "name one of them"),
        ("a {{ results.tests }}", "name one of them"),
        ("{{ results.missing.text }}", "`results.missing` does not exist: that call was not made"),
        ("a {{ results.missing.text | lines }}", "`results.missing` does not exist"),
        ("{{ results.tests.exit_code | lines }}", "expected a text, found a int"),
        ("{{ results.tests.text | first }}", "expected a list, found a text"),
        ("{{ input | after('') }}", "the mark to look for is empty"),
        ("{{ input | regex_search('(a+)+$') }}", "No filter named 'regex_search'"),
        ("{{ input.__class__ }}", "attribute '__class__' of 'str' object is unsafe"),
        ("{{ 1 / 0 }}", "division by zero"),
        ("{{ 1e308 * 10 }}", "the number is not finite"),
        ("{{ ", "unexpected 'end of template'"),
        ("{% frob %}", "unknown tag 'frob'"),
        ("{{ 1 + 'a' }}", "unsupported operand"),
    ],
)
def test_a_wrong_template_says_what_is_wrong(source: str, told: str) -> None:
    assert told in mistake(source)


@pytest.mark.parametrize(
    "source",
    [
        "{% for i in messages %}{% endfor %}",
        "{% for a in range(100000000) %}{% for b in range(100000000) %}{% endfor %}{% endfor %}",
        "{% set a = input %}",
        "{% set a %}{% endset %}",
        "{% macro f() %}{{ f() }}{% endmacro %}",
        "{% include 'x' %}",
        "{% import 'x' as y %}",
        "{% filter upper %}x{% endfilter %}",
        "{{ range(1000000000) }}",
        "{{ input.ljust(1000000000) }}",
        "{{ '{:1000000000}'.format(1) }}",
        "{{ 9 ** 9 ** 9 }}",
    ],
)
def test_what_could_run_for_ever_is_not_in_the_language(source: str) -> None:
    with pytest.raises(TemplateMistake, match="is not available in playbooks"):
        parse(source)


@pytest.mark.parametrize(
    "source",
    [
        "{{ 'x' * 1000000000 }}",
        "{{ 1000000000 * [1] }}",
        "{{ '%1000000000d' % 5 }}",
        "{{ [1] * 1000000000 }}",
    ],
)
def test_texts_and_lists_cannot_be_multiplied(source: str) -> None:
    assert "only takes numbers" in mistake(source)


def test_a_template_has_a_bounded_number_of_parts() -> None:
    assert "more than 500 parts" in mistake("{{ input }}" * 600)


@pytest.mark.parametrize("opened", ["(", "[", "not ", "-"])
def test_deep_nesting_is_refused(opened: str) -> None:
    closed = {"(": ")", "[": "]"}.get(opened, "")
    with pytest.raises(TemplateMistake):
        parse("{{ " + opened * 20_000 + "1" + closed * 20_000 + " }}")


def long_values() -> TemplateValues:
    return TemplateValues(input="\\" * 300_000, messages=["x" * 300_000] * 9, results=TemplateResults({}))


@pytest.mark.parametrize(
    "source",
    [
        "{{ messages | join }}",
        "{{ messages }}",
        "{{ input ~ input ~ input ~ input }}",
        "a{{ input }}{{ input }}{{ input }}{{ input }}",
        "{{ input | tojson | tojson }}",
        ["{{ input }}"] * 4,
    ],
)
def test_what_grows_beyond_the_bound_is_refused(source: object) -> None:
    with pytest.raises(TemplateMistake, match="grows beyond 1,000,000 characters"):
        fill(source, long_values())


def test_what_stays_within_the_bound_is_whole() -> None:
    filled = fill("{{ input }}{{ input }}{{ input }}", long_values())
    assert filled == "\\" * 900_000
    assert len(filled) < LONGEST_FILLED_TEXT


@given(st.text(), st.text(min_size=1, max_size=3))
def test_before_and_after_are_what_stands_on_either_side_of_the_first_mark(text: str, mark: str) -> None:
    values = TemplateValues(input=text, messages=[mark], results=TemplateResults({}))
    before = fill("{{ input | before(messages | first) }}", values)
    after = fill("{{ input | after(messages | first) }}", values)
    assert isinstance(before, str)
    assert isinstance(after, str)
    assert mark not in before
    assert text == (before + mark + after if mark in text else before + after)


@given(st.text(alphabet="{}%#()|.'\" -+*~[]0123456789abinputmessagesresultstextiflines\n"))
def test_any_source_is_filled_in_or_refused(source: str) -> None:
    try:
        fill(source)
    except TemplateMistake as mistake:
        assert str(mistake)
