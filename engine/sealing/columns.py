"""Every column with sealed texts. The row's `id` owns each of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Column, Table

from roocode_server.engine.storage.tables import provider_profiles, receipts, sessions, webhooks

KEYS_OF_PROFILES: Final = "roocode keys of provider profiles"
SECRETS_OF_WEBHOOKS: Final = "roocode secrets of webhooks"
SECRETS_OF_SESSIONS: Final = "roocode secrets of sessions"
ANSWERS_OF_CREATES: Final = "roocode answers to calls that create something"


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """A column, and the purpose that its texts are sealed for."""

    table: Table
    name: str
    purpose: str

    @property
    def column(self) -> Column[str]:
        """The column itself."""
        return self.table.columns[self.name]


SEALED_COLUMNS: Final = (
    SealedColumn(provider_profiles, "encrypted_key", KEYS_OF_PROFILES),
    SealedColumn(webhooks, "sealed_secret", SECRETS_OF_WEBHOOKS),
    SealedColumn(webhooks, "sealed_former_secret", SECRETS_OF_WEBHOOKS),
    SealedColumn(sessions, "sealed_secrets", SECRETS_OF_SESSIONS),
    SealedColumn(receipts, "sealed_answer", ANSWERS_OF_CREATES),
)
