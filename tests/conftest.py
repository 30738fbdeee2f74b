"""The environment of every test, and the one deployed stack that tests/stack and tests/browser share.

Tests reach no AWS except moto or the DynamoDB that AWS_ENDPOINT_URL_DYNAMODB names. The environment is set before boto3
is imported, because the functions create their clients on import.
"""

import os
import signal
import socket
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from local.stack import Stack

pytest_plugins = ["tests.harness.fixtures"]

EXISTING = {name: os.environ[name] for name in ("AWS_ENDPOINT_URL_DYNAMODB",) if name in os.environ}
for _name in [name for name in os.environ if name.startswith(("AWS_", "POWERTOOLS_"))]:
    del os.environ[_name]
os.environ.update(
    EXISTING,
    AWS_ACCESS_KEY_ID="test",
    AWS_SECRET_ACCESS_KEY="test",
    AWS_DEFAULT_REGION="us-east-1",
    AWS_CONFIG_FILE=os.devnull,
    AWS_SHARED_CREDENTIALS_FILE=os.devnull,
    AWS_EC2_METADATA_DISABLED="true",
    TABLE_NAME="calling-credit-test",
    ADJUSTMENT_DAILY_MAXIMUM="900000000.00",
    DECK_BUCKET="calling-credit-test-decks",
    CURSOR_SECRET_ARN="calling-credit-test-cursor",
    EVENT_BUS_NAME="calling-credit-test",
    STRIPE_API_BASE="http://stripe.test",
    STRIPE_SECRET_ARN="calling-credit-test-stripe",
    MAIL_FROM="Billing <billing@phone.example>",
    CALL_QUEUE_URL="https://sqs.us-east-1.amazonaws.com/123456789012/calls",
    PROOF_QUEUE_URL="https://sqs.us-east-1.amazonaws.com/123456789012/proofs",
    PAGE_URL="https://page.test/",
    LINK_URL="https://page.test/",
    POWERTOOLS_SERVICE_NAME="test",
    POWERTOOLS_METRICS_NAMESPACE="CallingCredit",
    VALIDATE_PARAMETERS="true",
)


FOLDER = os.environ.get("TEST_STACK", "test-stack")
"""The folder of the stack; parallel runs use one each."""


def free_port() -> int:
    """An unused port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture(scope="session")
def deployed() -> Iterator["Stack"]:
    """The deployed application: the real template on the emulator with IAM enforced, its own ports and folder, the
    demonstration accounts, and the example deck.

    Starting it sets the AWS settings of this process. At the end, the run fails if an exchange with the API violates
    docs/openapi.yaml.
    """
    from local.settings import Settings  # noqa: PLC0415 - the settings above come first
    from local.start import start  # noqa: PLC0415
    from ops.project import ROOT  # noqa: PLC0415
    from tests.contract.recorder import documented  # noqa: PLC0415

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # SIGTERM also stops the stack.
    settings = Settings(ROOT / ".local" / FOLDER, free_port(), free_port(), adjustment_daily_maximum="900000.00")
    stack = start(settings)
    try:
        with documented(stack.api):
            yield stack
    finally:
        stack.stop()
