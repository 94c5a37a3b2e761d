"""What a session's configuration holds that nobody is shown: values of environments and headers."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Final

from roocode_server.models.error import InvalidField
from roocode_server.models.mcp import McpServer
from roocode_server.models.session import AcpAgent, SessionConfig
from roocode_server.models.shape import Shape, value

HIDDEN: Final = "********"
"""Stands for a secret in a configuration; in a change it means the secret that is stored."""


@value
class ServerSecrets(Shape):
    """Those of one MCP server, by their names."""

    env: dict[str, str] = field(default_factory=dict, repr=False)
    headers: dict[str, str] = field(default_factory=dict, repr=False)


@value
class SessionSecrets(Shape):
    """All secrets of a session: those of its MCP servers and of its agent program's environment."""

    mcp_servers: dict[str, ServerSecrets] = field(default_factory=dict)
    acp: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def are_none(self) -> bool:
        """Whether there is none."""
        return not (self.acp or self.mcp_servers)


NO_SECRETS: Final = SessionSecrets()

HOLD_SECRETS: Final = ("mcp_servers", "agent")
"""The fields of a configuration in which they stand."""

_Values = Callable[[str, Mapping[str, str]], dict[str, str]]
"""From a place in the configuration (`mcpServers.<name>.env`) and what is there to what replaces it."""


def are_in(config: SessionConfig) -> bool:
    """Whether a configuration has anything that is kept secret."""
    acp, servers = config.agent.acp, config.mcp_servers.values()
    return bool(acp and acp.environment) or any(each.env or each.headers for each in servers)


def secrets_of(config: SessionConfig) -> SessionSecrets:
    """The secrets of a configuration that has them in clear."""
    servers = {
        name: ServerSecrets(env=server.env, headers=server.headers)
        for name, server in config.mcp_servers.items()
        if server.env or server.headers
    }
    acp = config.agent.acp
    return SessionSecrets(mcp_servers=servers, acp={} if acp is None else acp.environment)


def hidden(config: SessionConfig) -> SessionConfig:
    """The configuration as it is stored and shown: `HIDDEN` in place of each secret."""
    return _replaced(config, lambda place, values: dict.fromkeys(values, HIDDEN))


def without_secrets(config: SessionConfig) -> SessionConfig:
    """The configuration without its secrets and their names."""
    return _replaced(config, lambda place, values: {})


def revealed(config: SessionConfig, secrets: SessionSecrets) -> SessionConfig:
    """The configuration with its secrets in clear; what has none is left as it is."""
    known = _by_place(secrets)

    def values(place: str, shown: Mapping[str, str]) -> dict[str, str]:
        return {**shown, **{name: text for name, text in known.get(place, {}).items() if name in shown}}

    return _replaced(config, values)


def settled(config: SessionConfig, before: SessionConfig, secrets: SessionSecrets) -> SessionConfig:
    """A changed configuration with the stored secret in each place that says `HIDDEN`.

    Stored headers go to the address only that they were given for.

    Raises: InvalidField, where no secret is stored that could stay.
    """
    known = _by_place(secrets)
    for name, server in config.mcp_servers.items():
        former = before.mcp_servers.get(name)
        if former is None or former.url != server.url:
            known.pop(f"mcpServers.{name}.headers", None)

    def values(place: str, wanted: Mapping[str, str]) -> dict[str, str]:
        stored, found = known.get(place, {}), dict(wanted)
        for name, text in wanted.items():
            if text == HIDDEN:
                if name not in stored:
                    raise InvalidField(f"config.{place}.{name}", "Give its value: none is stored.")
                found[name] = stored[name]
        return found

    return _replaced(config, values)


def _by_place(secrets: SessionSecrets) -> dict[str, Mapping[str, str]]:
    found: dict[str, Mapping[str, str]] = {"agent.acp.environment": secrets.acp}
    for name, server in secrets.mcp_servers.items():
        found[f"mcpServers.{name}.env"] = server.env
        found[f"mcpServers.{name}.headers"] = server.headers
    return found


def _replaced(config: SessionConfig, values: _Values) -> SessionConfig:
    def server(name: str, each: McpServer) -> McpServer:
        if not (each.env or each.headers):
            return each
        place = f"mcpServers.{name}"
        return dataclasses.replace(
            each,
            env=values(f"{place}.env", each.env),
            headers=values(f"{place}.headers", each.headers),
        )

    def program(acp: AcpAgent) -> AcpAgent:
        return dataclasses.replace(acp, environment=values("agent.acp.environment", acp.environment))

    acp = config.agent.acp
    return dataclasses.replace(
        config,
        mcp_servers={name: server(name, each) for name, each in config.mcp_servers.items()},
        agent=dataclasses.replace(config.agent, acp=None if acp is None else program(acp)),
    )
