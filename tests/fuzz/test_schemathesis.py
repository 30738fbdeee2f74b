"""schemathesis makes up requests from the OpenAPI document; the stack answers as it says, and without server errors."""

import os
import subprocess
import sys
from pathlib import Path

from local.stack import Stack
from local.stripe_stand_in.stand_in import DEFAULT_WEBHOOK_SECRET
from ops.openapi import ROOT

SECONDS = int(os.environ.get("SCHEMATHESIS_SECONDS", "60"))
CONFIG = Path(__file__).with_name("schemathesis.toml")


def test_made_up_requests_are_answered_as_the_document_says(deployed: Stack) -> None:
    admin = next(user for user in deployed.users if user["role"] == "billing_admin")
    variables = {
        "CUSTOMER_TOKEN": deployed.user_token(admin["email"]),
        "SERVICE_TOKEN": deployed.service_token(),
        "WEBHOOK_SECRET": DEFAULT_WEBHOOK_SECRET,
        "SCHEMATHESIS_HOOKS": "tests.fuzz.hooks",
    }
    command = [
        *(str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(CONFIG), "run"),
        *(str(ROOT / "docs" / "openapi.yaml"), "--url", deployed.settings.endpoint_url),
        *("--header", f"Host: {deployed.settings.api_host}", "--max-time", str(SECONDS), "--no-color"),
    ]
    done = subprocess.run(command, env=os.environ | variables, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2_000:]
