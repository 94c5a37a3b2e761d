"""The budget of a task and all its subtasks, held before each request to a model."""

from __future__ import annotations

import contextlib
import dataclasses
from typing import Any, Final

from roocode_server.engine.agent.failure import TaskFailure
from roocode_server.engine.agent.limits import Ledger
from roocode_server.engine.agent.model_resolution import find_model
from roocode_server.engine.agent.services import AgentServices
from roocode_server.engine.providers.catalogue import SCRIPTED, ResolvedModel
from roocode_server.engine.providers.models import PRICED_TOKENS, UNKNOWN, ModelFacts, facts_of
from roocode_server.engine.providers.provider import ModelRequest, ProviderFailure
from roocode_server.models.error import InvalidField
from roocode_server.models.identifier import UserId
from roocode_server.models.session import SessionConfig
from roocode_server.models.task import TaskConfig

BUDGET_EXCEEDED: Final = "BUDGET_EXCEEDED"
BUDGET_NOT_COUNTABLE: Final = "BUDGET_NOT_COUNTABLE"
SMALLEST_OUTPUT_TOKENS: Final = 16
"""No request asks for a shorter answer: OpenAI refuses those that do."""
NO_PRICE: Final = (
    "The price of the model `{model}` is not known here, so its cost cannot be limited; give `maxTokens` "
    "instead, or name a model whose price is known."
)
NOT_REPORTED: Final = (
    "An external agent does not report its tokens and requests, so they cannot be limited; give `maxDuration`"
    ", or `maxCost` if it reports its cost."
)


class TaskBudget:
    """What a task's configuration lets it and its subtasks use, against what they have used."""

    def __init__(self, config: TaskConfig, ledger: Ledger) -> None:
        self._config = config
        self._ledger = ledger

    def check(self) -> None:
        """Raises: TaskFailure, if the budget is used up."""
        spent = self._ledger.spent
        used_and_limits: dict[str, tuple[float, float | None]] = {
            "maxCost": (spent.total_cost, self._config.max_cost),
            "maxTokens": (spent.total_tokens_in + spent.total_tokens_out, self._config.max_tokens),
            "maxRequests": (spent.total_requests, self._config.max_requests),
        }
        for budget, (used, limit) in used_and_limits.items():
            if limit is not None and used >= limit:
                raise used_up(budget, used, limit)

    def bounded(self, request: ModelRequest, found: ResolvedModel) -> ModelRequest:
        """Return the request with an answer no longer than the budget still pays for.

        Raises: TaskFailure, if the budget is used up, or cannot be counted with this model.
        """
        self.check()
        if self._config.max_cost is not None and not has_price(found):
            raise TaskFailure(BUDGET_NOT_COUNTABLE, NO_PRICE.format(model=found.model))
        facts = facts_of(found.model)
        left = self._output_left(facts)
        if left is None:
            return request
        wanted = request.max_tokens or facts.max_output
        return dataclasses.replace(request, max_tokens=min(wanted, max(SMALLEST_OUTPUT_TOKENS, left)))

    def _output_left(self, facts: ModelFacts) -> int | None:
        """Return how many tokens of output are left; None if nothing limits them."""
        spent, config = self._ledger.spent, self._config
        left = []
        if config.max_tokens is not None:
            left.append(config.max_tokens - spent.total_tokens_in - spent.total_tokens_out)
        if config.max_cost is not None and facts.price_out:
            left.append(int((config.max_cost - spent.total_cost) * PRICED_TOKENS / facts.price_out))
        return min(left, default=None)


def used_up(budget: str, used: float, limit: float) -> TaskFailure:
    """Return the failure of a task that has used up this budget."""
    return TaskFailure(
        BUDGET_EXCEEDED,
        f"The task has used up its budget: `{budget}` is {limit:g}, and {used:g} are used",
        details={"budget": budget, "used": used, "limit": limit},
    )


def has_price(found: ResolvedModel) -> bool:
    """Whether it is known what the model costs; playbooks cost nothing."""
    return found.provider.name == SCRIPTED or facts_of(found.model) is not UNKNOWN


async def with_default_budget(
    services: AgentServices, owner: UserId, session: SessionConfig, config: TaskConfig
) -> TaskConfig:
    """Return a new task's configuration with the operator's budget where it has none of its own.

    What could not be counted in the session is left out. Raises: InvalidField, if that is so of its own.
    """
    await check_countable(services, owner, session, config)
    settings = services.settings
    defaults: dict[str, Any] = {
        "max_cost": settings.task_max_cost,
        "max_tokens": settings.task_max_tokens,
        "max_requests": settings.task_max_requests,
        "max_duration": settings.task_max_duration_s,
    }
    for name, limit in defaults.items():
        if limit is not None and getattr(config, name) is None:
            wanted = dataclasses.replace(config, **{name: limit})
            with contextlib.suppress(InvalidField):
                await check_countable(services, owner, session, wanted)
                config = wanted
    return config


async def check_countable(
    services: AgentServices, owner: UserId, session: SessionConfig, config: TaskConfig
) -> None:
    """Raises: InvalidField, if a task of the session has a budget that could not be counted."""
    if session.agent.acp is not None:
        for field, limit in (("maxTokens", config.max_tokens), ("maxRequests", config.max_requests)):
            if limit is not None:
                raise InvalidField(f"config.{field}", NOT_REPORTED)
        return
    if config.max_cost is None:
        return
    try:
        found = await find_model(services, owner, session.provider, session.model)
    except ProviderFailure:
        return  # the task will fail and say why
    if not has_price(found):
        raise InvalidField("config.maxCost", NO_PRICE.format(model=found.model))
