"""What schemathesis cannot make up: Stripe's signature over the very bytes of a callback."""

import json
import os
from datetime import UTC, datetime
from typing import Any

import schemathesis
from schemathesis.core import NotSet

from local.stripe_stand_in.sender import signature


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: schemathesis.Case[Any], kwargs: dict[str, Any]) -> None:
    """Sign callbacks, so that more than the signature is tried."""
    if case.operation.path == "/stripe/webhook" and not isinstance(case.body, NotSet | bytes):
        body = json.dumps(case.body, ensure_ascii=True)
        kwargs["data"] = body.encode()
        case.headers["Stripe-Signature"] = signature(body, os.environ["WEBHOOK_SECRET"], datetime.now(UTC))
