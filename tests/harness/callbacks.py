"""What Stripe calls back about, as tests make it happen: events, payments that nobody here made, and what came of them
beside the ledger. Knows nothing of how they are taken.
"""

import json
from typing import Any

from calling_credit.payments.issues import read_issues
from tests.harness.till import CREATE, Till


def event_about(kind: str, subject: dict[str, Any], **data: Any) -> dict[str, Any]:
    """An event of Stripe's."""
    return {"id": "evt_1", "object": "event", "type": kind, "data": {"object": subject, **data}}


def succeeded(intent_id: str) -> dict[str, Any]:
    """The event that tells of a paid intent."""
    return event_about("payment_intent.succeeded", {"id": intent_id, "object": "payment_intent"})


def unmade(till: Till, card: str) -> dict[str, Any]:
    """A payment that is stored and no more: its intent was never made."""
    till.fault("dropped", CREATE, count=2)
    assert till.pay("25.00", card, key="unmade").status == 503
    [item] = [item for item in till.top_ups() if item["status"] == "created"]
    return item


def paid_at_stripe(till: Till, topup: dict[str, Any], **other: Any) -> str:
    """An intent that was made as for this payment, but not by us, and is paid; `other` is what differs."""
    confirmed = {"confirm": True, "return_url": "https://page.test/"}
    request: Any = json.loads(topup["create_request"]) | confirmed | other
    intent = till.sdk.v1.payment_intents.create(request)
    assert intent.status == "succeeded"
    return str(intent.id)


def issues(till: Till) -> list[tuple[str, str, str]]:
    """What is listed for the operator: object, code, account."""
    found = read_issues(till.world.stack.dynamodb, till.world.stack.table_name)
    return sorted((issue["object_id"], issue["code"], issue["account_id"]) for issue in found)


def counted(printed: str) -> dict[str, float]:
    """The metrics of payments among what was printed, added up; those that count nothing are left out."""
    sums: dict[str, float] = {}
    for document in [json.loads(line) for line in printed.splitlines() if '"_aws"' in line]:
        [directive] = document["_aws"]["CloudWatchMetrics"]
        assert (directive["Namespace"], document["service"]) == ("CallingCredit", "payments")
        for metric in directive["Metrics"]:
            sums[metric["Name"]] = sums.get(metric["Name"], 0) + sum(document[metric["Name"]])
    return {name: count for name, count in sums.items() if count}
