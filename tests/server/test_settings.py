"""Settings: the file lists all of them, the environment takes precedence, and mistakes are named."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from roocode_server.models.auth_settings import OpenIdProviderSettings
from roocode_server.models.settings import LogLevel, Settings
from roocode_server.models.shape import PlainSchema, schema_of
from roocode_server.server.settings import SettingsMistake, load_settings
from tests.support.server import PROJECT

CONFIG = PROJECT / "config.yaml"


def plain() -> dict[str, Any]:
    """The defaults, as a file would say them."""
    dumped: dict[str, Any] = schema_of(Settings, PlainSchema).dump(Settings())
    return dumped


def leaves(tree: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, content in tree.items():
        if isinstance(content, Mapping) and content:
            yield from leaves(content, f"{above}{name}.")
        else:
            yield f"{above}{name}", content


def test_the_file_says_every_setting_with_its_default() -> None:
    written = {
        name: content for name, content in leaves(yaml.safe_load(CONFIG.read_text())) if content is not None
    }
    assert written == dict(leaves(plain()))
    assert load_settings(CONFIG, environment={}) == Settings()


def test_every_setting_in_the_file_has_a_comment() -> None:
    for line in CONFIG.read_text().splitlines():
        is_setting = re.match(r"\s+\w+: *[^\s#]", line)
        assert not is_setting or " # " in line, line


@pytest.mark.parametrize(("name", "default"), list(leaves(plain())))
def test_every_setting_is_documented_with_its_default(name: str, default: object) -> None:
    text = (PROJECT / "docs" / "configuration.md").read_text()
    rows = dict(re.findall(r"^\| `([\w.*]+)` \| `([^`]*)` \|", text, re.MULTILINE))
    shown = name if name in rows else re.sub(r"\.(google|github|microsoft)\.", ".*.", name)
    assert shown in rows, f"docs/configuration.md has no row that begins with | `{name}` | `{default}` |"
    assert yaml.safe_load(rows[shown]) == default


@pytest.mark.parametrize("name", OpenIdProviderSettings.schema().fields)
def test_every_setting_of_a_sign_in_provider_is_documented(name: str) -> None:
    assert f"`auth.oidc.providers.*.{name}`" in (PROJECT / "docs" / "configuration.md").read_text()


def test_the_environment_beats_the_file(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("server: {host: 127.0.0.2, ports: [1]}\nlogging: {level: error}")
    settings = load_settings(
        file, environment={"ROOCODE_SERVER__PORTS": "[3000, 0]", "ROOCODE_LOGGING__LEVEL": "debug"}
    )
    assert settings.server.ports == [3000, 0]
    assert settings.server.host == "127.0.0.2"
    assert settings.logging.level is LogLevel.DEBUG


def test_the_command_line_beats_both() -> None:
    settings = load_settings(
        None, environment={"ROOCODE_SERVER__HOST": "127.0.0.2"}, overrides={"server": {"host": "::1"}}
    )
    assert settings.server.host == "::1"


def test_a_sign_in_providers_secret_comes_from_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("auth: {oidc: {providers: {company: {issuer: 'https://id.example', client_id: abc}}}}")
    secret = {"ROOCODE_AUTH__OIDC__PROVIDERS__COMPANY__CLIENT_SECRET": "hidden"}
    [provider] = load_settings(file, environment=secret).auth.oidc.providers.values()
    assert (provider.issuer, provider.client_secret) == ("https://id.example", "hidden")
    assert "hidden" not in repr(provider)


def test_nested_settings_come_from_the_environment_too() -> None:
    settings = load_settings(None, environment={"ROOCODE_AUTH__OAUTH__GITHUB__CLIENT_ID": "abc"})
    assert settings.auth.oauth.github.client_id == "abc"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("server: {prots: [1]}", "server.prots"),
        ("serve: {}", "serve"),
        ("server: {ports: 3000}", "server.ports: Not a valid list. A list is written [3000]."),
        ("server: {port: [3000]}", "server.port: Unknown field. Is `ports` meant?"),
        ("serve: {}", "serve: Unknown field. Is `server` meant?"),
        ("server: {colour: red}", "server.colour: Unknown field."),
        ("server: {ports: {first: 3000}}", "server.ports: Not a valid list."),
        ("server: {host: {port: 3000}, data_dir: {a: {b: 1}}}", "server.host"),
        ("server: {ports: []}", "server.ports: Expected 1 to 16 ports."),
        (
            "server: {ports: [3000, 99999]}",
            "server.ports: Expected ports from 0 (any that is free) to 65535, not 99999.",
        ),
        ("server: {ports: [-1]}", "server.ports"),
        ("agent: {max_iterations: many}", "agent.max_iterations"),
        ("agent: {max_iterations: 0}", "agent.max_iterations"),
        ("runtime: {kind: chroot}", "runtime.kind"),
        ("server: {public_url: example.org/agents}", "server.public_url"),
        ("server: {public_url: 'localhost:3000'}", "server.public_url"),
        ("server: {public_url: 'https://example.org/?a=b'}", "server.public_url"),
        ("server: {trusted_proxies: [proxy.example]}", "server.trusted_proxies"),
        ("limits: {connections: 0}", "limits.connections"),
        ("server: {allowed_origins: [dashboard.example]}", "server.allowed_origins"),
        ("server: {allowed_origins: ['https://dashboard.example/path']}", "server.allowed_origins"),
        ("providers: {openai: {base_url: 'models.example:8080/v1'}}", "providers.openai.base_url"),
        ("providers: {ollama: {base_url: '127.0.0.1:11434'}}", "providers.ollama.base_url"),
        ("auth: {oauth: {github: {token_url: 'http://example.com'}}}", "auth.oauth.github.token_url"),
        ("auth: {mode: open}\nserver: {host: 0.0.0.0}", "auth.mode"),
    ],
)
def test_a_mistake_in_the_file_is_named(tmp_path: Path, text: str, named: str) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(text)
    with pytest.raises(SettingsMistake) as mistake:
        load_settings(file, environment={})
    assert named in str(mistake.value)


@pytest.mark.parametrize(
    "text",
    [
        "server: {public_url: 'https://example.org/agents/', allowed_origins: ['*', 'http://localhost:5173']}",
        "providers: {openai: {base_url: 'http://127.0.0.1:8080/v1'}}",
    ],
)
def test_addresses_with_their_scheme_are_taken(tmp_path: Path, text: str) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(text)
    assert load_settings(file, environment={}) != load_settings(None, environment={})


@pytest.mark.parametrize(
    ("name", "wrong", "told"),
    [
        ("company", {"issuer": "http://id.example"}, "issuer"),
        ("company", {"issuer": "https://id.example/?a=b"}, "issuer"),
        ("company", {"issuer": "https://me@id.example"}, "issuer"),
        ("company", {"client_id": ""}, "client_id"),
        ("company", {"scopes": ["email"]}, "scopes"),
        ("company", {"roles": ["owner"]}, "roles"),
        ("company", {"roles": []}, "roles"),
        ("My company", {}, "My company"),
    ],
)
def test_a_mistake_in_a_sign_in_provider_is_named(
    tmp_path: Path, name: str, wrong: dict[str, Any], told: str
) -> None:
    provider = {"issuer": "https://id.example", "client_id": "abc", **wrong}
    file = tmp_path / "config.yaml"
    file.write_text(yaml.safe_dump({"auth": {"oidc": {"providers": {name: provider}}}}))
    with pytest.raises(SettingsMistake) as mistake:
        load_settings(file, environment={})
    assert "auth.oidc.providers" in str(mistake.value)
    assert told in str(mistake.value)


def test_all_mistakes_are_said_at_once(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("server: {prots: [1]}\nagent: {max_iterations: many}")
    with pytest.raises(SettingsMistake) as mistake:
        load_settings(file, environment={})
    assert "server.prots" in str(mistake.value)
    assert "agent.max_iterations" in str(mistake.value)


@pytest.mark.parametrize(
    ("name", "content", "setting"),
    [
        ("ROOCODE_SERVER__PROTS", "[1]", "server.prots"),
        ("ROOCODE_SERVER__PORTS", "many", "server.ports"),
        ("ROOCODE_NONE__HOST", "x", "none"),
    ],
)
def test_a_mistake_in_the_environment_is_named(name: str, content: str, setting: str) -> None:
    with pytest.raises(SettingsMistake) as mistake:
        load_settings(None, environment={name: content})
    assert re.search(rf"\b{re.escape(setting)}\b", str(mistake.value))


@pytest.mark.parametrize("text", ["[", "- a\n- b", "\x00"])
def test_a_file_that_is_no_configuration(tmp_path: Path, text: str) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(text)
    with pytest.raises(SettingsMistake):
        load_settings(file, environment={})
