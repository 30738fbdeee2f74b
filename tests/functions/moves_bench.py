"""Moves of credit at the desk that several tests share."""

from typing import Any

from local.stripe_stand_in.controls import Controls
from tests.harness.cards import VISA
from tests.harness.http import Answer, http_event
from tests.harness.till import Till
from tests.harness.world import World

REFUNDS = "POST /v1/refunds"

FEMI: dict[str, Any] = {"sub": "staff-1", "email": "femi@phone.example"}
GRACE: dict[str, Any] = {"sub": "staff-2", "email": "grace@phone.example"}
CLIENT: dict[str, Any] = {
    "client_id": "3n4exampleoperator",
    "scope": "accounts/read credit/adjust",
    "token_use": "access",
    "cognito:groups": None,
    "sub": "3n4exampleoperator",
    "email": None,
}
STARTED = "2026-11-23T10:00:00.000Z"
"""When the example call began."""


def desk_event(method: str, path: str, body: Any = None, *, key: str | None = "k_1", **claims: Any) -> dict[str, Any]:
    """The event of a request of Femi, of the finance group, or of the given claims. `path` begins after `/operator`."""
    event = http_event("move_credit", method, f"/operator{path}", body=body, claims=FEMI | claims)
    event["headers"].pop("idempotency-key", None)
    if key is not None:
        event["headers"]["idempotency-key"] = key
    return event


def at_desk(
    world: World, method: str, path: str, body: Any = None, *, key: str | None = "k_1", **claims: Any
) -> Answer:
    """The answer to this request."""
    return world.invoke("move_credit", desk_event(method, path, body, key=key, **claims))


def goodwill(
    world: World, amount: str = "0.10", *, call: str = "c_1", account: str = "acct_1", key: str = "k_1", **more: Any
) -> Answer:
    """Give goodwill for the example call."""
    body = {"amount": amount, "reason": "A noisy line"} | more.pop("body", {})
    return at_desk(world, "POST", f"/accounts/{account}/calls/{call}/goodwill", body, key=key, **more)


def transfer(
    world: World,
    amount: str = "5.00",
    *,
    sender: str = "acct_1",
    receiver: str = "acct_2",
    key: str = "k_1",
    **more: Any,
) -> Answer:
    """Transfer credit."""
    body = {"from_account_id": sender, "to_account_id": receiver, "amount": amount, "reason": "Merged accounts"}
    return at_desk(world, "POST", "/transfers", body | more.pop("body", {}), key=key, **more)


def refund(
    world: World, topup_id: str, amount: str = "10.00", *, account: str = "acct_1", key: str = "k_1", **more: Any
) -> Answer:
    """Refund a payment."""
    body = {"amount": amount, "reason": "Asked by phone"} | more.pop("body", {})
    return at_desk(world, "POST", f"/accounts/{account}/top-ups/{topup_id}/refunds", body, key=key, **more)


def changes(world: World, account: str = "acct_1") -> list[tuple[str, str]]:
    """The recorded changes of credit of an account: action and actor."""
    recorded = world.of_kind("ACTIVITY", account)
    return [(item["action"], item["by"]) for item in recorded]


def left_of(world: World, holder: str = "STAFF#staff-1") -> list[int]:
    """What is left of the days of a holder, in micro-dollars."""
    return [item["left_micros"] for item in world.stack.items() if item["PK"] == holder and "left_micros" in item]


def approve(world: World, approval_id: str, decision: str = "approve", **claims: Any) -> Answer:
    """Let Grace decide on a request."""
    return at_desk(world, "POST", f"/approvals/{approval_id}/{decision}", key=None, **GRACE | claims)


def move_everything(till: Till) -> None:
    """Moves of credit of every kind, by staff and by a client: posted at once, approved, rejected, and left to sweeps
    and callbacks. The account has the charged calls c_2 and c_3.
    """
    world, controls = till.world, Controls(till.stand_in)
    world.adjust("1000.00", "for moves")
    visa = till.card(VISA)
    assert goodwill(world, "0.01", call="c_3", key="m_1").status == 201
    assert transfer(world, "1.00", key="m_2", **CLIENT).status == 201
    for number, claims in enumerate((FEMI, CLIENT)):
        topup = till.paid("5.00", visa)["id"]
        controls.dispute(till.intent_of(topup)["latest_charge"], inquiry=True)
        assert refund(world, topup, "1.00", key=f"m_3{number}", **claims).status == 201
        unblock = {"top_up_id": topup, "reason": "Test"}
        assert world.operate("POST", "/accounts/acct_1/cards/unblock", unblock).status == 200
        till.fault("dropped", REFUNDS)
        topup = till.paid("5.00", visa)["id"]
        assert refund(world, topup, "1.00", key=f"m_4{number}", **claims).body["status"] == "processing"
        till.fault("refused", REFUNDS, code="charge_disputed", status=400)
        till.sweep(minutes=3)
        till.fault("answer_lost", REFUNDS)
        assert refund(world, topup, "1.00", key=f"m_5{number}", **claims).body["status"] == "processing"
        controls.fail_refund(till.objects("refund")[-1]["id"])
        till.call_all_back()
    for key, decision in (("m_6", "approve"), ("m_7", "reject")):
        waiting = transfer(world, "101.00", key=key)
        assert waiting.status == 202, waiting.text
        assert approve(world, waiting.body["id"], decision).status == 200
    assert at_desk(world, "GET", "/approvals", key=None).status == 200
