"""Requests made from `/openapi.json`, right ones and wrong ones; the document has to describe the answers."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi import checks

from tests.fuzz.people import Person, people
from tests.support.server import ServerProcess

CHECKS_OF_EVERY = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
CHECKS = [*CHECKS_OF_EVERY, checks.negative_data_rejection]
PATIENCE_S = 60
TOO_LARGE = 413

schemathesis.serializer.alias(["application/gzip", "application/zip"], "application/octet-stream")


@dataclass
class RequestFindings:
    """What was asked and answered; `mistakes` are failures and answers that the document does not have."""

    cases: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    mistakes: dict[str, str] = field(default_factory=dict)
    """By kind, the first one of each: the request as curl would send it, and what is wrong."""

    def note(self, case: Any, answer: Any, person: Person, failure: Failure) -> None:
        kind = f"{failure.title}: {case.method} {case.path} ({answer.status_code}, {person.name})"
        self.mistakes.setdefault(kind, f"{case.as_curl_command()}\n{failure}\n{answer.text[:1000]}")

    def lines(self) -> Iterator[str]:
        counted = ", ".join(f"{status}: {number}" for status, number in sorted(self.statuses.items()))
        yield f"{self.cases} requests; {counted}; {len(self.mistakes)} kinds of mistakes"
        for kind, example in self.mistakes.items():
            yield f"--- {kind}\n{example}"


def fuzz_requests(
    server: ServerProcess,
    cases: int,
    *,
    beginning: int = 0,
    every: Callable[[Any], bool] = lambda operation: True,
    tell: Callable[[str], None] = lambda line: None,
) -> RequestFindings:
    """At least so many requests, spread evenly over the operations that `every` chooses and over the callers.

    `beginning` is the seed: the same one makes the same requests. `tell` gets a line for each operation.
    """
    document = requests.get(f"{server.url}/openapi.json", timeout=PATIENCE_S).json()
    schema = schemathesis.openapi.from_dict(document)
    operations = [found.ok() for found in schema.get_all_operations()]
    operations = [each for each in operations if every(each)]
    callers = people(server)
    each_ones = -(-cases // (len(operations) * len(callers) * len(MODES)))
    findings = RequestFindings()
    with requests.Session() as http:
        told = 0
        for operation in operations:
            for person in callers:
                person.settle(server)
                for mode in MODES:
                    _ask(server, http, operation, mode, person, each_ones, beginning, findings)
            tell(f"{operation.label}: {findings.cases} requests, {len(findings.mistakes)} kinds of mistakes")
            for kind in list(findings.mistakes)[told:]:
                tell(f"    {kind}\n{findings.mistakes[kind][:2000]}")
            told = len(findings.mistakes)
    return findings


MODES = (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)


def _ask(
    server: ServerProcess,
    http: requests.Session,
    operation: Any,
    mode: schemathesis.GenerationMode,
    person: Person,
    examples: int,
    beginning: int,
    findings: RequestFindings,
) -> None:
    headers = {"Authorization": f"Bearer {person.key}"}

    @seed(beginning)
    @settings(
        max_examples=examples,
        phases=[Phase.generate],
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), dice=st.randoms(use_true_random=False))
    def ask(case: Any, dice: random.Random) -> None:
        checked = CHECKS
        for name in case.path_parameters or {}:
            if name in person.own and dice.random() < OWN:
                case.path_parameters[name] = person.own[name]
                checked = CHECKS_OF_EVERY  # what was wrong may be right now
        answer = case.call(base_url=server.url, session=http, headers=headers, timeout=PATIENCE_S)
        findings.cases += 1
        findings.statuses[answer.status_code] += 1
        if answer.status_code == TOO_LARGE:
            checked = CHECKS_OF_EVERY  # the size of its head is refused before anything else
        try:
            case.validate_response(answer, checks=checked, headers=headers)
        except FailureGroup as group:
            for failure in group.exceptions:
                findings.note(case, answer, person, failure)
        except Failure as failure:
            findings.note(case, answer, person, failure)
        if answer.status_code >= 500:
            findings.note(
                case, answer, person, Failure(operation=operation.label, title="Server error", message="")
            )

    try:
        ask()
    except Unsatisfiable:
        if mode is schemathesis.GenerationMode.POSITIVE:
            raise  # but there are operations whose every request is right


OWN = 0.8
"""How often a path leads to something that there is."""
