"""The requests with which the contract's tests walk through all operations are ones that fit."""

from __future__ import annotations

from roocode_server.handlers.operation import Registry
from roocode_server.models.error import ValidationFailed
from tests.contract.smallest_requests import ABSENT, OF_ITS_OWN, VALUES, required_names, smallest


def test_each_smallest_request_fits(declarations: Registry, transfers: Registry) -> None:
    refused = {}
    for declared in (*declarations.values(), *transfers.values()):
        try:
            declared.request.load(smallest(declared))
        except ValidationFailed as failure:
            refused[declared.name] = failure.details
    assert refused == {}, "VALUES in smallest_requests.py has no fitting value for these fields"


def test_every_value_is_that_of_a_required_field(declarations: Registry, transfers: Registry) -> None:
    everything = (*declarations.values(), *transfers.values())
    required = {name for declared in everything for name in required_names(declared)}
    assert (ABSENT.keys() | VALUES.keys()) - required == set()
    assert OF_ITS_OWN.keys() <= {declared.name for declared in everything}
