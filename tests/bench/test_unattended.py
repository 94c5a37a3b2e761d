"""A part of `python -m bench unattended`, and what it finds of runs that do not end as they are to."""

from __future__ import annotations

import pytest

from bench.unattended import Case, Unwatched, cases, unattended
from roocode_server.models.unattended import Fallback, QuestionKind
from tests.support.nightly import times


@pytest.mark.timeout(600)
async def test_no_run_waits_longer_than_its_policy_and_each_ends_as_it_says() -> None:
    runs = times(50, nightly=500)
    seen = await unattended(runs)
    assert seen.failures == [], "\n".join(seen.lines())
    assert seen.runs == len(seen.waited_ms) == runs
    assert seen.ends["NOBODY_ANSWERED"] > 0


def test_every_kind_of_question_meets_everything_that_a_policy_can_say() -> None:
    met = {(case.kind, case.then) for case in cases()}
    every = {(kind, then) for kind in QuestionKind for then in Fallback if then is not Fallback.ANSWER}
    assert met == every | {(QuestionKind.QUESTION, Fallback.ANSWER)}


def test_failures_are_told() -> None:
    seen = Unwatched(failures=[f"{Case(QuestionKind.EDIT, Fallback.FAIL, 0)}: did not end"])
    assert seen.lines()[-1] == "  1 failures"
