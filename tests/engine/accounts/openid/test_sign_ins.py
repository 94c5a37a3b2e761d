"""What providers say is checked, against a stand-in that lies as each test has it."""

from __future__ import annotations

import asyncio
import base64
import datetime
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jwt
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from roocode_server.engine.accounts.openid.issuer import OpenIdPerson, challenge_of
from roocode_server.engine.accounts.openid.refusal import SignInRefused
from roocode_server.engine.accounts.openid.sign_ins import SIGN_IN_CODE_S, SIGN_IN_S, ProviderAnswer, SignIns
from roocode_server.models.auth_settings import OpenIdSettings
from roocode_server.models.error import AuthenticationFailed
from roocode_server.models.identity import SignInRefusal
from tests.engine.accounts.conftest import TestClock

CLIENT, SECRET = "the client", "the:secret"
REDIRECT = "http://127.0.0.1/auth/company/callback"
VERIFIER = "v" * 43
SERVER_SECRETS = [b"s" * 32]


class SigningKey:
    """A key of the provider, and its public half as JWK."""

    def __init__(self, key_id: str | None = "one", *, algorithm: str = "RS256") -> None:
        self.id, self.algorithm = key_id, algorithm
        if algorithm.startswith("ES"):
            self.private: Any = ec.generate_private_key(ec.SECP256R1())
            shape: Any = jwt.algorithms.ECAlgorithm
        else:
            self.private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
            shape = jwt.algorithms.RSAAlgorithm
        jwk = shape.to_jwk(self.private.public_key(), as_dict=True)
        jwk.pop("key_ops", None)
        self.public = {**jwk, "use": "sig"} | ({} if key_id is None else {"kid": key_id})

    def sign(self, claims: dict[str, Any]) -> str:
        headers = {} if self.id is None else {"kid": self.id}
        return jwt.encode(claims, self.private, algorithm=self.algorithm, headers=headers)


ONE, OTHER = SigningKey(), SigningKey("other")


@dataclass
class Liar:
    """A provider that says what the test wants, on a loopback port."""

    url: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    without: set[str] = field(default_factory=set)
    user: Any = None
    token: Any = None
    """The ID token; else one that is made of the claims."""
    key: SigningKey = ONE
    published: list[Any] = field(default_factory=lambda: [ONE.public])
    refusal: dict[str, str] | None = None
    status: int = 200
    redirects: str = ""
    is_silent: bool = False
    nonce: str = ""
    asked: list[tuple[str, dict[str, str], str]] = field(default_factory=list)

    async def discovery(self, request: web.Request) -> web.Response:
        await self._note(request)
        if self.redirects:
            raise web.HTTPFound(self.redirects)
        document = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize?tenant=a",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "userinfo_endpoint": f"{self.url}/user",
            **self.metadata,
        }
        return web.json_response({name: said for name, said in document.items() if said is not None})

    async def keys(self, request: web.Request) -> web.Response:
        await self._note(request)
        return web.json_response({"keys": self.published})

    async def exchange(self, request: web.Request) -> web.Response:
        await self._note(request)
        if self.is_silent:
            await asyncio.Event().wait()
        if self.refusal is not None:
            return web.json_response(self.refusal, status=400)
        token = self.key.sign(self.said()) if self.token is None else self.token
        answer = {"access_token": "access", "token_type": "Bearer", "id_token": token}
        return web.json_response(answer, status=self.status)

    async def about(self, request: web.Request) -> web.Response:
        await self._note(request)
        return web.json_response(self.user)

    def said(self) -> dict[str, Any]:
        moment = int(time.time())
        claims = {
            "iss": self.url,
            "sub": "ada",
            "aud": CLIENT,
            "exp": moment + 300,
            "iat": moment,
            "nonce": self.nonce,
            "email": "ada@example.com",
            "email_verified": True,
            "name": "Ada",
            **self.claims,
        }
        return {name: said for name, said in claims.items() if name not in self.without}

    async def _note(self, request: web.Request) -> None:
        form = {name: str(content) for name, content in (await request.post()).items()}
        self.asked.append((request.path, form, request.headers.get("Authorization", "")))

    def paths(self) -> list[str]:
        return [path for path, _, _ in self.asked]

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/.well-known/openid-configuration", self.discovery)
        app.router.add_get("/keys", self.keys)
        app.router.add_post("/token", self.exchange)
        app.router.add_get("/user", self.about)
        return app


