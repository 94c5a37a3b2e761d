"""A sign-in that has come to nothing."""

from __future__ import annotations

from roocode_server.models.identity import SignInRefusal


class SignInRefused(Exception):
    """`reason` is told to the person in plain words; `detail` is for the log."""

    def __init__(self, reason: SignInRefusal, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


def unavailable(detail: str) -> SignInRefused:
    """The provider cannot be reached, or cannot be used as it is."""
    return SignInRefused(SignInRefusal.UNAVAILABLE, detail)


def untrusted(detail: str) -> SignInRefused:
    """What the provider (or somebody in its name) says does not prove who the person is."""
    return SignInRefused(SignInRefusal.UNTRUSTED, detail)


def expired(detail: str) -> SignInRefused:
    """The sign-in is too old, has ended before, or was started elsewhere."""
    return SignInRefused(SignInRefusal.EXPIRED, detail)
