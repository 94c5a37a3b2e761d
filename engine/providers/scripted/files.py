"""Playbook files: folders are read as a whole, and all mistakes are reported at once."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from roocode_server.engine.providers.scripted.checks import check
from roocode_server.engine.providers.scripted.playbook import Playbook, PlaybookInvalid, PlaybookMistake
from roocode_server.models.error import FieldMistake, ValidationFailed

LARGEST_PLAYBOOK_BYTES: Final = 1_000_000
_SUFFIXES: Final = (".yaml", ".yml")
_MOST_YAML_LEVELS: Final = 40


def load(folders: Sequence[Path]) -> dict[str, Playbook]:
    """Return the playbooks of all folders by name, those of later folders first, which also win if names are
    equal.

    Raises: PlaybookInvalid, with all mistakes in all files.
    """
    found = [_Folder.read(folder) for folder in folders]
    mistakes = [mistake for folder in found for mistake in folder.mistakes]
    if mistakes:
        raise PlaybookInvalid(mistakes)
    playbooks: dict[str, Playbook] = {}
    for folder in reversed(found):
        playbooks = {
            **playbooks,
            **{name: each for name, each in folder.playbooks.items() if name not in playbooks},
        }
    return playbooks


def read(text: str, *, file: str) -> Playbook:
    """Parse a playbook from YAML; `file` is its name in error messages.

    Raises: PlaybookInvalid, with all mistakes.
    """
    try:
        # `_Loader` is a SafeLoader: it creates plain values only.
        raw = yaml.load(text, _Loader)  # noqa: S506
    except yaml.YAMLError as mistake:
        raise PlaybookInvalid([_syntax(mistake, file)]) from None
    except (ValueError, RecursionError) as mistake:
        raise PlaybookInvalid([PlaybookMistake(file=file, place="", reason=str(mistake))]) from None
    if not isinstance(raw, Mapping):
        reason = "Expected a mapping with `name`, `description` and `steps`."
        raise PlaybookInvalid([PlaybookMistake(file=file, place="", reason=reason)])
    return _playbook(raw, file)


@dataclass(slots=True)
class _Folder:
    """The content of one folder."""

    playbooks: dict[str, Playbook] = field(default_factory=dict)
    mistakes: list[PlaybookMistake] = field(default_factory=list)

    @classmethod
    def read(cls, folder: Path) -> _Folder:
        found = cls()
        try:
            files = sorted(file for file in folder.iterdir() if file.suffix in _SUFFIXES)
        except OSError as failure:
            found._blame(folder, f"The folder cannot be read: {failure.strerror}.")
            return found
        for file in files:
            found._take(file)
        return found

    def _take(self, file: Path) -> None:
        try:
            playbook = read(_text(file), file=str(file))
        except PlaybookInvalid as invalid:
            self.mistakes += invalid.mistakes
        except OSError as failure:
            self._blame(file, f"The file cannot be read: {failure.strerror}.")
        except ValueError as mistake:
            self._blame(file, str(mistake))
        else:
            if playbook.name in self.playbooks:
                self._blame(
                    file, f"Another file of this folder has the name `{playbook.name}` already.", "name"
                )
            self.playbooks[playbook.name] = playbook

    def _blame(self, path: Path, reason: str, place: str = "") -> None:
        self.mistakes.append(PlaybookMistake(file=str(path), place=place, reason=reason))


def _text(file: Path) -> str:
    """Read a file. Raises: OSError; ValueError, if it is too large or not text."""
    with file.open("rb") as opened:
        content = opened.read(LARGEST_PLAYBOOK_BYTES + 1)
    if len(content) > LARGEST_PLAYBOOK_BYTES:
        raise ValueError(f"A playbook has at most {LARGEST_PLAYBOOK_BYTES:,} bytes.")
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise ValueError("The file is not text in UTF-8.") from None


def _playbook(raw: Mapping[str, Any], file: str) -> Playbook:
    mistakes = list(check(raw))
    try:
        playbook = Playbook.load_plain(raw)
    except ValidationFailed as failure:
        mistakes = [*_of_the_shape(failure), *mistakes]
    if mistakes:
        raise PlaybookInvalid([_placed(mistake, raw, file) for mistake in _in_order(mistakes)])
    return playbook


def _of_the_shape(failure: ValidationFailed) -> list[FieldMistake]:
    told: Iterable[Mapping[str, str]] = failure.details.get("fields") or [failure.details]
    return [FieldMistake(each["field"], each["reason"]) for each in told]


def _in_order(mistakes: Sequence[FieldMistake]) -> list[FieldMistake]:
    """Sort mistakes: those of the head first, then step by step."""
    return sorted(
        mistakes,
        key=lambda mistake: [int(part) for part in mistake.field.split(".")[1:2] if part.isdecimal()],
    )


def _placed(mistake: FieldMistake, raw: Mapping[str, Any], file: str) -> PlaybookMistake:
    """Describe a dotted path in words: `steps.2.calls.0.with.path` → `step 3 (tests), call 1, with.path`."""
    match mistake.field.split("."):
        case ["steps", step, "calls", call, *key] if call.isdecimal():
            words = [_step(raw, int(step)), f"call {int(call) + 1}", ".".join(key)]
        case ["steps", step, *key] if step.isdecimal():
            words = [_step(raw, int(step)), ".".join(key)]
        case _:
            words = [mistake.field]
    place = ", ".join(word for word in words if word)
    return PlaybookMistake(file=file, place=place, reason=mistake.reason)


def _step(raw: Mapping[str, Any], position: int) -> str:
    step = raw["steps"][position]
    name = step.get("id") if isinstance(step, Mapping) else None
    return f"step {position + 1} ({name})" if isinstance(name, str) else f"step {position + 1}"


def _syntax(mistake: yaml.YAMLError, file: str) -> PlaybookMistake:
    mark = getattr(mistake, "problem_mark", None)
    place = "" if mark is None else f"line {mark.line + 1}"
    return PlaybookMistake(file=file, place=place, reason=f"{getattr(mistake, 'problem', None) or mistake}.")


class _Loader(yaml.SafeLoader):
    """YAML without duplicate keys and without aliases, with which a small file could grow without limit."""

    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
        if self.check_event(yaml.AliasEvent):
            raise _at(mark, "aliases (`*name`) are not allowed in playbooks")
        if self._depth > _MOST_YAML_LEVELS:
            raise _at(mark, f"there are more than {_MOST_YAML_LEVELS} levels")
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    raise _at(key.start_mark, f"the key `{key.value}` occurs twice")
                seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


def _at(mark: yaml.Mark, problem: str) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=mark)
