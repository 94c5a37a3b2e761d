"""Messages are signed according to the standard, as its own libraries confirm."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import Any

import pytest
import standardwebhooks

from roocode_server.engine.webhooks.signing import check_secret, headers, new_secret
from roocode_server.models.clock import now
from roocode_server.models.error import InvalidField
from tests.support.server import PROJECT

BODY = '{"event":"task.completed","data":{"text":"naïve ☃"}}'
PLAIN = "webhook_secret"
MADE = new_secret()


def signed(*keys: str) -> dict[str, str]:
    return headers(keys, message_id="session-1-7-abc", moment=now(), body=BODY)


def verified_by_node(secret: str, sent: dict[str, str], body: str = BODY) -> subprocess.CompletedProcess[str]:
    node = shutil.which("node")
    assert node is not None
    content = {"secret": secret, "isRaw": not secret.startswith("whsec_"), "headers": sent, "body": body}
    script = PROJECT / "tests" / "end_to_end" / "clients" / "verify-webhook.mjs"
    command, given = [node, str(script)], json.dumps(content)
    return subprocess.run(command, input=given, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("secret", [MADE, PLAIN, "another plain secret"], ids=["made", "plain", "longer"])
def test_the_standards_library_for_javascript_verifies_what_is_sent(secret: str) -> None:
    done = verified_by_node(secret, signed(secret))
    assert json.loads(done.stdout) == json.loads(BODY), done.stderr


def test_the_standards_library_for_javascript_refuses_another_body_or_secret() -> None:
    secret = new_secret()
    assert verified_by_node(secret, signed(secret), BODY.replace("7", "8") + " ").returncode != 0
    assert verified_by_node(new_secret(), signed(secret)).returncode != 0


def verified(secret: str | bytes, sent: dict[str, str]) -> Any:
    return standardwebhooks.Webhook(secret).verify(BODY, sent)


def test_while_a_secret_is_replaced_both_verify() -> None:
    former, present = PLAIN, new_secret()
    sent = signed(present, former)
    assert verified(former.encode(), sent) == verified(present, sent) == json.loads(BODY)
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        verified(new_secret(), sent)


def test_the_time_that_is_signed_is_that_of_the_attempt() -> None:
    before = int(now().timestamp())
    assert before <= int(signed(PLAIN)["webhook-timestamp"]) <= now().timestamp()


@pytest.mark.parametrize(
    "secret", ["whsec_c2hvcnQ=", "whsec_no base64, however long it may be", "whsec_", "no ASCII, naïve"]
)
def test_a_secret_that_receivers_could_not_verify_by_is_refused(secret: str) -> None:
    with pytest.raises(InvalidField):
        check_secret(secret)


def test_s0s_plain_secret_and_one_that_was_made_are_taken() -> None:
    check_secret(PLAIN)
    check_secret(new_secret())
