"""Moves of credit at the desk that several tests share."""

from typing import Any

from tests.harness.http import Answer, http_event
from tests.harness.world import World

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
