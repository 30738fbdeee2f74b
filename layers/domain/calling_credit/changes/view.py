"""Shows recorded changes: to customers with the names of their own users, to the phone company's staff with all."""

from collections.abc import Mapping
from typing import Any, Final

from calling_credit.changes.actions import ChangeAction
from calling_credit.changes.actor import ActorKind
from calling_credit.dynamodb.change_keys import CHANGE

SHOWN_TO_CUSTOMERS: Final[Mapping[ActorKind, str]] = {
    ActorKind.USER: "User",
    ActorKind.STAFF: "Support",
    ActorKind.CLIENT: "Your phone company's system",
    ActorKind.LINK: "Link in an e-mail",
    ActorKind.STRIPE: "Stripe",
    ActorKind.SWEEP: "Automatic check",
}
"""How customers see an actor. A user's own name takes the place of "User"."""
_OWN: Final = frozenset({ActorKind.USER, ActorKind.LINK})
"""The actors on the customer's side, whose IP addresses the customer may see."""
_SIGNED_IN: Final = frozenset({ActorKind.USER, ActorKind.STAFF})
"""The actors who sign in; their id is the subject of their tokens."""
_INTERNAL: Final[Mapping[str, frozenset[str]]] = {
    ChangeAction.CARD_UNBLOCKED: frozenset({"reason"}),
    ChangeAction.CALL_CORRECTED: frozenset({"reason"}),
    ChangeAction.CALL_WAIVED: frozenset({"reason"}),
    ChangeAction.RULE_CHANGED: frozenset({"switched_off"}),
    ChangeAction.CUSTOMER_REPLACED: frozenset({"customer"}),
}
"""What the phone company noted for itself."""


def change_view(item: Mapping[str, Any], *, for_staff: bool = False) -> dict[str, Any]:
    """`{at, action, by: {kind, name}, from, subject, old, new}` of a recorded change. `name` is never a subject id for
    customers, and `from` is null for actors outside their company. Staff also see the `id` of a person, whose sign-ins
    they can end.
    """
    item = item if item.get("kind") == CHANGE else _of_earlier_form(item)
    kind, _, actor_id = item["by"].partition(":")
    by = _staff_name(kind, actor_id, item.get("by_name")) if for_staff else _customers_name(kind, item.get("by_name"))
    hidden = frozenset() if for_staff else _INTERNAL.get(item["action"], frozenset())
    signed_in = {"id": actor_id} if for_staff and kind in _SIGNED_IN else {}
    return {
        "at": item["at"],
        "action": item["action"],
        "by": {"kind": kind, "name": by, **signed_in},
        "from": item.get("from") if for_staff or kind in _OWN else None,
        "subject": item["subject"],
        "old": _without(item.get("old"), hidden),
        "new": _without(item.get("new"), hidden),
    }


def _staff_name(kind: str, actor_id: str, name: str | None) -> str:
    return kind if kind == ActorKind.LINK else name or actor_id


def _customers_name(kind: str, name: str | None) -> str:
    shown = SHOWN_TO_CUSTOMERS[ActorKind(kind)]
    return name or shown if kind == ActorKind.USER else shown


def _without(values: Any, hidden: frozenset[str]) -> Any:
    if not isinstance(values, Mapping):
        return values
    return {name: value for name, value in values.items() if name not in hidden} or None


def _of_earlier_form(item: Mapping[str, Any]) -> dict[str, Any]:
    """The change of an item that replaced a customer before changes had their present form."""
    by = str(item["changed_by"])
    return {
        "at": item["SK"].split("#")[1],
        "action": ChangeAction.CUSTOMER_REPLACED,
        "by": f"{ActorKind.STRIPE}:{item['before']}" if by == "stripe" else f"{ActorKind.CLIENT}:{by}",
        "subject": item["subject"],
        "old": {"customer": item["before"]},
        "new": {"customer": item["after"]} if "after" in item else {},
    }
