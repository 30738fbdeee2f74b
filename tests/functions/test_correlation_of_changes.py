"""Events from items that many requests change name the request that changed them last, and no earlier one."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from calling_credit.correlation import CORRELATION_ID
from tests.functions.events_bench import Listener, listener
from tests.harness.http import http_event
from tests.harness.table import sample_event
from tests.harness.till import ACCOUNT, Till

__all__ = ["listener"]

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]
Cause = Callable[[Till, str], None]


def send(till: Till, function: str, method: str, path: str, request_id: str, body: Any = None, **claims: Any) -> Any:
    """A request with this id of API Gateway."""
    event = http_event(function, method, path, body=body, claims=claims)
    event["headers"]["idempotency-key"] = f"key {request_id}"
    event["requestContext"]["requestId"] = request_id
    return till.world.invoke(function, event)


def freezes(till: Till, request_id: str) -> None:
    """A customer freezes the account."""
    answer = send(till, "change_settings", "POST", "/freeze", request_id, {}, **{"custom:account_id": ACCOUNT})
    assert answer.status == 200, answer.text


def is_denied(till: Till, request_id: str) -> None:
    """A call is denied, because it might be fraud."""
    freezes(till, "request-1")
    body = {
        "account_id": ACCOUNT,
        "line_id": "line_1",
        "call_id": "c_1",
        "to": "+442071838750",
        "requested_seconds": 60,
    }
    answer = send(till, "authorize_call", "POST", "/calls/authorize", request_id, body)
    assert answer.body["decision"] == "deny", answer.text


def bounces(till: Till, request_id: str) -> None:
    """A mail comes back; the id is that of SES's event."""
    till.world.operate("PUT", f"/accounts/{ACCOUNT}", {"billing_emails": ["ada@halcyon.example"]})
    event = copy.deepcopy(sample_event("record_bounces")) | {"id": request_id}
    event["detail"]["mail"]["destination"] = ["ada@halcyon.example"]
    for part in ("bounce", "mail"):
        event["detail"][part]["timestamp"] = till.world.clock.now.isoformat()
    assert till.world.stack.invoke("record_bounces", event)["recorded"] == 1


def tries_cards(till: Till, request_id: str) -> None:
    """A payment beyond the limit of the day."""
    assert till.world.operate("PUT", f"/accounts/{ACCOUNT}", {"limits": {"daily_top_up": "20.00"}}).status == 200
    body = {"amount": "25.00", "payment_method_id": till.card()}
    answer = send(till, "add_funds", "POST", "/top-ups", request_id, body, **{"custom:account_id": ACCOUNT})
    assert answer.code == "daily_top_up", answer.text


EVENTS: dict[str, tuple[str, Cause]] = {
    "ACCOUNT": ("AccountFrozen", freezes),
    "DENIAL": ("CallDenied", is_denied),
    "BOUNCED": ("MailBounced", bounces),
    "PAYMENT_LIMITS": ("CardAttemptsLimited", tries_cards),
}


@pytest.mark.parametrize("kind", sorted(EVENTS))
def test_an_event_names_the_request_that_caused_it(till: Till, listener: Listener, kind: str) -> None:
    name, cause = EVENTS[kind]
    listener.hear()
    cause(till, "request-7")
    [event] = [one for one in listener.hear() if one["type"] == name]
    assert event[CORRELATION_ID] == "request-7"


def test_a_suspended_rule_names_the_request_that_suspended_it(till: Till, listener: Listener) -> None:
    card = till.card()
    till.set_rule(card)
    listener.hear()
    path, claims = f"/payment-methods/{card}", {"custom:account_id": ACCOUNT}
    assert send(till, "add_funds", "DELETE", path, "request-8", **claims).status in (200, 204)
    [event] = [one for one in listener.hear() if one["type"] == "AutoRechargeSuspended"]
    assert event[CORRELATION_ID] == "request-8"


def test_a_later_change_without_an_id_leaves_no_earlier_one(till: Till) -> None:
    from calling_credit.accounts.freezing import unfreeze_account  # noqa: PLC0415 - clients after moto
    from tests.harness.actors import OPERATOR  # noqa: PLC0415

    freezes(till, "request-9")
    assert [item[CORRELATION_ID] for item in till.world.of_kind("ACCOUNT")] == ["request-9"]
    stack = till.world.stack
    assert unfreeze_account(stack.dynamodb, stack.table_name, ACCOUNT, OPERATOR, till.world.clock.now)
    assert [item[CORRELATION_ID] for item in till.world.of_kind("ACCOUNT")] == [""]
