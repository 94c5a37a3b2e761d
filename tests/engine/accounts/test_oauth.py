"""Logging in by OAuth, against a stand-in: a local server that plays the three providers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from roocode_server.engine.accounts.accounts import Accounts
from roocode_server.models.auth_settings import AuthSettings
from roocode_server.models.error import (
    AuthenticationFailed,
    Conflict,
    InvalidField,
    PermissionDenied,
    ServerOverload,
    ValidationFailed,
)
from roocode_server.models.login import Login, OAuthLogin
from roocode_server.models.settings import Settings
from roocode_server.models.user import IdentityProvider, Role
from tests.engine.accounts.conftest import PASSWORD, House

REDIRECT = "https://app.example.com/callback"
CODE = "the-code"
SECRET = "the-secret"
VERIFIER = "v" * 43


@dataclass
class StandIn:
    """A server that plays a provider; what it knows and how it fails is set by the test."""

    profile: Any = field(
        default_factory=lambda: {
            "sub": "1",
            "email": "Grace@example.com",
            "email_verified": True,
            "name": "Grace",
        }
    )
    emails: Any = field(default_factory=list)
    refusal: dict[str, str] | None = None
    status: int = 200
    is_silent: bool = False
    forms: list[dict[str, str]] = field(default_factory=list)

    async def token(self, request: web.Request) -> web.Response:
        form = {name: str(content) for name, content in (await request.post()).items()}
        self.forms.append(form)
        if self.is_silent:
            await asyncio.Event().wait()
        if self.refusal is not None:
            return web.json_response(self.refusal, status=self.status)
        if form.get("code") != CODE:
            return web.json_response({"error": "invalid_grant"}, status=400)
        return web.json_response({"access_token": "provider-token", "token_type": "Bearer"})

    async def user(self, request: web.Request) -> web.Response:
        return self._for_owner(request, self.profile)

    async def addresses(self, request: web.Request) -> web.Response:
        return self._for_owner(request, self.emails)

    def _for_owner(self, request: web.Request, content: Any) -> web.Response:
        if request.headers.get("Authorization") != "Bearer provider-token":
            return web.json_response({}, status=401)
        return web.json_response(content, status=self.status)

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/token", self.token)
        app.router.add_get("/user", self.user)
        app.router.add_get("/emails", self.addresses)
        return app


@pytest.fixture
def provider() -> StandIn:
    return StandIn()


@pytest.fixture
async def address(provider: StandIn) -> AsyncIterator[str]:
    async with TestServer(provider.app(), host="127.0.0.1") as server:
        yield str(server.make_url("")).rstrip("/")


def settings_for(address: str, **changes: Any) -> AuthSettings:
    """Every provider at one address."""
    common = {
        "client_id": "the-client",
        "client_secret": SECRET,
        "redirect_uris": [REDIRECT],
        "allowed_emails": ["*@example.com"],
        "token_url": f"{address}/token",
        "user_url": f"{address}/user",
        **changes,
    }
    github = common | {"emails_url": f"{address}/emails"}
    oauth = {"google": common, "github": github, "microsoft": common, "timeout_s": 1}
    return Settings.load_plain({"auth": {"oauth": oauth}}).auth


@pytest.fixture
async def accounts(house: House, address: str) -> AsyncIterator[Accounts]:
    async with house.accounts(settings_for(address)) as accounts:
        yield accounts


def request(provider: str = "google", **changes: Any) -> OAuthLogin:
    return OAuthLogin.load({"provider": provider, "code": CODE, "redirectUri": REDIRECT, **changes})


class TestLoggingIn:
    async def test_the_first_login_makes_an_account(self, accounts: Accounts) -> None:
        answer = await accounts.login_with_oauth(request())
        user = answer.user
        assert (user.email, user.name, user.provider) == (
            "grace@example.com",
            "Grace",
            IdentityProvider.GOOGLE,
        )
        assert user.roles == [Role.DEVELOPER]
        assert (await accounts.identify(answer.tokens.access_token)).user == user

    async def test_the_next_login_finds_it(self, accounts: Accounts) -> None:
        first = await accounts.login_with_oauth(request())
        assert (await accounts.login_with_oauth(request())).user.id == first.user.id

    async def test_the_provider_is_asked_as_rfc_6749_says(
        self, accounts: Accounts, provider: StandIn
    ) -> None:
        await accounts.login_with_oauth(request())
        assert provider.forms == [
            {
                "grant_type": "authorization_code",
                "code": CODE,
                "redirect_uri": REDIRECT,
                "client_id": "the-client",
                "client_secret": SECRET,
            }
        ]

    async def test_a_verifier_is_passed_on(self, accounts: Accounts, provider: StandIn) -> None:
        await accounts.login_with_oauth(request(codeVerifier=VERIFIER))
        assert provider.forms[0]["code_verifier"] == VERIFIER

    async def test_github_is_known_by_its_primary_verified_address(
        self, accounts: Accounts, provider: StandIn
    ) -> None:
        provider.profile = {"id": 1, "login": "grace", "name": None, "email": "shown@example.com"}
        provider.emails = [
            {"email": "second@example.com", "primary": False, "verified": True},
            {"email": "first@example.com", "primary": True, "verified": True},
        ]
        user = (await accounts.login_with_oauth(request("github"))).user
        assert (user.email, user.name, user.provider) == (
            "first@example.com",
            "grace",
            IdentityProvider.GITHUB,
        )

    async def test_microsofts_one_tenant_vouches_for_the_address(
        self, accounts: Accounts, provider: StandIn
    ) -> None:
        provider.profile = {"sub": "1", "email": "grace@example.com", "name": "Grace"}
        user = (await accounts.login_with_oauth(request("microsoft"))).user
        assert user.provider is IdentityProvider.MICROSOFT

    async def test_an_account_with_no_password_lets_nobody_in_by_one(self, accounts: Accounts) -> None:
        await accounts.login_with_oauth(request())
        with pytest.raises(AuthenticationFailed):
            await accounts.login(Login(email="grace@example.com", password=PASSWORD))


class TestRefusals:
    async def test_a_wrong_code_is_refused(self, accounts: Accounts) -> None:
        with pytest.raises(AuthenticationFailed):
            await accounts.login_with_oauth(request(code="another"))

    async def test_a_wrong_code_that_github_answers_with_200_is_refused(
        self, accounts: Accounts, provider: StandIn
    ) -> None:
        provider.refusal = {"error": "bad_verification_code", "error_description": "expired"}
        with pytest.raises(AuthenticationFailed):
            await accounts.login_with_oauth(request("github"))

    @pytest.mark.parametrize(
        "profile",
        [
            {"sub": "1", "email": "grace@example.com", "email_verified": False},
            {"sub": "1", "email": "grace@example.com", "email_verified": "true"},
            {"sub": "1", "email": "grace@example.com"},
            {"sub": "1", "email_verified": True},
            {},
        ],
    )
    async def test_an_address_that_is_not_verified_is_refused(
        self, accounts: Accounts, provider: StandIn, profile: dict[str, Any]
    ) -> None:
        provider.profile = profile
        with pytest.raises(AuthenticationFailed):
            await accounts.login_with_oauth(request())

    @pytest.mark.parametrize(
        "emails",
        [
            [],
            [{"email": "grace@example.com", "primary": True, "verified": False}],
            [{"email": "grace@example.com", "primary": False, "verified": True}],
            ["grace@example.com"],
        ],
    )
    async def test_github_without_a_primary_verified_address_is_refused(
        self, accounts: Accounts, provider: StandIn, emails: list[Any]
    ) -> None:
        provider.emails = emails
        with pytest.raises(AuthenticationFailed):
            await accounts.login_with_oauth(request("github"))

    async def test_a_redirect_address_that_is_not_listed_is_refused(
        self, accounts: Accounts, provider: StandIn
    ) -> None:
        with pytest.raises(InvalidField) as refusal:
            await accounts.login_with_oauth(request(redirectUri=f"{REDIRECT}/"))
        assert refusal.value.details["field"] == "redirectUri"
        assert provider.forms == []

    async def test_an_address_that_is_not_allowed_gets_no_account(self, house: House, address: str) -> None:
        async with house.accounts(settings_for(address, allowed_emails=["*@example.org"])) as accounts:
            with pytest.raises(PermissionDenied):
                await accounts.login_with_oauth(request())

    async def test_where_nobody_is_allowed_nobody_gets_in(self, house: House, address: str) -> None:
        async with house.accounts(settings_for(address, allowed_emails=[])) as accounts:
            with pytest.raises(PermissionDenied):
                await accounts.login_with_oauth(request())

    async def test_a_provider_that_is_not_set_up_is_told_of_as_such(self, house: House) -> None:
        async with house.accounts() as accounts:
            with pytest.raises(PermissionDenied, match="not configured"):
                await accounts.login_with_oauth(request())

    @pytest.mark.parametrize("name", ["local", "facebook", ""])
    def test_a_provider_that_s0_does_not_have_is_no_valid_request(self, name: str) -> None:
        with pytest.raises(ValidationFailed):
            request(name)

    async def test_an_account_with_a_password_is_not_taken_over(self, accounts: Accounts) -> None:
        await accounts.create_user("grace@example.com", PASSWORD, "Grace")
        with pytest.raises(Conflict):
            await accounts.login_with_oauth(request())

    async def test_an_account_of_another_provider_is_not_taken_over(
        self, accounts: Accounts, provider: StandIn
    ) -> None:
        await accounts.login_with_oauth(request("google"))
        with pytest.raises(Conflict):
            await accounts.login_with_oauth(request("microsoft"))


class TestFailingProviders:
    async def test_a_provider_that_fails_is_not_the_callers_mistake(
        self, accounts: Accounts, provider: StandIn
    ) -> None:
        provider.status, provider.refusal = 503, {}
        with pytest.raises(ServerOverload):
            await accounts.login_with_oauth(request())

    async def test_a_profile_that_fails_is_not_the_callers_mistake(
        self, accounts: Accounts, provider: StandIn
    ) -> None:
        provider.status = 500
        with pytest.raises(ServerOverload):
            await accounts.login_with_oauth(request())

    async def test_wrong_settings_are_not_the_callers_mistake(
        self, accounts: Accounts, provider: StandIn
    ) -> None:
        provider.status, provider.refusal = 401, {"error": "invalid_client"}
        with pytest.raises(ServerOverload):
            await accounts.login_with_oauth(request())

    @pytest.mark.parametrize("profile", [[], "text", 5, None])
    async def test_a_profile_of_another_form_is_not_the_callers_mistake(
        self, accounts: Accounts, provider: StandIn, profile: Any
    ) -> None:
        provider.profile = profile
        with pytest.raises(ServerOverload):
            await accounts.login_with_oauth(request())

    async def test_a_profile_without_end_is_not_read(self, accounts: Accounts, provider: StandIn) -> None:
        provider.profile = {"email": "grace@example.com", "email_verified": True, "name": "x" * 2_000_000}
        with pytest.raises(ServerOverload):
            await accounts.login_with_oauth(request())

    async def test_a_token_that_the_profile_does_not_take_is_refused(
        self, accounts: Accounts, provider: StandIn
    ) -> None:
        provider.refusal = {"access_token": "without-the-scope", "token_type": "Bearer"}
        with pytest.raises(AuthenticationFailed):
            await accounts.login_with_oauth(request())

    async def test_a_provider_that_is_not_there_is_told_of_as_such(
        self, house: House, unused_tcp_port: int
    ) -> None:
        settings = settings_for(f"http://127.0.0.1:{unused_tcp_port}")
        async with house.accounts(settings) as accounts:
            with pytest.raises(ServerOverload):
                await accounts.login_with_oauth(request())

    async def test_a_provider_that_does_not_answer_in_time_is_told_of_as_such(
        self, accounts: Accounts, provider: StandIn
    ) -> None:
        provider.is_silent = True
        with pytest.raises(ServerOverload):
            await accounts.login_with_oauth(request())
