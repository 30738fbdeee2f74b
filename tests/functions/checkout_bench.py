"""Payments on Stripe's page, for tests: opening one, and what its customer does there."""

from typing import Any

from tests.harness.cards import VISA
from tests.harness.http import Answer
from tests.harness.till import ACCOUNT, Till

CREATE_SESSION, READ_SESSION = "POST /v1/checkout/sessions", "GET /v1/checkout/sessions/*"
EXPIRE_SESSION = "POST /v1/checkout/sessions/*/expire"
MINUTES = 30


def ask_checkout(till: Till, amount: str = "25.00", key: str = "key 1", **more: Any) -> Answer:
    """POST /top-ups/checkout."""
    claims = {name: more.pop(name) for name in list(more) if ":" in name or name == "sub"}
    return till.world.ask("add_funds", "POST", "/top-ups/checkout", {"amount": amount, **more}, key=key, **claims)


def checkout(till: Till, amount: str = "25.00", key: str = "key 1", **more: Any) -> dict[str, Any]:
    """A payment whose page is open."""
    answer = ask_checkout(till, amount, key, **more)
    assert answer.status == 201, answer.text
    shown: dict[str, Any] = answer.body
    return shown


def session_of(till: Till, topup_id: str) -> dict[str, Any]:
    """The one session of a payment."""
    sessions = till.objects("checkout.session")
    [session] = [session for session in sessions if session["metadata"].get("topup_id") == topup_id]
    return session


def submit(till: Till, topup_id: str, kind: str = VISA) -> None:
    """Pay on the page with a card of this kind."""
    till.controls.complete_checkout(session_of(till, topup_id)["id"], kind)


def stored(till: Till, topup_id: str, account: str = ACCOUNT) -> dict[str, Any]:
    """The stored payment."""
    [item] = [item for item in till.top_ups(account) if item["topup_id"] == topup_id]
    return item
