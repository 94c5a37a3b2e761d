"""A command line may run if every command in it may, with any quoting, joining and nesting."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roocode_server.engine.shell_lines.allowlist import InvalidCommand, allowed, matches, objection, parse


def words(line: str) -> list[tuple[str, ...]]:
    """The commands of a line, as their words."""
    return [tuple(word.text for word in command.words) for command in parse(line)]


@pytest.mark.parametrize(
    ("line", "commands"),
    [
        ("npm test", [("npm", "test")]),
        ("a && b || c; d & e | f", [("a",), ("b",), ("c",), ("d",), ("e",), ("f",)]),
        ("a\nb\n\nc", [("a",), ("b",), ("c",)]),
        ("(a; b) && { c; }", [("a",), ("b",), ("c",)]),
        ("! a", [("a",)]),
        ("FOO=1 BAR=$(b) a x", [("a", "x"), ("b",)]),
        ("a > out 2>&1 < in", [("a",)]),
        (">out a b", [("a", "b")]),
        ("a <(b) >(c d)", [("a", "<(b)", ">(c d)"), ("b",), ("c", "d")]),
        ("if a; then b; elif c; then d; else e; fi", [("a",), ("b",), ("c",), ("d",), ("e",)]),
        ("for x in $(a); do b $x; done", [("a",), ("b", "$x")]),
        ("while a; do b; done; until c; do d; done", [("a",), ("b",), ("c",), ("d",)]),
        ("case $(a) in x|y) b;; *) c;; esac", [("a",), ("b",), ("c",)]),
        ("f() { a; }", [("a",)]),
        ("cat <<EOF\nx $(a) $(b)\nEOF\nc", [("cat",), ("a",), ("b",), ("c",)]),
        ("cat <<'EOF'\n$(a)\nEOF", [("cat",)]),
        ('cat <<< "$(a)"', [("cat",), ("a",)]),
        ("[ -f x ] && a", [("[", "-f x"), ("a",)]),
        ("export A=1 B", [("export", "A=1", "B")]),
        ("# only words", []),
        ("", []),
        ("X=1", []),
    ],
)
def test_every_command_of_a_line_is_found(line: str, commands: list[tuple[str, ...]]) -> None:
    assert words(line) == commands


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("'a b'", "a b"),
        ('"a b"', "a b"),
        ('a"b"c', "abc"),
        (r"\a\ b", "a b"),
        (r'"a\"b\$c\d"', r'a"b$c\d'),
        ("''", ""),
        ("a=b", "a=b"),
        ("5", "5"),
        ("'it'\\''s'", "it's"),
    ],
)
def test_quotes_are_taken_off(written: str, value: str) -> None:
    (command,) = parse(f"echo {written}")
    assert command.words[1].text == value
    assert command.is_static


@pytest.mark.parametrize(
    "written", ["$X", '"a$X"', "$(x)", "${X}", "*.c", "a?", "[ab]", "{a,b}", "~", "{1..3}"]
)
def test_a_word_that_the_shell_changes_is_dynamic(written: str) -> None:
    assert not parse(f"echo {written}")[0].is_static


@pytest.mark.parametrize(
    "line", ["npm '", 'npm "', "npm `rm", "npm $(rm", "(npm", "if npm; then", "npm &&", "npm\0"]
)
def test_half_a_line_is_no_line(line: str) -> None:
    with pytest.raises(InvalidCommand):
        parse(line)
    assert allowed(line, ["npm"]) is not None


def test_a_line_that_is_too_long_to_judge_is_refused() -> None:
    refusal = allowed("npm " + "x" * 10_000, ["npm"])
    assert refusal is not None and "longer" in refusal.reason


@pytest.mark.parametrize(
    "line",
    [
        "npm",
        "npm test",
        'n"p"m test',
        r"\npm",
        "'npm'",
        "NODE=1 npm test",
        "npm test > out 2>&1",
        "npm && npm test || npm x; npm & npm | npm",
        "npm # and a comment; rm",
        "npm a#b",
        "npm {a,b} *.c ~/x $HOME $1 ${X:-y} ${#X}",
        'npm "$(npm x)" `npm y`',
        "npm $((1 + 2 * 3))",
        "npm \\\n  test",
        "for f in *.c; do npm $f; done",
        "if npm; then npm; fi",
        "case $x in a|*.b) npm;; esac",
        "npm <<'EOF'\n$(rm) ` ' \"\nEOF",
        "npm <<EOF\ntext with 'quotes\" and $X\nEOF\nnpm",
        'grep "foo$" x',
        "npm run 'a; rm -rf /'",
    ],
)
def test_what_consists_of_allowed_commands_may_run(line: str) -> None:
    assert allowed(line, ["npm", "grep"]) is None


@pytest.mark.parametrize(
    "line",
    [
        "npm && rm -rf /",
        "npm; rm",
        "npm | sh",
        "npm $(rm x)",
        "npm `rm x`",
        'npm "$(rm x)"',
        'npm "`rm x`"',
        "npm <(rm x)",
        "npm >(rm x)",
        "npm & rm",
        "npm\nrm",
        "npm \n\\rm",
        "${IFS}npm",
        "$X",
        "npm${X}x && ${Y}",
        r"$'\x6e'pm",
        r"npm $'\' ; rm; '",
        "npm; $'rm'",
        "if npm; then rm; fi",
        "{ npm; rm; }",
        "(rm)",
        "! rm",
        "coproc rm",
        "npm $((1 + $(rm)))",
        "npm $[$(rm)]",
        "x='a[$(rm)]'; npm $((x))",
        "x='$(rm)'; npm ${x@P}",
        "npm ${!x}",
        "npm \"${x:-'$(rm)'}\"",
        "npm ${x#$(rm)}",
        "npm ${x/a/$(rm)}",
        "npm ${x:$(rm)}",
        "npm &>x rm",
        ">&x='$(rm)'",
        "npm > out rm",
        "[[ a && rm ]]",
        "[ a && rm ]",
        "((rm x))",
        "npm\\\n-rm",
        "np\\\nm",
        "npm \\ #; rm",
        "npm\u00a0#; rm",
        "npm\r#; rm",
        "npm <<EOF\n$(rm)\nEOF",
        "npm <<EOF\nfoo \\\nEOF\nnpm '\nEOF\nrm x\nnpm '",
        "npm <<E\\OF\n'\nEOF\nrm\n'\nE\\OF",
        "npm `echo \\`rm\\``",
        "f() { npm; }; f",
        "npm() { rm; }; npm",
        "npm() { npm x; }; npm",
        "function npm { npm; }",
        "alias npm=rm",
        "PATH=. npm",
        "PATH+=:. npm",
        "PATH=.; npm",
        "LD_PRELOAD=./x.so npm",
        "BASH_ENV=x npm",
        "ENV=x npm",
        "IFS=p; npm",
        "GIT_EXTERNAL_DIFF=rm npm",
        "for PATH in .; do npm; done",
        "${PATH:=x} npm",
        "select x in a; do npm; done",
        'npm $"rm"',
        "npmx",
        "./npm",
        "/opt/npm",
        "env npm",
        "npm; echo",
        "time rm",
        "exec rm",
        "eval npm",
        "npm || :",
        '"" npm',
        "~/npm",
        "np*",
        "{npm,rm}",
    ],
)
def test_what_could_run_anything_else_may_not_run(line: str) -> None:
    assert allowed(line, ["npm"]) is not None


@pytest.mark.parametrize(
    "line", ["alias npm=rm", "export PATH=.", "export $X", 'export "PATH=."', "read PATH"]
)
def test_naming_a_builtin_does_not_let_it_change_what_runs(line: str) -> None:
    assert allowed(line, ["alias", "export", "read"]) is not None


@pytest.mark.parametrize("line", ["rm -rf /", "PATH=. $X", "npm '", "f() { rm; }; f", "((", ""])
def test_a_star_allows_every_line(line: str) -> None:
    assert allowed(line, ["*"]) is None


@pytest.mark.parametrize("line", ["npm", "", "# nothing"])
def test_no_prefix_allows_no_line(line: str) -> None:
    assert allowed(line, []) is not None


def test_an_empty_prefix_allows_nothing() -> None:
    assert allowed("npm", [""]) is not None


@pytest.mark.parametrize(
    ("line", "may"),
    [
        ("git status", True),
        ("git status -s", True),
        ("git 'status' x", True),
        ("git push", False),
        ("git", False),
        ("git $X status", False),
        ("git {status,push}", False),
        ("git -C . status", False),
        ("git statusx", False),
    ],
)
def test_a_prefix_of_two_words_needs_both(line: str, may: bool) -> None:
    assert (allowed(line, ["git status"]) is None) is may


def test_a_refusal_names_the_command_and_the_reason() -> None:
    refusal = allowed("npm test && rm -rf build", ["npm"])
    assert refusal is not None
    assert refusal.command == "rm -rf build"
    assert refusal.reason == "it begins with none of the allowed prefixes"


def test_a_wrapper_that_is_allowed_lets_through_what_it_wraps() -> None:
    assert allowed("env rm", ["npm"]) is not None
    assert allowed("env rm", ["env"]) is None


@pytest.mark.parametrize(
    ("line", "prefix", "fits"),
    [
        ("npm test", "npm", True),
        ("npm test && npm x", "npm", True),
        ("npm test && rm", "npm", False),
        ("git status -s", "git status", True),
        ("", "npm", False),
        ("npm '", "npm", False),
        ("$X", "npm", False),
        ("anything at all '", "*", True),
    ],
)
def test_a_rule_that_allows_fits_lines_that_consist_of_it(line: str, prefix: str, fits: bool) -> None:
    assert matches(line, prefix) is fits


@pytest.mark.parametrize(
    ("line", "prefix", "fits"),
    [
        ("npm test && rm -r x", "rm", True),
        ("npm $(rm)", "rm", True),
        ("/bin/rm x", "rm", True),
        ("sudo rm x", "rm", True),
        ("sudo -u root env A=1 rm x", "rm", True),
        ("sh -c 'echo; rm x'", "rm", True),
        ("bash -c \"sh -c 'rm -rf /'\"", "rm -rf", True),
        ("eval 'r''m x'", "rm", True),
        ("find . -exec rm {} +", "rm", True),
        ("xargs -n 1 rm", "rm", True),
        ("$X x", "rm", True),
        ("rm '", "rm", True),
        ("f() { x; }; f", "rm", True),
        ("git $X", "git push", True),
        ("git status", "git push", False),
        ("echo rm", "rm", False),
        ("npm test", "rm", False),
        ("rmdir x", "rm", False),
    ],
)
def test_a_rule_that_restricts_fits_lines_that_may_contain_it(line: str, prefix: str, fits: bool) -> None:
    assert matches(line, prefix, any_of=True) is fits


ALLOWED = st.sampled_from(["npm", "npm test", "npm run 'a b'", '"npm" x', "git status", r"g\it status -s"])
FORBIDDEN = st.sampled_from(["rm", "rm -rf /", "'rm' x", r"\rm", 'r"m"', "git push", "npmx", "$X", "/bin/rm"])
JOINS = st.sampled_from([" && ", " || ", "; ", " & ", " | ", "\n", " &&\n"])
WRAPS = st.sampled_from(
    [
        " ({})",
        "{{ {}; }}",
        "! ( {} )",
        "npm $({})",
        'npm "x $({}) y"',
        "npm <({})",
        "npm <({}) > out",
        "A=$({}) npm",
        "if {}; then npm; fi",
        "if npm; then {}; fi",
        "if npm; then npm; else {}; fi",
        "while {}; do npm; done",
        "for x in a b; do {}; done",
        "for x in $({}); do npm; done",
        "case x in x) {};; esac",
        "npm ${{x:-$({})}}",
        "npm <<EOF\n$({})\nEOF",
        "npm; {}",
        "{} | npm",
    ]
)


def _joined(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(lambda first, join, second: first + join + second, parts, JOINS, parts)


def _wrapped(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    # What a here-document holds cannot be put into another construct by pasting it there.
    return st.builds(lambda wrap, part: wrap.format(part), WRAPS, parts.filter(lambda line: "<<" not in line))


LINES = st.recursive(ALLOWED, lambda parts: _joined(parts) | _wrapped(parts), max_leaves=6)


@given(line=LINES.filter(lambda line: "<<" not in line))
def test_lines_built_of_allowed_commands_may_run(line: str) -> None:
    assert allowed(line, ["npm", "git status"]) is None


@given(forbidden=FORBIDDEN, wraps=st.lists(WRAPS, max_size=4), before=ALLOWED, join=JOINS)
def test_one_forbidden_command_anywhere_spoils_a_line(
    forbidden: str, wraps: list[str], before: str, join: str
) -> None:
    line = forbidden
    for wrap in wraps:
        line = wrap.format(line)
    assert allowed(before + join + line, ["npm", "git status"]) is not None
    assert allowed(line + join + before, ["npm", "git status"]) is not None


@given(st.text(max_size=60))
def test_no_text_breaks_the_reading(line: str) -> None:
    refusal = allowed(line, ["npm"])
    assert refusal is None or refusal.reason


def test_a_refused_line_is_told_with_what_may_run() -> None:
    assert objection("git status; touch made", ["git", "npm test"]) == (
        "`touch made` may not be run in this session: it begins with none of the allowed prefixes. "
        "Allowed are commands that begin with: `git`, `npm test`."
    )
    assert objection("git status", ["git"]) is None
    assert objection("ls", []) == "`ls` may not be run in this session: this session runs no commands."