@pytest.fixture
async def liar() -> AsyncIterator[Liar]:
    liar = Liar()
    async with TestServer(liar.app(), host="127.0.0.1") as server:
        liar.url = str(server.make_url("")).rstrip("/")
        yield liar


def sign_ins_at(issuer: str, clock: TestClock, **more: Any) -> SignIns:
    provider = {"issuer": issuer, "client_id": CLIENT, "client_secret": SECRET, **more}
    settings = OpenIdSettings.load_plain({"timeout_s": 1, "providers": {"company": provider}})
    return SignIns(settings, SERVER_SECRETS, clock=clock)


@pytest.fixture
def sign_ins(liar: Liar, clock: TestClock) -> SignIns:
    return sign_ins_at(liar.url, clock)


async def started(sign_ins: SignIns, liar: Liar) -> tuple[str, str]:
    """A sign-in that the liar knows of: its sealed cookie and its state."""
    start = await sign_ins.start("company", REDIRECT, next="/", challenge=challenge_of(VERIFIER))
    asked = dict(parse_qsl(urlsplit(start.url).query))
    liar.nonce = asked["nonce"]
    return start.sealed, asked["state"]


async def signed_in(sign_ins: SignIns, liar: Liar) -> OpenIdPerson:
    """Who it is after a whole sign-in."""
    sealed, state = await started(sign_ins, liar)
    ended = await sign_ins.end("company", sealed, ProviderAnswer(state=state, code="code"))
    return sign_ins.redeem("company", ended.code, VERIFIER)


async def refused(sign_ins: SignIns, liar: Liar) -> SignInRefusal:
    """Why a sign-in comes to nothing."""
    with pytest.raises(SignInRefused) as refusal:
        await signed_in(sign_ins, liar)
    return refusal.value.reason


class TestWhoItIs:
    async def test_the_id_token_says_it(self, sign_ins: SignIns, liar: Liar) -> None:
        assert await signed_in(sign_ins, liar) == OpenIdPerson(
            issuer=liar.url, subject="ada", email="ada@example.com", name="Ada"
        )
        assert "/user" not in liar.paths()

    async def test_what_the_id_token_leaves_out_is_asked_for(self, sign_ins: SignIns, liar: Liar) -> None:
        liar.without = {"email", "email_verified", "name"}
        liar.user = {"sub": "ada", "email": "ada@example.com", "email_verified": True, "name": "Ada"}
        assert (await signed_in(sign_ins, liar)).email == "ada@example.com"
        assert ("/user", {}, "Bearer access") in liar.asked

    async def test_what_is_told_of_somebody_else_is_not_taken(self, sign_ins: SignIns, liar: Liar) -> None:
        liar.without = {"email"}
        liar.user = {"sub": "eve", "email": "ada@example.com", "email_verified": True}
        assert await refused(sign_ins, liar) is SignInRefusal.UNTRUSTED

    @pytest.mark.parametrize(
        "claims",
        [
            {"email_verified": False},
            {"email_verified": "true"},
            {"email_verified": None},
            {"email": "no address"},
            {"email": ["ada@example.com"]},
        ],
    )
    async def test_an_address_that_is_not_verified_is_none(
        self, sign_ins: SignIns, liar: Liar, claims: dict[str, Any]
    ) -> None:
        liar.claims = claims
        assert (await signed_in(sign_ins, liar)).email is None

    @pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256"])
    async def test_a_signature_by_the_providers_key_is_taken(
        self, sign_ins: SignIns, liar: Liar, algorithm: str
    ) -> None:
        liar.key = SigningKey(algorithm=algorithm)
        liar.published = ["nonsense", {"kty": "none"}, OTHER.public, liar.key.public]
        assert (await signed_in(sign_ins, liar)).subject == "ada"

    async def test_keys_without_names_are_tried(self, sign_ins: SignIns, liar: Liar) -> None:
        liar.key = SigningKey(None)
        liar.published = [SigningKey(None).public, liar.key.public]
        assert (await signed_in(sign_ins, liar)).subject == "ada"

    @pytest.mark.parametrize("key_id", ["other", None])
    async def test_keys_that_have_changed_are_read_anew(
        self, sign_ins: SignIns, liar: Liar, key_id: str | None
    ) -> None:
        liar.key = SigningKey(None if key_id is None else "one")
        liar.published = [liar.key.public]
        await signed_in(sign_ins, liar)
        await signed_in(sign_ins, liar)
        assert liar.paths().count("/keys") == 1
        liar.key = SigningKey(key_id)
        liar.published = [liar.key.public]
        await signed_in(sign_ins, liar)
        assert liar.paths().count("/keys") == 2


