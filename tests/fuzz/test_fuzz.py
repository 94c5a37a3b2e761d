"""A short run of each kind; `make fuzz` makes long ones."""

from __future__ import annotations

from typing import Any

from tests.fuzz.packets import fuzz_packets
from tests.support.server import ServerProcess

PACKETS = 200


def test_generated_requests_are_answered_as_the_document_says(fresh_server: ServerProcess) -> None:
    from tests.fuzz.requests import fuzz_requests  # imports schemathesis, which other tests need not wait for

    logged, tags = len(fresh_server.log), set[str]()

    def is_first_of_every_other_tag(operation: Any) -> bool:
        [tag] = operation.tags
        is_first = tag not in tags
        tags.add(tag)
        return is_first and len(tags) % 2 == 0

    findings = fuzz_requests(fresh_server, 1, every=is_first_of_every_other_tag)
    assert findings.mistakes == {}
    assert len(findings.statuses) > 3
    assert "Traceback" not in fresh_server.log[logged:]


async def test_packets_that_were_changed_at_random_do_no_harm(fresh_server: ServerProcess) -> None:
    logged = len(fresh_server.log)
    findings = await fuzz_packets(fresh_server, PACKETS)
    assert findings.mistakes == []
    assert findings.cases == PACKETS
    assert findings.outcomes.keys() == {"answered", "closed"}
    assert "Traceback" not in fresh_server.log[logged:]
