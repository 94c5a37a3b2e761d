"""Applying blocks to a text: what is changed, what is kept, what is refused."""

from __future__ import annotations

import pytest

from roocode_server.engine.tools.diff.applying import Outcome, apply
from roocode_server.engine.tools.diff.blocks import parse


def block(search: str, replacement: str, *, start_line: int | None = None) -> str:
    hint = f":start_line:{start_line}\n-------\n" if start_line else ""
    put = f"{replacement}\n" if replacement else ""
    return f"<<<<<<< SEARCH\n{hint}{search}\n=======\n{put}>>>>>>> REPLACE\n"


def run(text: str, *blocks: str, threshold: float = 1.0) -> Outcome:
    return apply(text, parse("".join(blocks)), threshold=threshold)


def refusal(text: str, *blocks: str, threshold: float = 1.0) -> str:
    """The reason of the only refused block; nothing may have changed."""
    outcome = run(text, *blocks, threshold=threshold)
    assert outcome.text == text
    (refused,) = outcome.refused
    return refused.reason


def numbered(count: int) -> str:
    return "".join(f"line {number}\n" for number in range(1, count + 1))


def test_a_unique_text_is_replaced_without_a_hint() -> None:
    outcome = run("a\nb\nc\n", block("b", "x\ny"))
    assert outcome.text == "a\nx\ny\nc\n"
    assert [(done.number, done.line, done.added, done.removed) for done in outcome.applied] == [(1, 2, 2, 1)]


def test_an_empty_replacement_deletes_the_lines() -> None:
    assert run("a\nb\nc\n", block("b\nc", "")).text == "a\n"


def test_a_hint_chooses_between_equal_places() -> None:
    assert run("x\na\nx\nb\nx\n", block("x", "y", start_line=3)).text == "x\na\ny\nb\nx\n"


def test_several_equal_places_without_a_hint_are_refused_with_their_lines() -> None:
    assert "lines 1, 3, 5" in refusal("x\na\nx\nb\nx\n", block("x", "y"))


def test_a_hint_that_is_off_leads_to_the_nearest_place() -> None:
    text = "x\n" + numbered(20) + "x\n"
    assert run(text, block("x", "y", start_line=19)).text == "x\n" + numbered(20) + "y\n"


def test_two_places_as_near_to_the_hint_are_refused() -> None:
    assert "lines 1, 3" in refusal("x\na\nx\n", block("x", "y", start_line=2))


def test_a_text_is_found_forty_lines_from_its_hint() -> None:
    assert run(numbered(100), block("line 50", "new", start_line=10)).text.count("new") == 1
    assert run(numbered(100), block("line 50", "new", start_line=90)).text.count("new") == 1


def test_a_text_beyond_the_hints_reach_is_refused_and_its_place_told() -> None:
    reason = refusal(numbered(100), block("line 51", "new", start_line=10))
    assert "searched lines 1-50 (40 around the hint)" in reason
    assert "is at line 51: correct `:start_line:`" in reason


def test_a_hint_beyond_the_file_is_refused() -> None:
    assert "which has 3 lines" in refusal("a\nb\nc\n", block("b", "x", start_line=500))


def test_later_hints_move_with_what_earlier_blocks_added() -> None:
    text = "x\n" * 6
    outcome = run(text, block("x", "5", start_line=5), block("x", "1\n1\n1", start_line=1))
    assert outcome.text == "1\n1\n1\nx\nx\nx\n5\nx\n"
    assert [(done.number, done.line) for done in outcome.applied] == [(1, 7), (2, 1)]


def test_hints_move_with_what_earlier_blocks_removed() -> None:
    outcome = run("x\n" * 6, block("x\nx", "", start_line=1), block("x", "six", start_line=6))
    assert outcome.text == "x\nx\nx\nsix\n"


def test_a_block_without_a_hint_moves_only_the_hints_below_it() -> None:
    text = "x\nx\nunique\nx\n"
    outcome = run(text, block("x", "two", start_line=2), block("unique", "u\nu"))
    assert outcome.text == "x\ntwo\nu\nu\nx\n"
    assert [(done.number, done.line) for done in outcome.applied] == [(1, 2), (2, 3)]


