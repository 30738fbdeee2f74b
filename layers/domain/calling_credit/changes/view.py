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
_INTERNAL: Final[Mapping[str, frozenset[str]]] = {
    ChangeAction.ACCOUNT_CLOSED: frozenset({"reason"}),
    ChangeAction.ACCOUNT_EXPORTED: frozenset({"reason"}),
    ChangeAction.CARD_UNBLOCKED: frozenset({"reason"}),
    ChangeAction.CALL_CORRECTED: frozenset({"reason"}),
    ChangeAction.CALL_WAIVED: frozenset({"reason"}),
    ChangeAction.REFUND_STARTED: frozenset({"reason", "override"}),
    ChangeAction.RULE_CHANGED: frozenset({"switched_off"}),
    ChangeAction.CUSTOMER_REPLACED: frozenset({"customer"}),
}
"""What the phone company noted for itself."""
_OTHER_ACCOUNT: Final = frozenset({ChangeAction.CREDIT_SENT, ChangeAction.CREDIT_RECEIVED})
"""The actions whose subject is another account, which a customer may not know."""
NOT_FOR_CUSTOMERS: Final = frozenset(
    {ChangeAction.APPROVAL_REQUESTED, ChangeAction.APPROVAL_APPROVED, ChangeAction.APPROVAL_REJECTED}
)
"""How the phone company agrees on a change, before the change itself."""


def change_view(item: Mapping[str, Any], *, for_staff: bool = False) -> dict[str, Any]:
    """`{at, action, by: {kind, name}, from, subject, old, new}` of a recorded change. `name` is never a subject id for
    customers, and `from` is null for actors outside their company. For staff, `by` also has the actor's `id`, null for
    a link.
    """
    item = item if item.get("kind") == CHANGE else _of_earlier_form(item)
    kind, _, actor_id = item["by"].partition(":")
    name = item.get("by_name")
    by = _for_staff(kind, actor_id, name) if for_staff else {"kind": kind, "name": _customers_name(kind, name)}
    hidden = frozenset() if for_staff else _INTERNAL.get(item["action"], frozenset())
    return {
        "at": item["at"],
        "action": item["action"],
        "by": by,
        "from": item.get("from") if for_staff or kind in _OWN else None,
        "subject": _subject(item, for_staff=for_staff),
        "old": _without(item.get("old"), hidden),
        "new": _without(item.get("new"), hidden),
    }


def _subject(item: Mapping[str, Any], *, for_staff: bool) -> str:
    """What was changed. Customers see neither another account nor whose sign-ins were ended."""
    subject = str(item["subject"])
    if for_staff:
        return subject
    if item["action"] in _OTHER_ACCOUNT:
        return "account"
    return "sign_in" if item["action"] == ChangeAction.SIGNED_OUT else subject


def _for_staff(kind: str, actor_id: str, name: str | None) -> dict[str, Any]:
    if kind == ActorKind.LINK:
        return {"kind": kind, "name": SHOWN_TO_CUSTOMERS[ActorKind.LINK], "id": None}
    return {"kind": kind, "name": name or actor_id, "id": actor_id}


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
