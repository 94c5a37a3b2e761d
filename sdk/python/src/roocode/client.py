"""The asynchronous client."""

from __future__ import annotations

import os
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

from roocode import operations
from roocode.approvals import AsyncApprovals
from roocode.areas import AsyncEvents, AsyncFiles, AsyncMonitoring, AsyncSessions, AsyncWorkspace
from roocode.credentials import Credentials, FixedKey, Login
from roocode.handler import ConnectionChange, Handler
from roocode.models import RefreshAnswer, Tokens, User
from roocode.streams import SessionStreams
from roocode.tasks import AsyncTasks
from roocode.transport import Route, Transport

DEFAULT_URL: Final = "http://127.0.0.1:3000"
URL_VARIABLE: Final = "ROOCODE_URL"
KEY_VARIABLE: Final = "ROOCODE_KEY"
REFRESH: Final = Route("POST", "/api/v1/auth/refresh")


class AsyncRooCodeClient:
    """A server, as one caller sees it. Use it within one event loop, and close it (`async with`)."""

    def __init__(
        self,
        api_key: str | None = None,
        *,
        base_url: str | None = None,
        timeout_s: float = 60.0,
        retries: int = 4,
        on_connection: Handler[ConnectionChange, object] | None = None,
    ) -> None:
        """Nothing is sent yet.

        `api_key`: an API key or access token; `$ROOCODE_KEY` unless given; `login` is another way.
        `base_url`: where the server is, with its path if it has one; `$ROOCODE_URL` unless given, then port
        3000 of this machine. `timeout_s`: how long a call may take. `retries`: how often a call is repeated
        that broke off or was put off by the server, if repeating it does no harm.
        `on_connection`: called with "away" each time a connection for events is lost, and with "back" when it
        is there again; the connection is sought once the function has returned, and what it raises is raised
        to those who read events.
        """
        url = base_url or os.environ.get(URL_VARIABLE) or DEFAULT_URL
        key = api_key or os.environ.get(KEY_VARIABLE)
        transport = Transport(url, timeout_s=timeout_s, retries=retries)
        transport.on_connection = on_connection
        if key:
            transport.credentials = FixedKey(key)
        streams = SessionStreams(transport)
        self._transport = transport
        self._streams = streams
        self.approvals = AsyncApprovals(transport)
        self.rules = operations.RulesOperations(transport)
        self.usage = operations.UsageOperations(transport)
        self.audit = operations.AuditOperations(transport)
        self.auth = operations.AuthOperations(transport)
        self.checkpoints = operations.CheckpointsOperations(transport)
        self.events = AsyncEvents(transport, streams)
        self.files = AsyncFiles(transport)
        self.identities = operations.IdentitiesOperations(transport)
        self.inbox = operations.InboxOperations(transport)
        self.keys = operations.KeysOperations(transport)
        self.logins = operations.LoginsOperations(transport)
        self.logs = operations.LogsOperations(transport)
        self.mcp = operations.McpOperations(transport)
        self.models = operations.ModelsOperations(transport)
        self.modes = operations.ModesOperations(transport)
        self.monitoring = AsyncMonitoring(transport)
        self.playbooks = operations.PlaybooksOperations(transport)
        self.processes = operations.ProcessesOperations(transport)
        self.profiles = operations.ProfilesOperations(transport)
        self.search = operations.SearchOperations(transport)
        self.sessions = AsyncSessions(transport)
        self.shell = operations.ShellOperations(transport)
        self.tasks = AsyncTasks(transport, streams, self.approvals)
        self.terminals = operations.TerminalsOperations(transport)
        self.tools = operations.ToolsOperations(transport)
        self.users = operations.UsersOperations(transport)
        self.webhooks = operations.WebhooksOperations(transport)
        self.workspace = AsyncWorkspace(transport)

    @property
    def base_url(self) -> str:
        """Where the server is."""
        return self._transport.base_url

    async def login(
        self, email: str, password: str, *, on_tokens: Callable[[Tokens], object] | None = None
    ) -> User:
        """Log in with a password, and from now on call as this user; tokens are refreshed by themselves.

        `on_tokens` is called with each new pair of tokens, before it is used, so that `use_tokens` can go on
        from there in another process. It must not wait for the client. Raises: AuthenticationFailed.
        """
        answer = await self.auth.login(email, password)
        if on_tokens is not None:
            on_tokens(answer.tokens)
        await self.use_tokens(answer.tokens, on_tokens=on_tokens)
        return answer.user

    async def use_tokens(
        self, tokens: Tokens, *, on_tokens: Callable[[Tokens], object] | None = None
    ) -> None:
        """Call with the tokens of a login from now on. A refresh token works once: only one client may use
        it.
        """
        self._transport.credentials = Login(tokens, self._refreshed, on_tokens)

    async def use_credentials(self, credentials: Credentials | None) -> None:
        """Call with credentials of your own making from now on, or with none. They are asked in the client's
        event loop.
        """
        self._transport.credentials = credentials

    async def close(self) -> None:
        """End its connections, and what follows events."""
        await self.tasks._close()
        await self._streams.close()
        await self._transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        failure: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def _refreshed(self, refresh_token: str) -> Tokens:
        request = {"refreshToken": refresh_token}
        return (await self._transport.call(REFRESH, request, RefreshAnswer, is_anonymous=True)).tokens
