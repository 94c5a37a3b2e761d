"""docs/security.md names tests as proof: each of them is there, in the file that the link leads to."""

from __future__ import annotations

import re

import pytest

from tests.support.server import PROJECT

DOCUMENT = (PROJECT / "docs" / "security.md").read_text()
PROOFS = re.findall(r"\[`(test_\w+)`\]\(\.\./(tests/[\w/]+\.py)\)", DOCUMENT)


@pytest.mark.parametrize(("name", "path"), PROOFS)
def test_a_test_that_is_named_as_proof_is_there(name: str, path: str) -> None:
    assert re.search(rf"^\s*(?:async )?def {name}\(", (PROJECT / path).read_text(), re.MULTILINE)


def test_every_threat_has_its_proof() -> None:
    threats = DOCUMENT.partition("## Threats\n")[2].partition("\n## ")[0]
    rows = [row for row in threats.splitlines()[2:] if row.startswith("|") and not row.endswith("| | |")]
    assert len(rows) > 20
    assert [row for row in rows if "[`test_" not in row] == []


def test_no_test_is_named_without_its_file() -> None:
    assert len(PROOFS) == len(re.findall(r"`test_\w+`", DOCUMENT))
