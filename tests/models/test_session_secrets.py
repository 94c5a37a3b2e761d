"""What of a session's configuration is hidden, and which stored secret stays at a change."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from roocode_server.models.error import InvalidField
from roocode_server.models.mcp import McpServer
from roocode_server.models.session import AcpAgent, Agent, ResourceLimits, SessionConfig
from roocode_server.models.session_secrets import (
    HIDDEN,
    NO_SECRETS,
    are_in,
    hidden,
    revealed,
    secrets_of,
    settled,
)

PLAIN = SessionConfig(
    provider="auto", model="auto", mode="code", allowed_commands=["*"], resource_limits=ResourceLimits()
)
LOCAL = McpServer(command="node", env={"TOKEN": "env-secret", "LEVEL": "2"})
FAR = McpServer(url="https://one.example/mcp", headers={"Authorization": "Bearer header-secret"})
AGENT = Agent(acp=AcpAgent(command=["agent"], environment={"KEY": "acp-secret"}))
CONFIG = dataclasses.replace(PLAIN, mcp_servers={"local": LOCAL, "far": FAR}, agent=AGENT)
SHOWN = hidden(CONFIG)


def changed(**servers: McpServer) -> SessionConfig:
    return dataclasses.replace(SHOWN, mcp_servers=SHOWN.mcp_servers | servers)


def test_names_are_shown_and_values_are_not() -> None:
    assert SHOWN.mcp_servers["local"].env == {"TOKEN": HIDDEN, "LEVEL": HIDDEN}
    assert SHOWN.mcp_servers["far"].headers == {"Authorization": HIDDEN}
    assert "secret" not in str(SHOWN.dump())
    assert hidden(PLAIN) == PLAIN


def test_hidden_and_revealed_it_is_as_before() -> None:
    assert revealed(SHOWN, secrets_of(CONFIG)) == CONFIG


def test_only_a_configuration_with_values_has_secrets() -> None:
    assert not are_in(PLAIN)
    assert secrets_of(PLAIN).are_none
    assert are_in(SHOWN)


def test_what_is_sent_back_as_it_was_shown_stays() -> None:
    assert settled(SHOWN, SHOWN, secrets_of(CONFIG)) == CONFIG


def test_one_value_is_changed_and_the_others_stay() -> None:
    wanted = changed(local=dataclasses.replace(LOCAL, args=["new.js"], env={"TOKEN": "new", "LEVEL": HIDDEN}))
    after = settled(wanted, SHOWN, secrets_of(CONFIG))
    assert after.mcp_servers["local"].env == {"TOKEN": "new", "LEVEL": "2"}
    assert after.mcp_servers["far"] == FAR


@pytest.mark.parametrize(
    ("servers", "field"),
    [
        ({"other": dataclasses.replace(LOCAL, env={"TOKEN": HIDDEN})}, "mcpServers.other.env.TOKEN"),
        ({"local": dataclasses.replace(LOCAL, env={"MORE": HIDDEN})}, "mcpServers.local.env.MORE"),
        (
            {
                "far": dataclasses.replace(
                    FAR, url="https://two.example/mcp", headers={"Authorization": HIDDEN}
                )
            },
            "mcpServers.far.headers.Authorization",
        ),
    ],
    ids=["another server", "another name", "another address"],
)
def test_a_secret_goes_nowhere_but_where_it_was_meant_for(servers: dict[str, McpServer], field: str) -> None:
    with pytest.raises(InvalidField) as raised:
        settled(changed(**servers), SHOWN, secrets_of(CONFIG))
    assert raised.value.details["field"] == f"config.{field}"


def test_where_nothing_is_stored_nothing_can_stay() -> None:
    with pytest.raises(InvalidField):
        settled(SHOWN, PLAIN, NO_SECRETS)


@pytest.mark.parametrize("name", ["a.b", "a/b", "mcpServers.local.env", "é"])
def test_names_with_any_characters_are_told_apart(name: str) -> None:
    servers: dict[str, Any] = {name: LOCAL, "other": dataclasses.replace(LOCAL, env={"TOKEN": "another"})}
    config = dataclasses.replace(PLAIN, mcp_servers=servers)
    assert revealed(hidden(config), secrets_of(config)) == config
