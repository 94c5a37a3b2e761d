"""The secrets of sessions, stored sealed beside the configuration that they are left out of."""

from __future__ import annotations

import orjson

from roocode_server.engine.sealing.columns import SECRETS_OF_SESSIONS
from roocode_server.engine.sealing.keys import SealingKeys
from roocode_server.engine.sealing.sealer import SealBroken, Sealer
from roocode_server.engine.storage.database import Transaction
from roocode_server.engine.storage.sessions import SessionRepository
from roocode_server.models.cleaning import encoded
from roocode_server.models.identifier import SessionId
from roocode_server.models.session import Session, SessionConfig
from roocode_server.models.session_secrets import (
    NO_SECRETS,
    SessionSecrets,
    are_in,
    revealed,
    secrets_of,
    settled,
)


class SessionSecretStore:
    """Takes secrets out of configurations, and puts them back for the programs that need them."""

    def __init__(self, repository: SessionRepository, keys: SealingKeys) -> None:
        self._repository = repository
        self._seal = Sealer(keys.keys, SECRETS_OF_SESSIONS)

    def sealed(self, session_id: SessionId, config: SessionConfig) -> str | None:
        """The secrets of a configuration in clear, as they are stored."""
        secrets = secrets_of(config)
        return None if secrets.are_none else self._seal.close(encoded(secrets.dump()).decode(), session_id)

    async def settled(self, unit: Transaction, before: Session, config: SessionConfig) -> SessionConfig:
        """A changed configuration in clear, with the stored secrets that stay. Raises: InvalidField."""
        if not are_in(config):
            return config
        try:
            stored = self._opened(before.id, await self._repository.sealed_on(unit, before.id))
        except SealBroken:
            stored = NO_SECRETS
        return settled(config, before.config, stored)

    async def revealed(self, session: Session) -> SessionConfig:
        """The session's configuration in clear, for the programs it names. Raises: SealBroken."""
        if not are_in(session.config):
            return session.config
        return revealed(session.config, self._opened(session.id, await self._repository.sealed(session.id)))

    def _opened(self, session_id: SessionId, sealed: str | None) -> SessionSecrets:
        if sealed is None:
            return NO_SECRETS
        return SessionSecrets.load(orjson.loads(self._seal.open(sealed, session_id)))
