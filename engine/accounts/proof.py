"""Password checks: limited for whoever guesses, and answered in the same words and time whatever is wrong."""

from __future__ import annotations

import asyncio
from typing import Final

from roocode_server.engine.accounts.lockout import Lockout
from roocode_server.engine.accounts.logins import Logins
from roocode_server.engine.accounts.passwords import Passwords
from roocode_server.engine.accounts.users import canonical
from roocode_server.engine.concurrency.keyed_locks import KeyedLocks
from roocode_server.engine.storage.accounts import StoredLogin
from roocode_server.models.error import AuthenticationFailed
from roocode_server.models.identifier import UserId

NO_USER: Final = UserId("")
WEIGHT_OF_LATEST: Final = 0.25


class PasswordProof:
    """Checks passwords, one at a time for each account and place.

    While a place is locked out of an account, passwords are not checked, and the refusal takes as long as a
    wrong password has recently taken.
    """

    def __init__(self, passwords: Passwords, logins: Logins, lockout: Lockout) -> None:
        self._passwords = passwords
        self._logins = logins
        self._lockout = lockout
        self._turns = KeyedLocks()
        self._usual_s = {True: 0.0, False: 0.0}

    async def check(self, email: str, stored: StoredLogin | None, password: str, source: str) -> None:
        """Raises: AuthenticationFailed, without saying what is wrong; ServerOverload."""
        account = canonical(email)
        is_known = await self._logins.knows(stored.user.id if stored else NO_USER, source)
        async with self._turns.holding((account, source)):
            is_admitted = self._lockout.admits(account, source, is_known=is_known)
            if is_admitted and await self._is_right(stored, password, is_known=is_known):
                self._lockout.succeeded(account, source)
                return
            if is_admitted:
                self._lockout.failed(account, source, is_known=is_known)
        if not is_admitted:
            await asyncio.sleep(self._usual_s[is_known])
        raise AuthenticationFailed("The e-mail address or the password is wrong")

    async def _is_right(self, stored: StoredLogin | None, password: str, *, is_known: bool) -> bool:
        verify = self._passwords.verify if is_known else self._passwords.verify_for_stranger
        loop = asyncio.get_running_loop()
        began = loop.time()
        is_right = await verify(stored.password_hash if stored else None, password)
        self._usual_s[is_known] += (loop.time() - began - self._usual_s[is_known]) * WEIGHT_OF_LATEST
        return is_right
