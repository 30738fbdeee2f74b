"""The actions by which a payment is listed while a document of it is due, and no longer once all are issued."""

from datetime import datetime
from typing import Any

from calling_credit.dynamodb import sweep_keys
from calling_credit.dynamodb.attributes import to_attribute
from calling_credit.dynamodb.transactions import update
from calling_credit.instants import format_instant
from calling_credit.topups.documents import ISSUED_AT_ONCE, RECEIPT_KIND
from calling_credit.topups.items import payment_key
from calling_credit.topups.topup import TopUp


def list_due_action(table_name: str, topup: TopUp, now: datetime) -> dict[str, Any]:
    """The action that lists a payment in the sweep index, because a document is due. It never fails: nothing about
    documents may veto money.
    """
    listed_at = format_instant(now + ISSUED_AT_ONCE)
    values = {
        ":id": to_attribute(topup.topup_id),
        ":pk": to_attribute(sweep_keys.sweep_pk(RECEIPT_KIND, topup.account_id)),
        ":sk": to_attribute(f"{listed_at}#{topup.account_id}#{topup.topup_id}"),
    }
    expression = "SET topup_id = :id, sweep_pk = :pk, sweep_sk = :sk"
    action = update(table_name, payment_key(topup), expression, "", values)
    del action["Update"]["ConditionExpression"]
    return action


def delist_action(table_name: str, topup: TopUp) -> dict[str, Any]:
    """The action that removes a payment from the sweep index, because all its documents are issued."""
    return update(table_name, payment_key(topup), "REMOVE sweep_pk, sweep_sk", "attribute_exists(PK)", {})


def same_text(name: str, value: str | None) -> tuple[str, dict[str, Any]]:
    """The condition that an attribute still has this text, or is still absent; and its values."""
    if value is None:
        return f"attribute_not_exists({name})", {}
    return f"{name} = :same_{name}", {f":same_{name}": to_attribute(value)}