class TestIdTokens:
    @pytest.mark.parametrize(
        "claims",
        [
            {"nonce": "of another sign-in"},
            {"nonce": 5},
            {"aud": "another client"},
            {"aud": ["another client"]},
            {"aud": [CLIENT, "another client"]},
            {"aud": [CLIENT, "another client"], "azp": "another client"},
            {"azp": "another client"},
            {"iss": "https://evil.example"},
            {"exp": 1_000_000_000},
            {"iat": 4_000_000_000},
            {"nbf": 4_000_000_000},
            {"sub": ""},
            {"sub": "x" * 256},
            {"sub": 5},
        ],
        ids=str,
    )
    async def test_a_token_with_a_wrong_claim_is_refused(
        self, sign_ins: SignIns, liar: Liar, claims: dict[str, Any]
    ) -> None:
        liar.claims = claims
        assert await refused(sign_ins, liar) is SignInRefusal.UNTRUSTED

    @pytest.mark.parametrize("name", ["nonce", "aud", "iss", "exp", "iat", "sub"])
    async def test_a_token_without_a_claim_is_refused(self, sign_ins: SignIns, liar: Liar, name: str) -> None:
        liar.without = {name}
        assert await refused(sign_ins, liar) is SignInRefusal.UNTRUSTED

    async def test_a_token_for_several_is_taken_if_it_was_given_to_this_one(
        self, sign_ins: SignIns, liar: Liar
    ) -> None:
        liar.claims = {"aud": ["another client", CLIENT], "azp": CLIENT}
        assert (await signed_in(sign_ins, liar)).subject == "ada"

    @pytest.mark.parametrize("algorithm", ["none", "None", "HS256", "HS512", "RS1", None, 5])
    async def test_a_token_that_proves_nothing_is_refused(
        self, sign_ins: SignIns, liar: Liar, algorithm: Any
    ) -> None:
        sealed, state = await started(sign_ins, liar)
        if algorithm in ("HS256", "HS512"):
            liar.token = jwt.encode(liar.said(), SECRET.ljust(64, "."), algorithm, headers={"kid": "one"})
        else:
            parts = ({"alg": algorithm, "kid": "one"}, liar.said())
            encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts]
            liar.token = b".".join([*encoded, b""]).decode()
        with pytest.raises(SignInRefused) as refusal:
            await sign_ins.end("company", sealed, ProviderAnswer(state=state, code="code"))
        assert refusal.value.reason is SignInRefusal.UNTRUSTED

    async def test_a_public_key_is_no_shared_secret(self, sign_ins: SignIns, liar: Liar) -> None:
        secret = base64.urlsafe_b64encode(b"k" * 32).decode().rstrip("=")
        liar.published = [{"kty": "oct", "k": secret, "kid": "one"}]
        sealed, state = await started(sign_ins, liar)
        liar.token = jwt.encode(liar.said(), b"k" * 32, "HS256", headers={"kid": "one"})
        with pytest.raises(SignInRefused) as refusal:
            await sign_ins.end("company", sealed, ProviderAnswer(state=state, code="code"))
        assert refusal.value.reason is SignInRefusal.UNTRUSTED

    async def test_a_signature_by_somebody_else_is_refused(self, sign_ins: SignIns, liar: Liar) -> None:
        liar.key = SigningKey("one")
        assert await refused(sign_ins, liar) is SignInRefusal.UNTRUSTED

    async def test_a_key_for_encryption_signs_nothing(self, sign_ins: SignIns, liar: Liar) -> None:
        liar.published = [{**ONE.public, "use": "enc"}]
        assert await refused(sign_ins, liar) is SignInRefusal.UNTRUSTED

    async def test_an_algorithm_that_the_provider_does_not_use_is_refused(
        self, sign_ins: SignIns, liar: Liar
    ) -> None:
        liar.metadata = {"id_token_signing_alg_values_supported": ["ES256"]}
        assert await refused(sign_ins, liar) is SignInRefusal.UNTRUSTED

    @pytest.mark.parametrize("token", ["", "x", "x.y.z", "."])
    async def test_what_is_no_token_is_refused(self, sign_ins: SignIns, liar: Liar, token: str) -> None:
        liar.token = token
        assert await refused(sign_ins, liar) is SignInRefusal.UNTRUSTED


