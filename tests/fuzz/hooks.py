"""A schemathesis hook that signs callbacks like Stripe."""

import json
import os
from datetime import UTC, datetime
from typing import Any

import schemathesis
from schemathesis.core import NotSet

from local.stripe_stand_in.sender import signature


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: schemathesis.Case[Any], kwargs: dict[str, Any]) -> None:
    """Sign callbacks so that tests get past the signature check."""
    if case.operation.path == "/stripe/webhook" and not isinstance(case.body, NotSet | bytes):
        body = json.dumps(case.body, ensure_ascii=True)
        kwargs["data"] = body.encode()
        case.headers["Stripe-Signature"] = signature(body, os.environ["WEBHOOK_SECRET"], datetime.now(UTC))
