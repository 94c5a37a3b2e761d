"""What the tasks of a caller can run with: providers, their models, and playbooks. Source: docs/models.md."""

from __future__ import annotations

from dataclasses import field

from roocode_server.models.shape import Shape, described, value


@value
class ModelList(Shape):
    """A request for the providers and models that the caller's sessions can name."""


@value
class ModelPrices(Shape):
    """List prices in US dollars for a million tokens: an estimate, as all costs are."""

    input: float
    output: float
    cache_read: float
    cache_write: float


@value
class OfferedModel(Shape):
    """A model; what is not known about it is left out. Sizes are in tokens."""

    id: str
    is_default: bool = field(metadata=described("Whether `auto` means it at this provider"))
    context_window: int | None = None
    max_output: int | None = None
    takes_images: bool | None = None
    prices: ModelPrices | None = None


@value
class ProviderProblem(Shape):
    """Why a task could not use a provider: the code by which it would fail, and what to do."""

    code: str
    message: str


@value
class OfferedProvider(Shape):
    """A provider with the models known to the server; a session may name others at it.

    `profile` is the name of the caller's active profile, if that gives the provider its address and key.
    """

    name: str
    is_default: bool = field(metadata=described("Whether `auto` means it"))
    is_usable: bool
    needs_credential: bool
    has_credential: bool
    profile: str | None = None
    problem: ProviderProblem | None = None
    models: list[OfferedModel]


@value
class ModelChoice(Shape):
    """A provider and a model, as a session names them; with `scripted`, `auto` chooses by the task's text."""

    provider: str
    model: str


@value
class ModelCatalogue(Shape):
    """All providers by name, and what a new session of the caller uses if it names neither.

    `default` is left out if no provider could be used: tasks would fail.
    """

    providers: list[OfferedProvider]
    default: ModelChoice | None = None


@value
class PlaybookList(Shape):
    """A request for the playbooks that a session can name as its model."""


@value
class OfferedPlaybook(Shape):
    """A playbook; one of the phrases in `match` in a task's text chooses it where the model is `auto`."""

    name: str
    description: str
    match: list[str]
    steps: int = field(metadata=described("How many steps it has"))


@value
class Playbooks(Shape):
    """The playbooks in the order in which their phrases are looked for.

    `default` is the one that is played if no phrase occurs.
    """

    playbooks: list[OfferedPlaybook]
    default: str
