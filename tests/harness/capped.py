"""What entries and holds make the counters of caps, written from the contract alone."""

from collections.abc import Iterable, Mapping
from typing import Any

Image = Mapping[str, Any]


def check_caps(items: Iterable[Image]) -> dict[str, tuple[int, int, int, int]]:
    """Check the counters of caps of one account's items; return limit, spent, held, and left of each by sort key.

    Left is limit - spent - held, spent is what the entries that name the counter count, and held what its live holds
    do. Each has a time at which it is deleted.
    """
    of_kind: dict[str, list[Image]] = {}
    for item in items:
        of_kind.setdefault(item["SK"].split("#")[0], []).append(item)
    found = {}
    for counter in of_kind.get("SPENT", []):
        _, day, kind, *country = counter["SK"].split("#")
        if kind not in ("COUNTRY", "YOUNG"):
            continue
        letter = "C" if kind == "COUNTRY" else "Y"
        entries = [one for one in of_kind.get("ENTRY", []) if _is_of(one, letter, one["local_date"], day, country)]
        live = [one for one in of_kind.get("HOLD", []) if one["status"] == "live"]
        holds = [one for one in live if _is_of(one, letter, one.get("counted_on", ""), day, country)]
        spent, held = sum(_spent(one, letter) for one in entries), sum(_held(one, letter) for one in holds)
        limit, left = counter.get("limit_micros", 0), counter["left_micros"]
        assert (counter.get("spent_micros", 0), counter.get("held_micros", 0)) == (spent, held), counter["SK"]
        assert left == limit - spent - held, counter["SK"]
        assert "expires_at" in counter, counter["SK"]
        found[counter["SK"]] = (limit, spent, held, left)
    return found


def _is_of(item: Image, letter: str, counted_on: str, day: str, country: list[str]) -> bool:
    return letter in item.get("counted", "") and counted_on == day and country in ([], [item["country"]])


def _spent(entry: Image, letter: str) -> int:
    if letter == "C":
        return -int(entry["amount_micros"])
    young = int(entry["young_micros"])
    return young if entry["kind"] == "call_charged" else -young


def _held(hold: Image, letter: str) -> int:
    return int(hold["amount_micros"] if letter == "C" else hold["young_micros"])
