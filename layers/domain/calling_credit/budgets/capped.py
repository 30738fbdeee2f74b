"""In which counters of caps an entry of a call counts: those in which the hold of its call counted. What no hold covers
is judged when it is posted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from calling_credit.budgets.spending import COUNTED, YOUNG_PART
from calling_credit.dynamodb import spend_keys
from calling_credit.ledger.entries import Entry
from calling_credit.ledger.holds import Hold

CAPS: Final = frozenset({spend_keys.COUNTRY, spend_keys.YOUNG})
"""The letters of the counters of caps."""


def mark_capped(entries: Sequence[Entry], holds: Mapping[tuple[str, str], Hold]) -> list[Entry]:
    """Mark the entries of calls whose holds counted in a cap. `holds`: by account and call key, also ended ones."""
    return [_marked(entry, holds.get((entry.account_id, entry.cause_id))) for entry in entries]


def mark_country(entry: Entry) -> Entry:
    """The entry of a call without a hold to a capped country, marked."""
    letters = spend_keys.in_order(spend_keys.COUNTRY + str(entry.explanation.get(COUNTED, "")))
    return replace(entry, explanation={**entry.explanation, COUNTED: letters})


def mark_young(entry: Entry, young_micros: int) -> Entry:
    """The entry of a call of whose price young money pays a part, marked; unchanged if it pays nothing."""
    if not young_micros:
        return entry
    letters = spend_keys.in_order(spend_keys.YOUNG + str(entry.explanation.get(COUNTED, "")))
    return replace(entry, explanation={**entry.explanation, COUNTED: letters, YOUNG_PART: young_micros})


def _marked(entry: Entry, hold: Hold | None) -> Entry:
    if hold is None or not CAPS & set(hold.counted) or not entry.explanation.get("promised"):
        return entry
    letters = [letter for letter in hold.counted if letter in CAPS]
    explanation = {**entry.explanation, COUNTED: "".join(letters)}
    if spend_keys.YOUNG in letters:
        explanation[YOUNG_PART] = max(0, -entry.amount_micros - (hold.amount_micros - hold.young_micros))
    return replace(entry, explanation=explanation)


def young_part(last: Mapping[str, Any], charged_micros: int, price_micros: int) -> dict[str, int]:
    """The part of a new price that young money pays, of a call with this standing entry and charge: older money pays as
    much as it did.
    """
    if spend_keys.YOUNG not in last.get(COUNTED, ""):
        return {}
    older = max(0, charged_micros - last.get(YOUNG_PART, 0))
    return {YOUNG_PART: max(0, price_micros - older)}
