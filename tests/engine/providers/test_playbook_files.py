from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from roocode_server.engine.providers.scripted.files import LARGEST_PLAYBOOK_BYTES, load, read
from roocode_server.engine.providers.scripted.playbook import OnError, Playbook, PlaybookInvalid

WHOLE = """
name: whole
description: Every key.
match: [mend it, "it's broken"]
pace_ms: 5
steps:
  - say: Hello.
    pace_ms: 0
  - id: tests
    when: "{{ input == 'x' }}"
    call: execute_command
    with: {command: make, cwd: src}
    on_error: continue
    retries: 2
  - calls:
      - {id: one, call: read_file, with: {path: a}}
      - {call: list_files}
"""


def mistakes(text: str) -> list[str]:
    with pytest.raises(PlaybookInvalid) as invalid:
        read(text, file="p.yaml")
    return [str(mistake) for mistake in invalid.value.mistakes]


def with_steps(*steps: object) -> str:
    return yaml.safe_dump({"name": "p", "description": "d", "steps": list(steps)})


def test_every_key_is_read() -> None:
    playbook = read(WHOLE, file="whole.yaml")
    assert (playbook.name, playbook.match, playbook.pace_ms) == ("whole", ["mend it", "it's broken"], 5)
    greeting, tests, reading = playbook.steps
    assert (greeting.say, playbook.pace_of(greeting), playbook.pace_of(tests)) == ("Hello.", 0, 5)
    assert (tests.when, tests.on_error, tests.retries) == ("{{ input == 'x' }}", OnError.CONTINUE, 2)
    [call] = tests.all_calls
    assert (call.id, call.call, call.arguments) == (
        "tests",
        "execute_command",
        {"command": "make", "cwd": "src"},
    )
    assert [each.call for each in reading.all_calls] == ["read_file", "list_files"]
    assert reading.on_error is OnError.FAIL


def test_all_mistakes_of_a_file_are_reported_at_once_each_with_its_step_and_key() -> None:
    found = mistakes("""
name: Bad Name
descripton: typo
match: [""]
steps:
  - id: tests
    call: execute_command
    on_error: perhaps
    comand: make
  - say: "{{ results.later.text }}"
  - when: always
    call: read_file
    with: {path: "{{ nobody }}"}
  - calls:
      - {call: read_file, wiht: {}}
""")
    assert found == [
        "p.yaml: name: Expected lower-case letters, digits and `-`.",
        "p.yaml: description: Missing data for required field.",
        "p.yaml: match: Expected phrases of at least one word.",
        "p.yaml: descripton: Unknown field.",
        "p.yaml: step 1 (tests), on_error: Must be one of: fail, continue.",
        "p.yaml: step 1 (tests), comand: Unknown field.",
        "p.yaml: step 2, say: `results.later`: no earlier call has this id.",
        "p.yaml: step 3, when: Expected one `{{ expression }}` and nothing else.",
        "p.yaml: step 3, with.path: `nobody` is not defined; the names are: input, messages, results.",
        "p.yaml: step 4, call 1, wiht: Unknown field.",
    ]


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ({}, "step 1: A step needs `say`, `call` or `calls`."),
        ({"call": "a", "calls": [{"call": "b"}]}, "step 1, calls: A step has `call` or `calls`, not both."),
        ({"say": "x", "with": {}}, "step 1, with: It belongs to a `call`; in `calls`, each has its own."),
        (
            {"id": "x", "calls": [{"call": "b"}]},
            "step 1 (x), id: It belongs to a `call`; in `calls`, each has its own.",
        ),
        ({"say": "x", "retries": 1}, "step 1, retries: It belongs to a step that calls a tool."),
        ({"say": "x", "on_error": "fail"}, "step 1, on_error: It belongs to a step that calls a tool."),
        ({"call": "a", "retries": 11}, "step 1, retries: Must be greater than or equal to 0 and less than"),
        ({"say": "x", "pace_ms": 1001}, "step 1, pace_ms: Must be greater than or equal to 0 and less than"),
        ({"call": "a", "id": "B c"}, "step 1 (B c), id: Expected lower-case letters, digits and `_`."),
        (
            {"calls": [{"call": "a", "id": "x"}, {"call": "b", "id": "x"}]},
            "step 1, call 2, id: `x` is the id of an earlier call.",
        ),
        ({"call": "a", "with": {"b": ["{{"]}}, "step 1, with.b.0: unexpected 'end of template'"),
        ({"call": "a", "with": {"on": float("inf")}}, "step 1, with.on: Expected a text, number"),
        ({"say": 5}, "step 1, say: Not a valid string."),
        ("words", "step 1"),
    ],
)
def test_a_mistake_in_a_step_is_named(step: object, told: str) -> None:
    assert any(mistake.startswith(f"p.yaml: {told}") for mistake in mistakes(with_steps(step))), mistakes(
        with_steps(step)
    )


