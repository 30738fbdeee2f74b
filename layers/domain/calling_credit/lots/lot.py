"""A lot: credit that was given on terms, and what happened to it. Does not read the table."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from calling_credit.dynamodb import keys, lot_keys, sweep_keys
from calling_credit.dynamodb.attributes import to_attributes
from calling_credit.dynamodb.unreadable import decoder
from calling_credit.ledger.credit_terms import CreditKind
from calling_credit.lots.returns import LotReturn
from calling_credit.lots.schedule import first_step

LOT_KIND: Final = "lot"


@dataclass(frozen=True, slots=True)
class ExpiredPart:
    """A part of a lot that has expired: when, how much, and the running sum of call charges of that moment."""

    at: str
    amount_micros: int
    charged_micros: int


@dataclass(frozen=True, slots=True)
class RemovedPart:
    """A part that calls no longer use although it has not expired, with the running sum of call charges of that moment:
    an adjustment took it back, or, without one, it was left to the customer.
    """

    at: str
    amount_micros: int
    charged_micros: int
    adjustment_id: str = ""


@dataclass(frozen=True, slots=True)
class Lot:
    """Credit in micro-dollars that was given at one time.

    `charged_at_grant` is the running sum of call charges (`charged_micros` of the balance) at the grant, and
    `charged_at_end` that at `ended_at`, from when on calls no longer use the lot. `untraced_at_grant` and
    `untraced_at_end` are what the balance had beside its traced changes. `ends_at` is the time after which it expires;
    None: never. `expired_micros` was taken back in `expired_parts` entries, which `parts` repeats. `removed` are the
    parts that left it otherwise. `due_at` is the time of its next step; None: there is none. `returns` are those of the
    account, which are items of their own.
    """

    account_id: str
    lot_id: str
    kind: CreditKind
    granted_at: str
    amount_micros: int
    charged_at_grant: int
    ends_at: str | None = None
    expired_micros: int = 0
    expired_parts: int = 0
    ended_at: str | None = None
    charged_at_end: int = 0
    due_at: str | None = None
    parts: tuple[ExpiredPart, ...] = ()
    untraced_at_grant: int = 0
    untraced_at_end: int = 0
    removed: tuple[RemovedPart, ...] = ()
    returns: tuple[LotReturn, ...] = ()

    @property
    def sort_key(self) -> str:
        """The sort key of the lot's item."""
        return lot_keys.lot_sk(self.granted_at, self.lot_id)

    @property
    def spendable_micros(self) -> int:
        """The most that calls can have used."""
        return self.amount_micros - self.expired_micros - self.removed_micros

    @property
    def removed_micros(self) -> int:
        """The sum of the parts that left the lot without an expiry."""
        return sum(part.amount_micros for part in self.removed)

    @property
    def taken_back_micros(self) -> int:
        """What adjustments took back."""
        return sum(part.amount_micros for part in self.removed if part.adjustment_id)


def lot_item(lot: Lot) -> dict[str, Any]:
    """The item of a new lot in attribute values. The sweep index lists it if it expires."""
    due = None if lot.ends_at is None else first_step(lot.ends_at, lot.granted_at)
    return to_attributes(
        {
            "PK": keys.account_pk(lot.account_id),
            "SK": lot.sort_key,
            "lot_id": lot.lot_id,
            "kind": lot.kind,
            "amount_micros": lot.amount_micros,
            "charged_at_grant": lot.charged_at_grant,
            "untraced_at_grant": lot.untraced_at_grant,
            "ends_at": lot.ends_at,
            **({} if due is None else lot_sweep_keys(lot, due)),
        }
    )


def lot_sweep_keys(lot: Lot, due: str) -> dict[str, str]:
    """The sweep keys of a lot whose next step is due at an instant."""
    return {
        "sweep_pk": sweep_keys.sweep_pk(LOT_KIND, lot.account_id),
        "sweep_sk": f"{due}#{lot.account_id}#{lot.lot_id}",
    }


def unchanged_parts(lot: Lot) -> tuple[str, dict[str, Any]]:
    """The condition that no part of a lot has expired or was removed since it was read, with its values."""
    conditions, values = [], dict[str, Any]()
    for name, number in (("expired_parts", lot.expired_parts), ("removed_parts", len(lot.removed))):
        unchanged = f"{name} = :seen_{name}"
        conditions.append(unchanged if number else f"(attribute_not_exists({name}) OR {unchanged})")
        values[f":seen_{name}"] = number
    return " AND ".join(conditions), values


@decoder
def lot_from_item(item: Mapping[str, Any]) -> Lot:
    """The lot of an item in plain values."""
    granted_at, ends_at, ended_at = lot_keys.granted_at_of(item["SK"]), item.get("ends_at"), item.get("ended_at")
    parts = tuple(ExpiredPart(one["at"], one["amount_micros"], one["charged_micros"]) for one in item.get("parts", ()))
    removed = tuple(
        RemovedPart(one["at"], one["amount_micros"], one["charged_micros"], one["adjustment_id"])
        for one in item.get("removed", ())
    )
    moments = [*(part.at for part in parts), *(part.at for part in removed)]
    for instant in (granted_at, ends_at, ended_at, *moments):
        if instant is not None:
            datetime.fromisoformat(instant)
    due = item["sweep_sk"].partition("#")[0] if "sweep_sk" in item else None
    lot = Lot(
        keys.account_of(item["PK"]),
        item["lot_id"],
        CreditKind(item["kind"]),
        granted_at,
        item["amount_micros"],
        item["charged_at_grant"],
        ends_at,
        item.get("expired_micros", 0),
        item.get("expired_parts", 0),
        ended_at,
        item.get("charged_at_end", 0),
        due,
        parts,
        item["untraced_at_grant"],
        item.get("untraced_at_end", 0),
        removed,
    )
    if lot.expired_micros < 0 or lot.spendable_micros < 0:
        raise ValueError("at most what was given expires or is taken back")
    return lot