def test_some_blocks_succeed_while_others_are_refused() -> None:
    outcome = run("a\nb\nc\n", block("a", "x"), block("nowhere to be found", "y"), block("c", "z"))
    assert outcome.text == "x\nb\nz\n"
    assert [done.number for done in outcome.applied] == [1, 3]
    assert [refused.number for refused in outcome.refused] == [2]


def test_a_miss_shows_similarity_threshold_range_and_the_nearest_text() -> None:
    reason = refusal("def one():\n    return 1\n\ndef two():\n", block("def ones():\n    return 1", "x"))
    assert "Best similarity 95%, needed 100%, searched lines 1-4." in reason
    assert "1 | def one():\n2 |     return 1" in reason


def test_a_miss_with_nothing_alike_says_so() -> None:
    assert "Nothing similar was found there" in refusal("aaaa\n", block("zzzzzzzz", "x"))


def test_a_replacement_that_stands_there_already_is_told() -> None:
    reason = refusal("first\nnew text\nlast\n", block("something old", "new text"))
    assert "is already at line 2" in reason


def test_an_empty_file_is_told() -> None:
    assert "empty" in refusal("", block("a", "b"))


def test_the_threshold_admits_a_text_that_is_alike() -> None:
    diff = block("def compute(value):", "def compute(amount):")
    assert run("def compute(values):\n", diff, threshold=0.9).text == "def compute(amount):\n"
    assert "95%, needed 100%" in refusal("def compute(values):\n", diff)


def test_an_exact_place_is_better_than_one_that_is_alike() -> None:
    outcome = run("abcdefghij\nabcdefghix\n", block("abcdefghix", "new"), threshold=0.8)
    assert outcome.text == "abcdefghij\nnew\n"


def test_typographic_quotes_and_dashes_are_no_difference() -> None:
    text = "print(\u201chello\u201d) \u2014 it\u2019s\n"
    assert run(text, block('print("hello") - it\'s', "new")).text == "new\n"


def test_the_replacement_takes_the_indentation_of_what_it_replaces() -> None:
    text = "class A:\n    def f(self):\n        return 1\n"
    diff = block("def f(self):\n    return 1", "def f(self):\n    if self:\n        return 2")
    assert run(text, diff).text == ("class A:\n    def f(self):\n        if self:\n            return 2\n")


def test_the_replacement_is_set_out_where_the_search_was_set_in_too_far() -> None:
    text = "if a:\n    b()\nc()\n"
    diff = block("        if a:\n            b()", "        if a:\n            d()\n        e()\n    f()")
    assert run(text, diff).text == "if a:\n    d()\ne()\nf()\nc()\n"


def test_tabs_of_the_matched_text_are_kept() -> None:
    assert run("\t\tfoo()\n", block("    foo()", "    bar()\n    baz()")).text == "\t\tbar()\n\t\tbaz()\n"


def test_an_exact_search_leaves_the_replacements_indentation_alone() -> None:
    assert run("    a\n", block("    a", "\tb\n  c")).text == "\tb\n  c\n"


def test_carriage_returns_of_the_file_are_kept() -> None:
    assert run("a\r\nb\r\nc\r\n", block("b", "x\ny")).text == "a\r\nx\r\ny\r\nc\r\n"


def test_other_lines_of_a_file_with_mixed_endings_stay_as_they_are() -> None:
    assert run("a\nb\r\nc\r\nd\n\r\n", block("c", "x")).text == "a\nb\r\nx\r\nd\n\r\n"


def test_a_missing_final_newline_stays_missing() -> None:
    assert run("a\nb", block("b", "x\ny")).text == "a\nx\ny"
    assert run("a\nb", block("b", "")).text == "a"


def test_a_blank_line_does_not_vanish_where_it_comes_last() -> None:
    assert run("a\n\nb", block("b", "")).text == "a\n\n"
    assert run("a\nb", block("b", "c\n")).text == "a\nc\n\n"


