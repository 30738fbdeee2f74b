"""The items of holds."""

import hashlib
from datetime import date, datetime, timedelta
from typing import Any, Final

from calling_credit.dynamodb import keys, sweep_keys
from calling_credit.dynamodb.attributes import drop_if_large, from_attributes, to_attributes
from calling_credit.dynamodb.unreadable import decoder
from calling_credit.ledger.holds import HOLD_GRACE, Hold, HoldStatus
from calling_credit.rates.stored_rows import row_attributes, row_from_item

HOLD_KIND: Final = "hold"
GROWTH_BYTES: Final = 232
"""By how much requests may enlarge a hold: longer numbers, why it was limited, when it was asked for again, and its
counters of spending."""
LONGEST_SWEEP_NAME: Final = 64
"""The longest ids of an account and a call, together, that the key of the sweep spells out."""


def hold_key(account_id: str, call_key: str) -> dict[str, Any]:
    """The item key of a hold."""
    return {"PK": {"S": keys.account_pk(account_id)}, "SK": {"S": keys.hold_sk(call_key)}}


def hold_item(hold: Hold, grace: timedelta = HOLD_GRACE) -> dict[str, Any]:
    """The item of a live hold, at most 1,024 bytes (one write unit); an unusual call id is kept if it fits. It has no
    `expires_at` while it is live, because DynamoDB must not delete held money.
    """
    item = to_attributes(
        {
            "PK": keys.account_pk(hold.account_id),
            "SK": keys.hold_sk(hold.call_key),
            "call_id": hold.call_id if hold.call_id != hold.call_key else None,
            "status": hold.status,
            "amount_micros": hold.amount_micros,
            "max_seconds": hold.max_seconds,
            "line_id": hold.line_id,
            "to": hold.dialled_number,
            "dialled_from": hold.origin,
            "deck": hold.deck_version,
            "authorized_at": hold.authorized_at,
            "asked_at": hold.asked_at,
            "asked_seconds": hold.asked_seconds,
            "limited_by": hold.limited_by,
            "covered_seconds": hold.covered_seconds or None,
            "bundle": hold.bundle or None,
            "deck_minute": hold.deck_minute or None,
            **spending_attributes(hold),
            **row_attributes(hold.row),
            **hold_sweep_keys(hold, grace),
        }
    )
    return drop_if_large(item, "call_id", GROWTH_BYTES)


def spending_attributes(hold: Hold) -> dict[str, str | int]:
    """The attributes of a hold that counts as spending, without those that it does not have."""
    counted = {"counted": hold.counted, "counted_on": hold.counted_on, "user_id": hold.user_id}
    counted_amount = {"young_micros": hold.young_micros}
    return {name: value for name, value in (counted | counted_amount).items() if value}


def hold_sweep_keys(hold: Hold, grace: timedelta) -> dict[str, str]:
    """The keys by which the sweep finds a live hold once it is overdue. Long ids are hashed in `sweep_sk`, because the
    item has them in its own key already.
    """
    name = f"{hold.account_id}#{hold.call_key}"
    if len(name) > LONGEST_SWEEP_NAME:
        name = hashlib.blake2b(name.encode(), digest_size=3).hexdigest()
    return {
        "sweep_pk": sweep_keys.sweep_pk(HOLD_KIND, hold.account_id),
        "sweep_sk": f"{hold.live_until(grace)}#{name}",
    }


@decoder
def hold_from_item(attributes: dict[str, Any]) -> Hold:
    """The hold of an item."""
    item = from_attributes(attributes)
    for name in ("authorized_at", "asked_at"):
        datetime.fromisoformat(item[name])
    if min(item["amount_micros"], item["max_seconds"], item["asked_seconds"]) < 0:
        raise ValueError("a hold takes no credit and no time away")
    if "counted" in item:
        date.fromisoformat(item["counted_on"])
    return Hold(
        account_id=keys.account_of(item["PK"]),
        call_key=keys.id_of(item["SK"]),
        call_id=item.get("call_id", keys.id_of(item["SK"])),
        line_id=item["line_id"],
        dialled_number=item["to"],
        origin=item["dialled_from"],
        status=HoldStatus(item["status"]),
        amount_micros=item["amount_micros"],
        max_seconds=item["max_seconds"],
        deck_version=item["deck"],
        row=row_from_item(item),
        authorized_at=item["authorized_at"],
        asked_at=item["asked_at"],
        asked_seconds=item["asked_seconds"],
        limited_by=item.get("limited_by"),
        ended_as=item.get("ended_as"),
        repeated_at=item.get("repeated_at", ""),
        covered_seconds=item.get("covered_seconds", 0),
        bundle=item.get("bundle", ""),
        deck_minute=item.get("deck_minute", 0),
        counted=item.get("counted", ""),
        counted_on=item.get("counted_on", ""),
        user_id=item.get("user_id", ""),
        young_micros=item.get("young_micros", 0),
    )
