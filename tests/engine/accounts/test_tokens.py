from __future__ import annotations

import base64
import datetime
import json
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roocode_server.engine.accounts.signing_keys import SigningKey
from roocode_server.engine.accounts.tokens import AUDIENCE, ISSUER, KIND, AccessTokens
from roocode_server.models.error import AuthenticationFailed, TokenExpired
from roocode_server.models.identifier import LoginId, UserId
from tests.engine.accounts.conftest import TestClock

SECRET = b"s" * 32
KEYS = [SigningKey(SECRET)]
LIFETIME_S = 60


@pytest.fixture
def tokens(clock: TestClock) -> AccessTokens:
    return AccessTokens(KEYS, lifetime_s=LIFETIME_S, clock=clock)


def claims(clock: TestClock, **changes: Any) -> dict[str, Any]:
    """The claims of a good token, changed; a None leaves one out."""
    issued_at = int(clock().timestamp())
    good = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "user-1",
        "sid": "login-1",
        "iat": issued_at,
        "exp": issued_at + LIFETIME_S,
        "jti": "token-1",
        "typ": KIND,
    }
    return {name: content for name, content in (good | changes).items() if content is not None}


def segment(content: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def test_a_token_says_whose_it_is_and_until_when(tokens: AccessTokens, clock: TestClock) -> None:
    read = tokens.check(tokens.issue(UserId("user-1"), LoginId("login-1")))
    assert (read.user_id, read.login_id) == ("user-1", "login-1")
    assert (read.expires_at - clock()).total_seconds() == LIFETIME_S


def test_no_two_tokens_are_the_same(tokens: AccessTokens) -> None:
    one, other = (tokens.issue(UserId("user-1"), LoginId("login-1")) for _ in range(2))
    assert one != other


def test_a_token_made_by_hand_with_every_claim_is_accepted(tokens: AccessTokens, clock: TestClock) -> None:
    assert tokens.check(jwt.encode(claims(clock), SECRET, "HS256")).id == "token-1"


def test_a_token_lasts_until_its_last_second(tokens: AccessTokens, clock: TestClock) -> None:
    token = tokens.issue(UserId("user-1"), LoginId("login-1"))
    clock.advance(LIFETIME_S - 1)
    assert tokens.check(token).user_id == "user-1"


def test_an_expired_token_is_told_of_as_such(tokens: AccessTokens, clock: TestClock) -> None:
    token = tokens.issue(UserId("user-1"), LoginId("login-1"))
    clock.advance(LIFETIME_S)
    with pytest.raises(TokenExpired):
        tokens.check(token)


def test_a_forged_token_that_is_also_expired_is_forged(tokens: AccessTokens, clock: TestClock) -> None:
    forged = jwt.encode(claims(clock), b"o" * 32, "HS256")
    clock.advance(LIFETIME_S)
    with pytest.raises(AuthenticationFailed):
        tokens.check(forged)


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE"])
def test_an_unsigned_token_is_refused(tokens: AccessTokens, clock: TestClock, algorithm: str) -> None:
    unsigned = f"{segment({'alg': algorithm, 'typ': 'JWT'})}.{segment(claims(clock))}."
    with pytest.raises(AuthenticationFailed):
        tokens.check(unsigned)


def test_a_token_signed_with_another_key_is_refused(tokens: AccessTokens, clock: TestClock) -> None:
    with pytest.raises(AuthenticationFailed):
        tokens.check(jwt.encode(claims(clock), b"o" * 32, "HS256"))


@pytest.mark.parametrize(("algorithm", "secret"), [("HS384", b"s" * 48), ("HS512", b"s" * 64)])
def test_a_token_of_another_algorithm_is_refused(clock: TestClock, algorithm: str, secret: bytes) -> None:
    """Even with the right key."""
    tokens = AccessTokens([SigningKey(secret)], lifetime_s=LIFETIME_S, clock=clock)
    with pytest.raises(AuthenticationFailed):
        tokens.check(jwt.encode(claims(clock), secret, algorithm))


@pytest.mark.parametrize(
    "change",
    [{"aud": "another-api"}, {"iss": "another-server"}, {"typ": "refresh"}, {"sub": 7}],
    ids=lambda change: next(iter(change)),
)
def test_a_token_meant_for_something_else_is_refused(
    tokens: AccessTokens, clock: TestClock, change: dict[str, Any]
) -> None:
    # The library warns of a subject that is no text when it makes the token, not when it reads it.
    token = f"{segment({'alg': 'HS256', 'typ': 'JWT'})}.{segment(claims(clock, **change))}"
    signature = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(token.encode(), SECRET)
    with pytest.raises(AuthenticationFailed):
        tokens.check(f"{token}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}")


@pytest.mark.parametrize("missing", ["iss", "aud", "sub", "iat", "exp", "jti", "typ"])
def test_a_token_without_one_of_its_claims_is_refused(
    tokens: AccessTokens, clock: TestClock, missing: str
) -> None:
    with pytest.raises(AuthenticationFailed):
        tokens.check(jwt.encode(claims(clock, **{missing: None}), SECRET, "HS256"))


def test_an_edited_payload_is_refused(tokens: AccessTokens, clock: TestClock) -> None:
    header, _, signature = tokens.issue(UserId("user-1"), LoginId("login-1")).split(".")
    edited = segment(claims(clock, sub="user-of-somebody-else"))
    with pytest.raises(AuthenticationFailed):
        tokens.check(f"{header}.{edited}.{signature}")


@given(st.text(st.characters(max_codepoint=127), max_size=200))
def test_whatever_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(AuthenticationFailed):
        AccessTokens(KEYS, lifetime_s=LIFETIME_S).check(text)


@given(place=st.integers(min_value=0), character=st.characters(min_codepoint=33, max_codepoint=126))
def test_a_token_with_one_character_changed_is_refused(place: int, character: str) -> None:
    tokens = AccessTokens(KEYS, lifetime_s=LIFETIME_S)
    token = tokens.issue(UserId("user-1"), LoginId("login-1"))
    # The last character of a segment holds bits that mean nothing, so those are left alone.
    places = [at for at, _ in enumerate(token) if "." not in token[at : at + 2] and at < len(token) - 1]
    at = places[place % len(places)]
    changed = token[:at] + character + token[at + 1 :]
    if changed != token:
        with pytest.raises(AuthenticationFailed):
            tokens.check(changed)


class TestKeysThatWereReplaced:
    """A former key counts until the last token that it signed has expired."""

    @pytest.fixture
    def former(self, clock: TestClock) -> SigningKey:
        return SigningKey(SECRET, clock() + datetime.timedelta(seconds=LIFETIME_S))

    @pytest.fixture
    def later(self, clock: TestClock, former: SigningKey) -> AccessTokens:
        return AccessTokens([SigningKey(b"n" * 32), former], lifetime_s=LIFETIME_S, clock=clock)

    @pytest.mark.parametrize("names_its_key", [True, False])
    def test_what_it_signed_before_is_good_to_the_end(
        self, tokens: AccessTokens, later: AccessTokens, clock: TestClock, names_its_key: bool
    ) -> None:
        nameless = jwt.encode(claims(clock), SECRET, "HS256")
        token = tokens.issue(UserId("user-1"), LoginId("login-1")) if names_its_key else nameless
        clock.advance(LIFETIME_S - 1)
        assert later.check(token).user_id == "user-1"

    def test_afterwards_it_can_sign_nothing_that_counts(
        self, later: AccessTokens, clock: TestClock, former: SigningKey
    ) -> None:
        clock.advance(LIFETIME_S)
        for headers in ({"kid": former.id}, None):
            with pytest.raises(AuthenticationFailed):
                later.check(jwt.encode(claims(clock), SECRET, "HS256", headers=headers))

    def test_the_new_one_signs(self, later: AccessTokens, clock: TestClock) -> None:
        token = later.issue(UserId("user-1"), LoginId("login-1"))
        assert later.check(token).user_id == "user-1"
        alone = AccessTokens([SigningKey(b"n" * 32)], lifetime_s=LIFETIME_S, clock=clock)
        assert alone.check(token).user_id == "user-1"

    @pytest.mark.parametrize("name", ["unknown", "", 7, ["list"], {}])
    def test_a_token_that_names_no_key_of_the_server_is_refused(
        self, later: AccessTokens, clock: TestClock, name: object
    ) -> None:
        header = segment({"alg": "HS256", "typ": "JWT", "kid": name})
        signed = f"{header}.{segment(claims(clock))}"
        hmac = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
        signature = base64.urlsafe_b64encode(hmac.sign(signed.encode(), b"n" * 32)).rstrip(b"=").decode()
        with pytest.raises(AuthenticationFailed):
            later.check(f"{signed}.{signature}")