def test_an_id_that_an_earlier_step_has_is_a_mistake() -> None:
    [mistake] = mistakes(with_steps({"id": "a", "call": "x"}, {"id": "a", "call": "x"}))
    assert mistake == "p.yaml: step 2 (a), id: `a` is the id of an earlier call."


def test_a_step_cannot_name_its_own_result() -> None:
    [mistake] = mistakes(with_steps({"id": "a", "call": "x", "with": {"y": "{{ results.a.text }}"}}))
    assert "no earlier call has this id" in mistake


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "p.yaml: Expected a mapping"),
        ("- a", "p.yaml: Expected a mapping"),
        ("name: [", "p.yaml: line 1: "),
        ("name: a\nname: b", "p.yaml: line 2: the key `name` occurs twice."),
        ("a: &x [1]\nb: *x", "p.yaml: line 2: aliases (`*name`) are not allowed in playbooks."),
        ("a: &x [*x]", "p.yaml: line 1: aliases (`*name`) are not allowed in playbooks."),
        ("a: " + "[" * 60 + "]" * 60, "p.yaml: line 1: there are more than 40 levels."),
        ("a: !!python/object/apply:os.getcwd []", "p.yaml: line 1: could not determine a constructor"),
        ("a: 2024-99-99", "p.yaml: month must be in 1..12"),
        ("[a]: b\n", "p.yaml: line 1: found unhashable key."),
        ("a: \x07", "p.yaml: "),
        ("name: auto\ndescription: d\nsteps: [{say: x}]", "p.yaml: name: `auto` is reserved"),
        ("name: a\ndescription: d\nsteps: []", "p.yaml: steps: Length must be between 1 and 1000."),
        ("name: a\ndescription: d\nsteps: 5", "p.yaml: steps: "),
    ],
)
def test_what_is_no_playbook_is_refused_with_its_place(text: str, told: str) -> None:
    assert any(mistake.startswith(told) for mistake in mistakes(text)), mistakes(text)


def test_a_date_is_no_argument() -> None:
    text = "name: a\ndescription: d\nsteps: [{call: x, with: {day: 2024-01-01}}]"
    [mistake] = mistakes(text)
    assert "step 1, with.day: " in mistake
    assert "put a date in quotes" in mistake


def write(folder: Path, file: str, name: str, say: str = "x") -> None:
    folder.mkdir(exist_ok=True)
    (folder / file).write_text(f"name: {name}\ndescription: d\nsteps: [{{say: {say}}}]")


def first_words(playbooks: dict[str, Playbook]) -> dict[str, str]:
    return {name: playbook.steps[0].say for name, playbook in playbooks.items()}


def test_a_later_folder_wins_by_name_and_comes_first(tmp_path: Path) -> None:
    write(tmp_path / "one", "a.yaml", "a", "old")
    write(tmp_path / "one", "b.yaml", "b")
    write(tmp_path / "two", "z.yml", "a", "new")
    write(tmp_path / "two", "ignored.txt", "c")
    playbooks = load([tmp_path / "one", tmp_path / "two"])
    assert list(playbooks) == ["a", "b"]
    assert first_words(playbooks) == {"a": "new", "b": "x"}


def test_the_mistakes_of_all_files_and_folders_are_reported_together(tmp_path: Path) -> None:
    folder = tmp_path / "one"
    write(folder, "a.yaml", "a")
    write(folder, "b.yaml", "a")
    (folder / "c.yaml").write_bytes(b"\xff")
    (folder / "d.yaml").write_bytes(b"#" * (LARGEST_PLAYBOOK_BYTES + 1))
    (folder / "e.yaml").mkdir()
    (folder / "f.yaml").write_text("name: [")
    with pytest.raises(PlaybookInvalid) as invalid:
        load([folder, tmp_path / "missing"])
    told = str(invalid.value).splitlines()
    assert [line.split(": ")[0] for line in told] == [
        *(str(folder / f"{letter}.yaml") for letter in "bcdef"),
        str(tmp_path / "missing"),
    ]
    assert "Another file of this folder has the name `a` already." in told[0]
    assert "not text in UTF-8" in told[1]
    assert "at most 1,000,000 bytes" in told[2]
    assert "cannot be read: Is a directory" in told[3]
    assert "cannot be read: No such file or directory" in told[5]
