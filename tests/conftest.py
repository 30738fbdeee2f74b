"""The environment every test runs in: no AWS but moto or the DynamoDB that AWS_ENDPOINT_URL_DYNAMODB names, no
stray settings.

Set before anything of boto3 is imported: functions make their clients when they are imported.
"""

import os

KEPT = {name: os.environ[name] for name in ("AWS_ENDPOINT_URL_DYNAMODB",) if name in os.environ}
for _name in [name for name in os.environ if name.startswith(("AWS_", "POWERTOOLS_"))]:
    del os.environ[_name]
os.environ.update(
    KEPT,
    AWS_ACCESS_KEY_ID="test",
    AWS_SECRET_ACCESS_KEY="test",
    AWS_DEFAULT_REGION="us-east-1",
    AWS_CONFIG_FILE=os.devnull,
    AWS_SHARED_CREDENTIALS_FILE=os.devnull,
    AWS_EC2_METADATA_DISABLED="true",
    TABLE_NAME="calling-credit-test",
    DECK_BUCKET="calling-credit-test-decks",
    CURSOR_SECRET_ARN="calling-credit-test-cursor",
    EVENT_BUS_NAME="calling-credit-test",
    STRIPE_API_BASE="http://stripe.test",
    STRIPE_SECRET_ARN="calling-credit-test-stripe",
    MAIL_FROM="Billing <billing@phone.example>",
    PAGE_URL="https://page.test/",
    LINK_URL="https://page.test/",
    POWERTOOLS_SERVICE_NAME="test",
    POWERTOOLS_METRICS_NAMESPACE="CallingCredit",
    VALIDATE_PARAMETERS="true",
)