class TestTheClient:
    async def test_it_proves_itself_in_the_header(self, sign_ins: SignIns, liar: Liar) -> None:
        await signed_in(sign_ins, liar)
        [(form, header)] = [(form, header) for path, form, header in liar.asked if path == "/token"]
        assert header == f"Basic {base64.b64encode(b'the+client:the%3Asecret').decode()}"
        assert "client_secret" not in form
        assert (form["grant_type"], form["code"], form["redirect_uri"]) == (
            "authorization_code",
            "code",
            REDIRECT,
        )
        assert len(form["code_verifier"]) == 64

    async def test_it_proves_itself_in_the_form_where_that_is_the_only_way(
        self, sign_ins: SignIns, liar: Liar
    ) -> None:
        liar.metadata = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
        await signed_in(sign_ins, liar)
        [(form, header)] = [(form, header) for path, form, header in liar.asked if path == "/token"]
        assert (form["client_id"], form["client_secret"], header) == (CLIENT, SECRET, "")

    async def test_without_a_secret_it_names_itself(self, liar: Liar, clock: TestClock) -> None:
        await signed_in(sign_ins_at(liar.url, clock, client_secret=""), liar)
        [(form, header)] = [(form, header) for path, form, header in liar.asked if path == "/token"]
        assert (form["client_id"], "client_secret" in form, header) == (CLIENT, False, "")


class TestProvidersThatCannotBeUsed:
    @pytest.mark.parametrize(
        "metadata",
        [
            {"issuer": "https://evil.example"},
            {"issuer": None},
            {"authorization_endpoint": None},
            {"token_endpoint": "ftp://127.0.0.1/token"},
            {"token_endpoint": "http:///token"},
            {"jwks_uri": 5},
            {"userinfo_endpoint": "javascript:x"},
            {"code_challenge_methods_supported": ["plain"]},
            {"issuer": "x" * 2_000_000},
        ],
        ids=lambda metadata: next(iter(metadata)),
    )
    async def test_metadata_that_does_not_do(
        self, sign_ins: SignIns, liar: Liar, metadata: dict[str, Any]
    ) -> None:
        liar.metadata = metadata
        assert await refused(sign_ins, liar) is SignInRefusal.UNAVAILABLE
        assert liar.paths() == ["/.well-known/openid-configuration"]

    async def test_a_redirect_is_not_followed(self, sign_ins: SignIns, liar: Liar) -> None:
        liar.redirects = f"{liar.url}/user"
        liar.user = {}
        assert await refused(sign_ins, liar) is SignInRefusal.UNAVAILABLE
        assert "/user" not in liar.paths()

    async def test_another_host_that_it_names_has_to_be_public(self, sign_ins: SignIns, liar: Liar) -> None:
        liar.metadata = {"token_endpoint": liar.url.replace("127.0.0.1", "localhost") + "/token"}
        assert await refused(sign_ins, liar) is SignInRefusal.UNAVAILABLE
        assert "/token" not in liar.paths()

    async def test_one_that_is_silent(self, sign_ins: SignIns, liar: Liar) -> None:
        liar.is_silent = True
        assert await refused(sign_ins, liar) is SignInRefusal.UNAVAILABLE

    async def test_one_that_fails(self, sign_ins: SignIns, liar: Liar) -> None:
        liar.status = 500
        assert await refused(sign_ins, liar) is SignInRefusal.UNAVAILABLE

    async def test_one_that_does_not_know_this_client(self, sign_ins: SignIns, liar: Liar) -> None:
        liar.refusal = {"error": "invalid_client"}
        assert await refused(sign_ins, liar) is SignInRefusal.UNAVAILABLE

    async def test_one_that_gives_no_id_token(self, sign_ins: SignIns, liar: Liar) -> None:
        liar.token = 5
        assert await refused(sign_ins, liar) is SignInRefusal.UNAVAILABLE

    async def test_one_that_has_mended_itself_is_used_again(self, sign_ins: SignIns, liar: Liar) -> None:
        liar.metadata = {"issuer": None}
        assert await refused(sign_ins, liar) is SignInRefusal.UNAVAILABLE
        liar.metadata = {}
        assert (await signed_in(sign_ins, liar)).subject == "ada"


