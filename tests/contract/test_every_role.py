"""Every operation for every role: on own resources, on those of others, and on missing ones."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from roocode_server.engine.engine import Engine, open_engine
from roocode_server.engine.storage.identities import IdentityRepository
from roocode_server.handlers.operation import Operation, Registry
from roocode_server.handlers.pipeline import OperationResponse, Pipeline
from roocode_server.handlers.registry import build_registry, build_transfers
from roocode_server.models.account import KeyCreate
from roocode_server.models.approval import ApprovalRule, Decision
from roocode_server.models.clock import now
from roocode_server.models.identifier import IdentityId, new_id
from roocode_server.models.identity import LinkedIdentity
from roocode_server.models.login import Login
from roocode_server.models.profile import ProfileCreate
from roocode_server.models.quota import NO_LIMITS
from roocode_server.models.rule import RuleList
from roocode_server.models.session import SessionCreate
from roocode_server.models.settings import Settings
from roocode_server.models.user import Caller, Credential, Identity, KeyScope, Role
from roocode_server.models.webhook import WebhookCreate
from tests.contract.doors import FILTERS, without_what_differs
from tests.contract.smallest_requests import smallest

PASSWORD = "long enough for anybody"
FOR_ANYBODY = {
    "auth.login",
    "auth.oauth",
    "auth.oidc",
    "auth.providers",
    "auth.refresh",
    "auth.renew",
    "auth.accept",
    "system.health",
}
READS_WITHOUT_GET = {
    "search.files",
    "search.text",
    "search.semantic",
    "event.subscribe",
    "event.unsubscribe",
    "system.watch",
    "system.unwatch",
    "event.follow",
    "event.unfollow",
}
OF_ADMINISTRATORS = ("user.", "audit.")
OF_ONES_OWN_ACCOUNT = ("auth.", "identity.", "key.", "login.", "session.leave")

OWNED = ("sessionId", "keyId", "loginId", "identityId", "profileId", "ruleId", "webhookId", "userId")
"""The fields that name something which belongs to somebody."""
NOTHING: dict[str, str] = {}
RESOURCES = {"session", "API key", "identity", "login", "profile", "webhook"}


def is_allowed(declared: Operation, role: Role | None) -> bool:
    """The documented permissions of each role, restated here."""
    reads = declared.name in READS_WITHOUT_GET or (declared.rest and declared.rest.method) == "GET"
    match role:
        case _ if declared.name in FOR_ANYBODY:
            return True
        case None:
            return False
        case Role.ADMIN:
            return True
        case _ if declared.name.startswith(OF_ADMINISTRATORS):
            return False
        case Role.DEVELOPER:
            return True
        case Role.VIEWER:
            return reads or declared.name.startswith(OF_ONES_OWN_ACCOUNT)


def asked(declared: Operation, ids: dict[str, str]) -> dict[str, Any]:
    """The smallest request, about these things."""
    request = smallest(declared)
    return request | {name: ids[name] for name in request.keys() & ids.keys()}


@dataclass
class Place:
    """An engine in this process, with all its operations."""

    engine: Engine
    operations: list[Operation]
    pipeline: Pipeline

    async def caller(self, email: str, role: Role) -> Caller:
        """Return an authenticated caller with this role."""
        user = await self.engine.accounts.create_user(email, PASSWORD, email, [role])
        identity = Identity(user=user, credential=Credential.OPEN, credential_id="", expires_at=None)
        return Caller.of(identity, request_id="request", base_url="http://here")

    async def things_of(self, owner: Caller, wanted: Iterable[str] = OWNED) -> dict[str, str]:
        """Create one resource of each wanted kind for a user, through the services, by the field that names
        it.
        """
        makers = {
            "sessionId": self._session_of,
            "keyId": self._key_of,
            "loginId": self._login_of,
            "identityId": self._identity_of,
            "profileId": self._profile_of,
            "ruleId": self._rule_of,
            "webhookId": self._webhook_of,
        }
        made = {name: await make(owner) for name, make in makers.items() if name in wanted}
        return made | {"userId": owner.user_id}

    async def _session_of(self, owner: Caller) -> str:
        return (await self.engine.sessions.create(owner, SessionCreate.load({"name": "Own"}))).id

    async def _key_of(self, owner: Caller) -> str:
        key, _ = await self.engine.accounts.own.create_key(owner, KeyCreate(name="own"))
        return key.id

    async def _profile_of(self, owner: Caller) -> str:
        (*_, previous) = [None, *await self.engine.profiles.list(owner.user_id)]
        profile = previous or await self.engine.profiles.create(
            owner.user_id, ProfileCreate(name="own", provider="scripted", activate=False)
        )
        return profile.id

    async def _rule_of(self, owner: Caller) -> str:
        async with self.engine.database.transaction() as unit:
            rule = ApprovalRule(decision=Decision.ALWAYS, group="edit")
            await self.engine.standing_rules.add(unit, owner.user_id, [rule])
        rules, _ = await self.engine.standing_rules.page(owner.user_id, RuleList())
        return rules[-1].id

    async def _login_of(self, owner: Caller) -> str:
        await self.engine.accounts.login(Login(email=owner.email, password=PASSWORD))
        (login, *_), _ = await self.engine.accounts.own.logins(owner, limit=1, offset=0)
        return login.id

    async def _identity_of(self, owner: Caller) -> str:
        moment = now()
        identity = LinkedIdentity(
            id=IdentityId(new_id("identity")),
            user_id=owner.user_id,
            provider="company",
            issuer="https://issuer.invalid",
            subject=new_id("subject"),
            created_at=moment,
            used_at=moment,
        )
        async with self.engine.database.transaction() as unit:
            await IdentityRepository(self.engine.database).insert(unit, identity)
        return identity.id

    async def _webhook_of(self, owner: Caller) -> str:
        for other in await self.engine.webhooks.list(owner.user_id):
            await self.engine.webhooks.delete(owner.user_id, other.id)
        request = WebhookCreate(url="https://webhooks.invalid/", events=["session.expired"])
        return (await self.engine.webhooks.create(owner.user_id, request)).webhook.id

    async def answer(
        self, declared: Operation, caller: Caller, ids: dict[str, str]
    ) -> tuple[str, OperationResponse]:
        answer = await self.pipeline.answer(declared, caller, asked(declared, ids))
        return ("" if answer.failure is None else answer.failure.code), answer


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Place]:
    settings = {
        "server": {"data_dir": str(folder / "data")},
        "runtime": {"kind": "local"},
        "limits": dict(NO_LIMITS),
        "auth": {"oauth": {"github": {"client_id": "here"}}},  # where it is not set up, nobody may
    }
    engine = await open_engine(Settings.load_plain(settings))
    try:
        operations = [*build_registry(engine).values(), *build_transfers(engine).values()]
        yield Place(
            engine,
            operations,
            Pipeline.of(engine),
        )
    finally:
        await engine.close()


def names_something(declared: Operation) -> Iterator[str]:
    """Return the fields in which an operation names resources."""
    return (name for name in OWNED if name in declared.wire_names)


def needs_a_door(declared: Operation) -> bool:
    """Whether it needs a connection, and cannot be called here."""
    return declared.needs_connection or declared.streams is not None


@pytest.mark.parametrize("role", [None, *Role], ids=str)
async def test_a_role_may_what_is_said_of_it(tmp_path: Path, role: Role | None) -> None:
    anonymous = Caller.anonymous(request_id="request", base_url="http://here")
    async with opened(tmp_path) as place:
        caller = anonymous if role is None else await place.caller("caller@example.com", role)
        wrong = {}
        for declared in place.operations:
            code, _ = await place.answer(declared, caller, NOTHING)
            refusal = "AUTHENTICATION_FAILED" if role is None else "PERMISSION_DENIED"
            if not is_allowed(declared, role):
                if code != refusal:
                    wrong[declared.name] = code
            elif declared.permission is not None and code == refusal:
                wrong[declared.name] = code
        assert wrong == {}


@pytest.mark.parametrize("role", [Role.DEVELOPER, Role.VIEWER])
async def test_what_is_somebody_elses_answers_like_what_is_not_there(tmp_path: Path, role: Role) -> None:
    async with opened(tmp_path) as place:
        caller = await place.caller("caller@example.com", role)
        owner = await place.caller("owner@example.com", Role.DEVELOPER)
        foreign = await place.things_of(owner)
        compared, told = 0, {}
        for declared in place.operations:
            if not is_allowed(declared, role) or not any(names_something(declared)):
                continue
            code, of_foreign = await place.answer(declared, caller, foreign)
            _, of_absent = await place.answer(declared, caller, NOTHING)
            compared += 1
            if declared.name in FILTERS:
                assert of_foreign.body[FILTERS[declared.name]] == []
                continue
            if code != "RESOURCE_NOT_FOUND" or without_what_differs(of_foreign.body) != without_what_differs(
                of_absent.body
            ):
                told[declared.name] = (of_foreign.body, of_absent.body)
        assert told == {}
        assert compared > 15


@pytest.mark.parametrize("role", list(Role))
async def test_ones_own_things_are_there(tmp_path: Path, role: Role) -> None:
    async with opened(tmp_path) as place:
        caller = await place.caller("caller@example.com", role)
        missing = {}
        for declared in place.operations:
            if needs_a_door(declared) or not is_allowed(declared, role):
                continue
            if not any(names_something(declared)):
                continue
            own = await place.things_of(caller, asked(declared, NOTHING))
            code, answer = await place.answer(declared, caller, own)
            resource = answer.failure.details.get("resource") if answer.failure else None
            if code == "INTERNAL_ERROR" or resource in RESOURCES:
                missing[declared.name] = answer.body
        assert missing == {}


async def test_everybodys_sessions_are_the_administrators_too(tmp_path: Path) -> None:
    async with opened(tmp_path) as place:
        administrator = await place.caller("caller@example.com", Role.ADMIN)
        owner = await place.caller("owner@example.com", Role.DEVELOPER)
        missing = {}
        for declared in place.operations:
            if declared.on is None or needs_a_door(declared):
                continue
            things = await place.things_of(owner, asked(declared, NOTHING))
            _, answer = await place.answer(declared, administrator, things)
            if answer.failure and answer.failure.details.get("resource") == "session":
                missing[declared.name] = answer.body
        assert missing == {}


@pytest.mark.parametrize(
    ("scope", "as_role"), [(KeyScope.READ, Role.VIEWER), (KeyScope.WRITE, Role.DEVELOPER)]
)
async def test_a_key_reaches_as_far_as_its_scopes(tmp_path: Path, scope: KeyScope, as_role: Role) -> None:
    """The expectations for administrators, who may do everything except in other users' own accounts."""
    async with opened(tmp_path) as place:
        administrator = await place.caller("admin@example.com", Role.ADMIN)
        owner = await place.caller("owner@example.com", Role.DEVELOPER)
        request = KeyCreate(name="narrow", scopes=[scope])
        _, secret = await place.engine.accounts.own.create_key(administrator, request)
        identity = await place.engine.accounts.identify(secret)
        caller = Caller.of(identity, request_id="request", base_url="http://here")
        reached = {
            declared.name
            for declared in place.operations
            if (await place.answer(declared, caller, NOTHING))[0] != "PERMISSION_DENIED"
        }
        beyond = {
            "auth.update",
            "auth.password",
            "auth.logout",
            "identity.link",
            "identity.unlink",
            "key.create",
            "key.revoke",
            "login.end",
        }
        beyond |= {"session.leave"} if scope is KeyScope.READ else set()
        allowed = {each.name for each in place.operations if is_allowed(each, as_role)} - beyond
        assert reached == allowed
        get = Registry.__getitem__(build_registry(place.engine), "session.get")
        code, _ = await place.answer(get, caller, await place.things_of(owner, ["sessionId"]))
        assert code == "RESOURCE_NOT_FOUND"
