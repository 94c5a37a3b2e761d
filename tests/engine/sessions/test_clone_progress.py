"""What git prints while it clones, as it comes: in pieces, with lines that replace each other."""

from __future__ import annotations

from roocode_server.engine.sessions.clone_progress import CloneProgress, without_progress

PRINTED = (
    "Cloning into '.'...\n"
    "remote: Enumerating objects: 120, done.        \n"
    "remote: Counting objects:   8% (1/12)        \rremote: Counting objects: 100% (12/12), done.        \n"
    "Receiving objects:  50% (60/120)\rReceiving objects: 100% (120/120), 1.1 MiB | 2.0 MiB/s, done.\n"
    "Resolving deltas: 100% (3/3), done.\n"
)


def test_each_step_is_told_once_however_the_text_is_cut() -> None:
    told: list[tuple[str, int]] = []
    progress = CloneProgress(lambda step, percent: told.append((step, percent)))
    for character in PRINTED:
        progress.hear(character)
    assert [step for step, _ in told] == ["Counting objects", "Receiving objects", "Resolving deltas"]


def test_a_line_without_an_end_is_not_kept_for_ever() -> None:
    progress = CloneProgress(lambda step, percent: None)
    for _ in range(100):
        progress.hear("x" * 1000)
    assert len(progress._rest) <= 4096


def test_what_git_complains_of_is_what_it_says_besides() -> None:
    complaint = "fatal: fetch-pack: invalid index-pack output"
    assert without_progress(PRINTED + complaint + "\n") == complaint
    assert without_progress(PRINTED) == ""
