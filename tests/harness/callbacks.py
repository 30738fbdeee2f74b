"""Callbacks of Stripe for tests: events, payments made outside the application, and the resulting issues, metrics."""

import json
from typing import Any

from calling_credit.payments.issues import read_issues
from tests.harness.till import CREATE, Till


def event_about(kind: str, subject: dict[str, Any], **data: Any) -> dict[str, Any]:
    """An event of Stripe about an object."""
    return {"id": "evt_1", "object": "event", "type": kind, "data": {"object": subject, **data}}


def succeeded(intent_id: str) -> dict[str, Any]:
    """The event of a paid intent."""
    return event_about("payment_intent.succeeded", {"id": intent_id, "object": "payment_intent"})


def unmade(till: Till, card: str) -> dict[str, Any]:
    """A stored payment whose intent was never created."""
    till.fault("dropped", CREATE, count=2)
    assert till.pay("25.00", card, key="unmade").status == 503
    [item] = [item for item in till.top_ups() if item["status"] == "created"]
    return item


def paid_at_stripe(till: Till, topup: dict[str, Any], **other: Any) -> str:
    """The id of a paid intent for this payment that the application did not create; `other` overrides its fields."""
    confirmed = {"confirm": True, "return_url": "https://page.test/"}
    request: Any = json.loads(topup["create_request"]) | confirmed | other
    intent = till.sdk.v1.payment_intents.create(request)
    assert intent.status == "succeeded"
    return str(intent.id)


def issues(till: Till) -> list[tuple[str, str, str]]:
    """The issues listed for the operator: object, code, account."""
    stored = read_issues(till.world.stack.dynamodb, till.world.stack.table_name)
    return sorted((issue["object_id"], issue["code"], issue["account_id"]) for issue in stored)


def counted(printed: str) -> dict[str, float]:
    """The sums of the payment metrics in printed output, without zeros."""
    sums: dict[str, float] = {}
    for document in [json.loads(line) for line in printed.splitlines() if '"_aws"' in line]:
        [directive] = document["_aws"]["CloudWatchMetrics"]
        assert (directive["Namespace"], document["service"]) == ("CallingCredit", "payments")
        for metric in directive["Metrics"]:
            sums[metric["Name"]] = sums.get(metric["Name"], 0) + sum(document[metric["Name"]])
    return {name: count for name, count in sums.items() if count}