class TestAnswers:
    @pytest.mark.parametrize(
        ("error", "reason"),
        [
            ("access_denied", SignInRefusal.DENIED),
            ("server_error", SignInRefusal.UNAVAILABLE),
            ("x" * 5000, SignInRefusal.UNAVAILABLE),
        ],
        ids=["access_denied", "server_error", "long"],
    )
    async def test_an_error_of_the_provider_has_its_reason(
        self, sign_ins: SignIns, liar: Liar, error: str, reason: SignInRefusal
    ) -> None:
        sealed, state = await started(sign_ins, liar)
        with pytest.raises(SignInRefused) as refusal:
            await sign_ins.end("company", sealed, ProviderAnswer(state=state, error=error))
        assert refusal.value.reason is reason
        assert len(refusal.value.detail) < 300

    async def test_an_error_of_the_provider_spends_the_state(self, sign_ins: SignIns, liar: Liar) -> None:
        sealed, state = await started(sign_ins, liar)
        with pytest.raises(SignInRefused):
            await sign_ins.end("company", sealed, ProviderAnswer(state=state, error="access_denied"))
        with pytest.raises(SignInRefused, match="ended before"):
            await sign_ins.end("company", sealed, ProviderAnswer(state=state, code="code"))

    @pytest.mark.parametrize("code", [None, "", "x" * 5000], ids=["none", "empty", "long"])
    async def test_an_answer_without_a_code(self, sign_ins: SignIns, liar: Liar, code: str | None) -> None:
        sealed, state = await started(sign_ins, liar)
        with pytest.raises(SignInRefused, match="no code"):
            await sign_ins.end("company", sealed, ProviderAnswer(state=state, code=code))
        assert "/token" not in liar.paths()

    async def test_a_sign_in_that_took_too_long(
        self, sign_ins: SignIns, liar: Liar, clock: TestClock
    ) -> None:
        sealed, state = await started(sign_ins, liar)
        clock.advance(SIGN_IN_S)
        with pytest.raises(SignInRefused, match="too long"):
            await sign_ins.end("company", sealed, ProviderAnswer(state=state, code="code"))

    async def test_a_sign_in_at_another_provider(self, liar: Liar, clock: TestClock) -> None:
        provider = {"issuer": liar.url, "client_id": CLIENT}
        settings = OpenIdSettings.load_plain({"providers": {"company": provider, "other": provider}})
        sign_ins = SignIns(settings, SERVER_SECRETS, clock=clock)
        sealed, state = await started(sign_ins, liar)
        with pytest.raises(SignInRefused, match="started at company"):
            await sign_ins.end("other", sealed, ProviderAnswer(state=state, code="code"))

    async def test_a_cookie_of_another_server(self, sign_ins: SignIns, liar: Liar, clock: TestClock) -> None:
        settings = OpenIdSettings.load_plain(
            {"providers": {"company": {"issuer": liar.url, "client_id": CLIENT}}}
        )
        sealed, state = await started(SignIns(settings, [b"t" * 32], clock=clock), liar)
        with pytest.raises(SignInRefused, match="state"):
            await sign_ins.end("company", sealed, ProviderAnswer(state=state, code="code"))

    async def test_a_code_is_good_for_a_short_time_only(
        self, sign_ins: SignIns, liar: Liar, clock: TestClock
    ) -> None:
        sealed, state = await started(sign_ins, liar)
        ended = await sign_ins.end("company", sealed, ProviderAnswer(state=state, code="code"))
        clock.advance(datetime.timedelta(seconds=SIGN_IN_CODE_S).total_seconds())
        with pytest.raises(AuthenticationFailed):
            sign_ins.redeem("company", ended.code, VERIFIER)

    @pytest.mark.parametrize(("provider", "verifier"), [("other", VERIFIER), ("company", "w" * 43)])
    async def test_a_code_is_good_for_its_provider_and_verifier(
        self, sign_ins: SignIns, liar: Liar, provider: str, verifier: str
    ) -> None:
        sealed, state = await started(sign_ins, liar)
        ended = await sign_ins.end("company", sealed, ProviderAnswer(state=state, code="code"))
        with pytest.raises(AuthenticationFailed):
            sign_ins.redeem(provider, ended.code, verifier)