def test_a_byte_order_mark_stays() -> None:
    assert run("\ufeffa\nb\n", block("a", "x")).text == "\ufeffx\nb\n"


def test_line_numbers_are_stripped_where_all_lines_bear_them() -> None:
    diff = block(" 9 | b\n10 | c", " 9 | x\n10 | y")
    assert run("a\nb\nc\n", diff).text == "a\nx\ny\n"


def test_the_numbers_are_a_hint_between_equal_places() -> None:
    assert run("x\na\nx\n", block("3 | x", "3 | y")).text == "x\na\ny\n"


def test_numbers_are_stripped_where_the_replacement_is_empty() -> None:
    assert run("a\nb\n", block("2 | b", "")).text == "a\n"


def test_numbers_stay_where_not_every_line_bears_one() -> None:
    assert run("a\nb\nc\n", block("2 | b\nc", "x")).refused


def test_a_file_that_really_bears_numbers_is_changed_as_written() -> None:
    assert run("a\n1 | a\n", block("1 | a", "2 | b")).text == "a\n2 | b\n"


def test_lines_that_differ_in_their_numbers_alone_change_nothing() -> None:
    assert "nothing would change" in refusal("a\n", block("1 | a", "2 | a"))


@pytest.mark.parametrize("gone", ["a", "a\nb", "a\nb\nc"])
def test_a_search_longer_than_the_file_is_refused(gone: str) -> None:
    assert run("z\n", block(gone + "\nz", "x")).refused


def test_a_long_text_in_a_long_file_is_compared_where_it_shares_lines() -> None:
    text = numbered(20_000)
    searched = [f"line {number}" for number in range(9_000, 9_300)]
    searched[150] = "changed"
    reason = refusal(text, block("\n".join(searched), "x"))
    assert "Best similarity 99%" in reason
    assert "\n 9000 | line 9000\n" in reason or "\n9000 | line 9000\n" in reason


def test_a_text_too_long_to_be_compared_is_still_found() -> None:
    lines = [f"line {number}" for number in range(20_000)]
    text = "".join(f"{line}\n" for line in lines)
    assert run(text, block("\n".join(lines), "x")).text == "x\n"
    assert "too long to compare" in refusal(text, block("\n".join([*lines[:-1], "y"]), "x"))


def test_a_block_that_changes_nothing_is_refused_alone() -> None:
    outcome = run("a\nb\n", block("a", "a"), block("b", "x"))
    assert outcome.text == "a\nx\n"
    assert [each.number for each in outcome.refused] == [1]
    assert "nothing would change" in outcome.refused[0].reason


def test_numbers_of_the_search_alone_are_taken_off() -> None:
    assert run("a\nb\n", block("2 | b", "x")).text == "a\nx\n"


def test_composed_letters_find_decomposed_ones_and_shared_lines_stay_as_they_are() -> None:
    text = "cafe\u0301 = 1\nb = 2\n"
    outcome = run(text, block("caf\u00e9 = 1\nb = 2", "caf\u00e9 = 1\nb = 3"))
    assert outcome.text == "cafe\u0301 = 1\nb = 3\n"


@pytest.mark.parametrize("kept", ["\tmake  it", "A = 'a  b'", "two  ", "a\fb", "say \u201chi\u201d"])
def test_what_search_and_replacement_share_keeps_the_text_of_the_file(kept: str) -> None:
    written = " ".join(kept.replace("\u201c", '"').replace("\u201d", '"').split())
    outcome = run(f"{kept}\nold\n{kept}\n", block(f"{written}\nold\n{written}", f"{written}\nnew\n{written}"))
    assert outcome.text == f"{kept}\nnew\n{kept}\n"


def test_indentation_is_mapped_line_by_line() -> None:
    text = "all:\n\tcc a.c\n\tcc b.c\n"
    diff = block("all:\n    cc a.c\n    cc b.c", "all:\n    cc -O2 a.c\n    cc b.c\n    ld")
    assert run(text, diff).text == "all:\n\tcc -O2 a.c\n\tcc b.c\n\tld\n"
