"""The files of deploy/: what they name is there, what they promise is in them, and programs accept them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from roocode_server.server.cli import LATE_COMMANDS
from roocode_server.server.settings import load_settings
from tests.support.server import PROJECT

DEPLOY = PROJECT / "deploy"
NEEDED_BY_JAILS = {"clone", "clone3", "unshare", "mount", "umount2", "pivot_root", "setns", "sethostname"}
AGAINST_JAILS = {
    "RestrictNamespaces",
    "ProtectHostname",
    "PrivateDevices",
    "ProtectKernelTunables",
    "ProtectKernelLogs",
    "ProtectProc",
    "ProcSubset",
    "MemoryDenyWriteExecute",
    "PrivateUsers",
}


def dockerfile() -> list[tuple[str, str]]:
    """The instructions of the Dockerfile, with their arguments."""
    text = re.sub(r"^#.*\n", "", (DEPLOY / "Dockerfile").read_text(), flags=re.MULTILINE)
    lines = text.replace("\\\n", " ").splitlines()
    return [(line.partition(" ")[0], line.partition(" ")[2].strip()) for line in lines if line.strip()]


def arguments(instruction: str) -> list[str]:
    return [given for name, given in dockerfile() if name == instruction]


def service() -> dict[str, Any]:
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    found: dict[str, Any] = compose["services"]["roocode"]
    return found


def unit() -> dict[str, str]:
    lines = (DEPLOY / "roocode.service").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if re.match(r"[A-Z]\w+=", line))


def test_what_the_image_copies_is_in_the_checkout_and_sent_to_the_engine() -> None:
    sent = {line[1:] for line in (PROJECT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = [given.split()[:-1] for given in arguments("COPY") if not given.startswith("--from")]
    assert copied
    for place in (place for places in copied for place in places):
        assert (PROJECT / place).exists(), place
        assert place in sent, place


def test_the_image_installs_by_the_locks_alone() -> None:
    installs = [given for given in arguments("RUN") if "pip install" in given]
    assert len(installs) == 2
    assert {"--require-hashes", "--no-deps", "--only-binary"} <= set(installs[0].split())
    assert {"--no-deps", "--no-index", "--no-build-isolation"} <= set(installs[1].split())
    [extras] = [given for given in arguments("ARG") if given.startswith("EXTRAS=")]
    for extra in extras.partition("=")[2].strip('"').split():
        assert (PROJECT / "requirements" / f"{extra}.txt").exists()


def test_the_image_has_every_program_of_the_sandbox() -> None:
    makefile = (PROJECT / "Makefile").read_text()
    [line] = re.findall(r"^sandbox:.*\n\t@scripts/system-tools (.*)$", makefile, re.MULTILINE)
    packages = {pair.partition("=")[2] for pair in line.split()}
    assert packages
    assert packages <= set(" ".join(arguments("RUN")[2:]).split())


def test_the_image_runs_as_somebody_without_rights_and_says_how_it_is() -> None:
    [user] = arguments("USER")
    assert re.fullmatch(r"[1-9]\d{4}:[1-9]\d{4}", user)
    assert arguments("VOLUME") == ["/data"]
    assert "/healthz" in arguments("HEALTHCHECK")[0]
    assert arguments("ENTRYPOINT") == ['["start"]']
    [given] = arguments("CMD")
    assert json.loads(given)[0] in LATE_COMMANDS


def test_the_settings_of_the_image_are_settings() -> None:
    words = " ".join(arguments("ENV")).split()
    environment = dict(word.split("=", 1) for word in words if word.startswith("ROOCODE_"))
    settings = load_settings(None, environment=environment)
    assert settings.server.data_dir == "/data"


def test_the_containers_program_is_a_script_that_asks_the_doctor_first() -> None:
    script = DEPLOY / "start"
    assert script.stat().st_mode & 0o111 == 0o111
    assert subprocess.run(["sh", "-n", str(script)], check=False).returncode == 0
    text = script.read_text()
    assert text.index("roocode-server doctor") < text.index('exec roocode-server "$@"')


def test_the_container_has_no_rights_but_those_that_jails_need() -> None:
    found = service()
    assert found["read_only"] is True
    assert found["cap_drop"] == ["ALL"]
    assert "cap_add" not in found
    assert "privileged" not in found
    assert set(found["security_opt"]) == {
        "no-new-privileges:true",
        "seccomp:seccomp.json",
        "systempaths=unconfined",
    }
    assert all(port.startswith("127.0.0.1:") for port in found["ports"])
    assert found["volumes"] == ["data:/data"]
    assert (DEPLOY / found["env_file"][0]).exists()


def test_the_filter_of_system_calls_allows_what_jails_are_made_by_and_no_modules() -> None:
    profile = json.loads((DEPLOY / "seccomp.json").read_text())
    allowed: set[str] = set()
    for rule in profile["syscalls"]:
        is_for_all = not (rule.get("includes") or rule.get("excludes") or rule.get("args"))
        if rule["action"] == "SCMP_ACT_ALLOW" and is_for_all:
            allowed |= set(rule["names"])
    assert profile["defaultAction"] == "SCMP_ACT_ERRNO"
    assert allowed >= NEEDED_BY_JAILS
    assert not allowed & {"init_module", "finit_module", "delete_module", "kexec_load", "bpf"}


def test_the_unit_takes_rights_away_and_leaves_what_jails_need() -> None:
    found = unit()
    assert found["User"] == "roocode"
    assert found["CapabilityBoundingSet"] == ""
    assert found["NoNewPrivileges"] == found["ProtectHome"] == found["PrivateTmp"] == "yes"
    assert found["ProtectSystem"] == "strict"
    assert not AGAINST_JAILS & found.keys()
    for name in ("ExecStart", "ExecStartPre"):
        assert found[name].split()[1] in LATE_COMMANDS


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_knows_every_option_of_the_unit(tmp_path: Path) -> None:
    text = (DEPLOY / "roocode.service").read_text().replace("/opt/roocode/bin/roocode-server", "/bin/true")
    (tmp_path / "roocode.service").write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", str(tmp_path / "roocode.service")],
        capture_output=True,
        text=True,
        check=False,
    )
    complaints = [line for line in done.stderr.splitlines() if "roocode.service" in line]
    assert complaints == []


@pytest.mark.skipif(shutil.which("caddy") is None, reason="Caddy is not installed")
def test_caddy_takes_its_file() -> None:
    done = subprocess.run(
        ["caddy", "adapt", "--adapter", "caddyfile", "--config", str(DEPLOY / "Caddyfile")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "127.0.0.1:3000" in done.stdout


def test_the_sites_of_nginx_are_those_that_are_documented_and_tried() -> None:
    documented = re.findall(r"```nginx\n(.*?)```", (PROJECT / "docs" / "security.md").read_text(), re.DOTALL)
    for name, text in zip(("nginx.conf", "nginx-below-a-path.conf"), documented, strict=True):
        given = (DEPLOY / name).read_text().splitlines()
        lines = [line.strip() for line in given if not line.startswith("#")]
        assert lines == [line.strip() for line in text.splitlines()]


def test_the_file_of_settings_and_secrets_holds_settings_and_no_secret() -> None:
    lines = (DEPLOY / "roocode.env").read_text().splitlines()
    assert all(line.startswith("#") for line in lines)
    given = dict(line[1:].split("=", 1) for line in lines if re.match(r"#[A-Z_]+=", line))
    load_settings(None, environment={name: text for name, text in given.items() if text})
    assert all(text == "" for name, text in given.items() if name.endswith("_KEY"))
