"""What entries and holds make the counters of spending, written from the contract alone: law 17."""

from collections.abc import Iterable, Mapping
from typing import Any

OWNERS = {"LINE": ("L", "line_id"), "USER": ("U", "user_id")}


def check_spending(items: Iterable[Mapping[str, Any]]) -> dict[str, tuple[int | None, int, int, int]]:
    """Check the counters of one account's items, and return limit, spent, held, and left of each by sort key.

    Left is limit - spent - held, held is what the live holds that name the counter hold, and spent is what the
    entries that name it cost. Once a counter is counted, that is what all entries of its line or user and month cost.
    """
    of_kind: dict[str, list[Mapping[str, Any]]] = {}
    for item in items:
        of_kind.setdefault(item["SK"].split("#")[0], []).append(item)
    found = {}
    for counter in of_kind.get("SPENT", []):
        _, period, kind, *name = counter["SK"].split("#")
        if kind in OWNERS:
            found[counter["SK"]] = _check_counter(of_kind, counter, kind, name[0], period)
    _check_names(of_kind, found)
    return found


def _check_counter(
    of_kind: Mapping[str, list[Mapping[str, Any]]], counter: Mapping[str, Any], kind: str, name: str, period: str
) -> tuple[int | None, int, int, int]:
    letter, attribute = OWNERS[kind]
    limit, spent = counter.get("limit_micros"), counter.get("spent_micros", 0)
    held, left = counter.get("held_micros", 0), counter["left_micros"]
    is_in_force = is_counted(of_kind, kind, name, period)
    of_month = [one for one in _calls(of_kind) if one.get(attribute) == name and one["local_date"].startswith(period)]
    costs = sum(-entry["amount_micros"] for entry in of_month if _counts(entry, letter, counter, is_in_force))
    live = [hold for hold in of_kind.get("HOLD", []) if hold["status"] == "live" and letter in hold.get("counted", "")]
    holds = sum(hold["amount_micros"] for hold in live if _is_of(hold, attribute, name, period))
    assert (spent, held, left) == (costs, holds, (limit or 0) - spent - held), counter["SK"]
    return limit, spent, held, left


def is_counted(of_kind: Mapping[str, list[Mapping[str, Any]]], kind: str, name: str, period: str) -> bool:
    """Whether the budget of a line or user counts a month."""
    [owner] = [item for item in of_kind[kind] if item["SK"] == f"{kind}#{name}"]
    if "budget_from" not in owner or owner["budget_month"] > period:
        return False
    return "budget_micros" in owner or period <= owner["budget_until"]


def _calls(of_kind: Mapping[str, list[Mapping[str, Any]]]) -> list[Mapping[str, Any]]:
    return [entry for entry in of_kind.get("ENTRY", []) if entry["kind"] in ("call_charged", "call_taken_back")]


def _counts(entry: Mapping[str, Any], letter: str, counter: Mapping[str, Any], is_in_force: bool) -> bool:
    """Whether an entry of the counter's owner and month is in its sum."""
    if letter in entry.get("counted", ""):
        return True
    if "counting" in counter:
        return bool(entry["SK"] <= counter["counting"])
    return is_in_force or "counted_at" in counter


def _is_of(hold: Mapping[str, Any], attribute: str, name: str, period: str) -> bool:
    return hold[attribute] == name and bool(hold["counted_on"].startswith(period))


def _check_names(of_kind: Mapping[str, list[Mapping[str, Any]]], found: Mapping[str, Any]) -> None:
    """Every entry and live hold that counts names a counter that exists, unless it adds nothing."""
    for kind, (letter, attribute) in OWNERS.items():
        for entry in _calls(of_kind):
            if letter in entry.get("counted", "") and entry["amount_micros"]:
                assert f"SPENT#{entry['local_date'][:7]}#{kind}#{entry[attribute]}" in found
        for hold in of_kind.get("HOLD", []):
            if letter in hold.get("counted", "") and hold["amount_micros"]:
                assert f"SPENT#{hold['counted_on'][:7]}#{kind}#{hold[attribute]}" in found
