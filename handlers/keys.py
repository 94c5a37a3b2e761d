"""Operations on the caller's own API keys. Source: S0, "Authentication Methods"."""

from __future__ import annotations

from roocode_server.engine.idempotency.receipts import Receipt
from roocode_server.handlers.operation import Handlers, operation
from roocode_server.models.account import KeyCreate, KeyList, KeyMade, KeyRef, Keys, KeyShown
from roocode_server.models.credential import ApiKey
from roocode_server.models.error import Conflict, NotFound, PermissionDenied
from roocode_server.models.user import Caller, Permission


class KeyHandlers(Handlers, namespace="/keys"):
    """`key.*`: the caller's own API keys."""

    @operation("key.list", rest="GET /api/v1/keys", permission=Permission.ACCOUNT_READ)
    async def list(self, caller: Caller, request: KeyList) -> Keys:
        """List your own API keys, oldest first, without revoked ones. No key is shown in full."""
        return Keys(keys=await self.engine.accounts.own.keys(caller.user_id))

    @operation(
        "key.create",
        rest="POST /api/v1/keys",
        status=201,
        made="/api/v1/keys",
        permission=Permission.ACCOUNT_WRITE,
        errors=(Conflict, PermissionDenied),
    )
    async def create(self, caller: Caller, request: KeyCreate, receipt: Receipt) -> KeyMade:
        """Create an API key, which acts as you within its scopes. `secret` is not shown again.

        A key that is created with a key has no more than that one.
        """
        limits = self.engine.rates.of_new_key(caller, request.limits)

        def answer(created: tuple[ApiKey, str]) -> KeyMade:
            key, secret = created
            return KeyMade(key=key, secret=secret)

        return answer(
            await self.engine.accounts.own.create_key(
                caller, request, limits=limits, on_created=receipt.of(answer)
            )
        )

    @operation(
        "key.revoke",
        rest="DELETE /api/v1/keys/{keyId}",
        permission=Permission.ACCOUNT_WRITE,
        errors=(NotFound,),
    )
    async def revoke(self, caller: Caller, request: KeyRef) -> KeyShown:
        """Revoke one of your own API keys. Connections that it has opened end."""
        return KeyShown(key=await self.engine.accounts.own.revoke_key(caller.user_id, request.key_id))
