"""schemathesis generates requests from the OpenAPI document; the stack conforms to it without server errors."""

import json
import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from local.seed import MERIDIAN, STAFF
from local.stack import Stack, save_card
from local.stripe_stand_in.stand_in import DEFAULT_WEBHOOK_SECRET
from ops.openapi import ROOT

SECONDS = os.environ.get("SCHEMATHESIS_SECONDS", "60")
ADMIN = MERIDIAN.people[0].email


@pytest.fixture
def configuration(deployed: Stack, tmp_path: Path) -> Path:
    """The configuration with the ids of a line, a card, and a payment of the signed-in account."""
    token = deployed.user_token(ADMIN)
    cards = [save_card(deployed, ADMIN, kind) for kind in ("pm_card_visa", "pm_card_mastercard")]
    body = {"amount": "5.00", "payment_method_id": cards[0]}
    payment = deployed.api.send("POST", "/top-ups", token, body, {"Idempotency-Key": uuid.uuid4().hex})
    [line, *_] = deployed.api.get("/lines", token)["items"]
    values = {
        "accounts": [MERIDIAN.account_id],
        "lines": [line["line_id"]],
        "cards": cards,
        "payments": [payment["id"]],
    }
    written = Path(__file__).with_name("schemathesis.toml").read_text(encoding="utf-8")
    for name, found in values.items():
        written += f"\n[dictionaries.{name}]\nvalues = {json.dumps(found)}\n"
    path = tmp_path / "schemathesis.toml"
    path.write_text(written, encoding="utf-8")
    return path


def test_responses_to_generated_requests_match_the_document(deployed: Stack, configuration: Path) -> None:
    environment = os.environ | {
        "PYTHONPATH": f"{ROOT / 'layers' / 'domain'}:{ROOT}",
        "SCHEMATHESIS_HOOKS": "tests.fuzz.hooks",
        "CUSTOMER_TOKEN": deployed.user_token(ADMIN),
        "OPERATOR_TOKEN": deployed.operator_token(),
        "SWITCH_TOKEN": deployed.switch_token(),
        "CONNECTOR_NAME": deployed.connector_key["name"],
        "CONNECTOR_KEY": deployed.connector_key["key"],
        "STAFF_TOKEN": deployed.user_token(STAFF[1].email),
        "WEBHOOK_SECRET": DEFAULT_WEBHOOK_SECRET,
    }
    command = [
        *(str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(configuration)),
        *("run", str(ROOT / "docs" / "openapi.yaml"), "--url", deployed.settings.endpoint_url),
        *("--header", f"Host: {deployed.settings.api_host}", "--max-time", SECONDS, "--warnings", "off", "--no-color"),
    ]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    print(done.stdout[-20_000:], done.stderr[-2_000:])
    assert done.returncode == 0
