"""Signing in at a provider: from the first redirect to a code that works once.

What a sign-in needs on its way is sealed in a cookie of the browser that started it, so that strangers cannot
fill this server's memory, and no other browser can end it. It ends with a code, which is good for whoever has
the verifier of the challenge that it was started with (as in RFC 7636): a link with somebody else's code does
nothing. Source: OpenID Connect Core, 3.1; RFC 9700; RFC 9207.
"""

from __future__ import annotations

import datetime
import hmac
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import orjson
from oauthlib.oauth2 import WebApplicationClient

from roocode_server.engine.accounts.digests import digest_of, new_secret
from roocode_server.engine.accounts.openid.issuer import (
    OpenIdIssuer,
    OpenIdPerson,
    SignInSecrets,
    challenge_of,
)
from roocode_server.engine.accounts.openid.once import ShortMemory
from roocode_server.engine.accounts.openid.refusal import SignInRefused, expired, unavailable, untrusted
from roocode_server.engine.accounts.tokens import Clock
from roocode_server.engine.sealing.sealer import SealBroken, Sealer
from roocode_server.models.auth_settings import OpenIdProviderSettings, OpenIdSettings
from roocode_server.models.clock import now
from roocode_server.models.error import AuthenticationFailed, NotFound
from roocode_server.models.identity import SignInRefusal

SIGN_IN_COOKIES: Final = "roocode sign-ins"
SIGN_IN_S: Final = 600
"""How long somebody may take at the provider."""
SIGN_IN_CODE_S: Final = 120
"""How long the code is good that a sign-in ends with."""
VERIFIER_LENGTH: Final = 64
LONGEST_AUTHORIZATION_CODE: Final = 4096
DECLINED: Final = frozenset({"access_denied", "consent_required", "interaction_required", "login_required"})


@dataclass(frozen=True, slots=True, kw_only=True)
class StartedSignIn:
    """Where the browser goes, and the `sealed` cookie that it comes back with."""

    url: str
    sealed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderAnswer:
    """The parameters that the provider's answer has. Source: RFC 6749, 4.1.2; RFC 9207, 2."""

    state: str = ""
    code: str | None = None
    error: str | None = None
    issuer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedSignIn:
    """Where the browser goes on, and the code that works once."""

    next: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pending:
    """What is sealed in the cookie."""

    provider: str
    nonce: str
    verifier: str
    redirect_uri: str
    next: str
    challenge: str
    until: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _SignedIn:
    provider: str
    person: OpenIdPerson
    challenge: str


class SignIns:
    """The providers of the settings, and the sign-ins that are under way."""

    def __init__(self, settings: OpenIdSettings, secrets: Sequence[bytes], *, clock: Clock = now) -> None:
        """`secrets` seal the cookies: the first one closes, each of them opens."""
        self._issuers = {
            name: OpenIdIssuer(provider, timeout_s=settings.timeout_s)
            for name, provider in settings.providers.items()
        }
        self._seal = Sealer(secrets, SIGN_IN_COOKIES)
        self._clock = clock
        self._spent: ShortMemory[bool] = ShortMemory(lifetime_s=SIGN_IN_S, clock=clock)
        self._codes: ShortMemory[_SignedIn] = ShortMemory(lifetime_s=SIGN_IN_CODE_S, clock=clock)

    @property
    def providers(self) -> dict[str, str]:
        """The labels of the providers, by their names."""
        return {name: issuer.settings.label or name for name, issuer in self._issuers.items()}

    @property
    def issuers(self) -> Collection[str]:
        """The issuers that people can sign in with."""
        return {issuer.settings.issuer for issuer in self._issuers.values()}

    def settings_of(self, provider: str) -> OpenIdProviderSettings:
        """The settings of a provider. Raises: NotFound."""
        return self._issuer(provider).settings

    async def start(self, provider: str, redirect_uri: str, *, next: str, challenge: str) -> StartedSignIn:  # noqa: A002
        """Start a sign-in, for whoever has the verifier of `challenge`, to go on at the path `next`.

        Raises: NotFound, if there is no such provider; SignInRefused, if it cannot be used.
        """
        issuer = self._issuer(provider)
        verifier = WebApplicationClient("").create_code_verifier(VERIFIER_LENGTH)
        secrets = SignInSecrets(state=new_secret(), nonce=new_secret(), verifier=verifier)
        url = await issuer.authorization_url(redirect_uri, secrets)
        pending = _Pending(
            provider=provider,
            nonce=secrets.nonce,
            verifier=verifier,
            redirect_uri=redirect_uri,
            next=next,
            challenge=challenge,
            until=(self._clock() + datetime.timedelta(seconds=SIGN_IN_S)).timestamp(),
        )
        return StartedSignIn(url=url, sealed=self._seal.close(orjson.dumps(pending).decode(), secrets.state))

    async def end(self, provider: str, sealed: str | None, answer: ProviderAnswer) -> EndedSignIn:
        """End a sign-in by the provider's answer. It ends once, however it ends.

        Raises: NotFound, if there is no such provider; SignInRefused, with the reason.
        """
        issuer = self._issuer(provider)
        pending = self._pending(provider, sealed, answer.state)
        await issuer.check_source(answer.issuer)
        if answer.error is not None:
            raise _refusal(answer.error)
        if not answer.code or len(answer.code) > LONGEST_AUTHORIZATION_CODE:
            raise untrusted("the answer has no code")
        secrets = SignInSecrets(state=answer.state, nonce=pending.nonce, verifier=pending.verifier)
        person = await issuer.person(answer.code, pending.redirect_uri, secrets)
        code = new_secret()
        signed_in = _SignedIn(provider=provider, person=person, challenge=pending.challenge)
        self._codes.keep(digest_of(code), signed_in)
        return EndedSignIn(next=pending.next, code=code)

    def redeem(self, provider: str, code: str, verifier: str) -> OpenIdPerson:
        """The person who has signed in, by the code, which works no more.

        Raises: AuthenticationFailed, if it is not known, too old, or was used; or if this is not the verifier
        for it.
        """
        found = self._codes.take(digest_of(code))
        is_right = (
            found is not None
            and found.provider == provider
            and hmac.compare_digest(challenge_of(verifier), found.challenge)
        )
        if found is None or not is_right:
            raise AuthenticationFailed("This sign-in is not known, or has ended; sign in again")
        return found.person

    def _issuer(self, provider: str) -> OpenIdIssuer:
        issuer = self._issuers.get(provider)
        if issuer is None:
            raise NotFound("sign-in provider", provider)
        return issuer

    def _pending(self, provider: str, sealed: str | None, state: str) -> _Pending:
        """The sign-in that an answer is for, which is spent from here on. Raises: SignInRefused."""
        if sealed is None or not state:
            raise expired("this browser has started no sign-in")
        try:
            pending = _Pending(**orjson.loads(self._seal.open(sealed, state)))
        except SealBroken:
            raise expired("this browser has started another sign-in (state)") from None
        if pending.provider != provider:
            raise untrusted(f"the sign-in was started at {pending.provider}")
        if pending.until <= self._clock().timestamp():
            raise expired("the sign-in took too long")
        if state in self._spent:
            raise expired("the sign-in has ended before")
        self._spent.keep(state, content=True)
        return pending


def _refusal(error: str) -> SignInRefused:
    """The refusal for an error that the provider answers with. Source: RFC 6749, 4.1.2.1."""
    if error in DECLINED:
        return SignInRefused(SignInRefusal.DENIED, error)
    return unavailable(f"the provider answers {error[:200]!r}")
