"""Notifies what is open in a session when its user's access to the session is taken away."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from roocode_server.models.error import AppError, NotFound, PermissionDenied
from roocode_server.models.identifier import SessionId, UserId
from roocode_server.models.sharing import PERMITTED, Access
from roocode_server.models.user import Caller, Permission

Ended = Callable[[AppError], None]


class AccessWatch:
    """The subscriptions and calls that rest on somebody's access to a session."""

    def __init__(self) -> None:
        self._held: defaultdict[tuple[SessionId, UserId], dict[object, tuple[Permission, Ended]]]
        self._held = defaultdict(dict)

    def follow(
        self, session_id: SessionId, caller: Caller, permission: Permission, ended: Ended
    ) -> Callable[[], None]:
        """Call `ended` once the caller no longer has this permission in the session, with what further calls
        are answered; call the returned function to stop that.
        """
        key, token = (session_id, caller.user_id), object()
        if caller.is_admin:  # whose access rests on no share
            return lambda: None
        self._held[key][token] = (permission, ended)

        def leave() -> None:
            held = self._held.get(key)
            if held is not None:
                held.pop(token, None)
                if not held:
                    del self._held[key]

        return leave

    def changed(self, session_id: SessionId, user_id: UserId, access: Access | None) -> None:
        """End what a user's new access to a session does not permit; None: they have no access any more."""
        permitted = PERMITTED[access] if access is not None else frozenset()
        for permission, ended in list(self._held.get((session_id, user_id), {}).values()):
            if permission not in permitted:
                ended(refused(session_id, permission, access))


def refused(session_id: SessionId, permission: Permission, access: Access | None) -> AppError:
    """The answer to a caller whose access to a session does not permit what they ask for."""
    if access is None:
        return NotFound("session", session_id)
    return PermissionDenied(f"In this session you are a {access.value}: this needs {permission.value}")
