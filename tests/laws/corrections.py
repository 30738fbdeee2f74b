"""Corrections, and the switch of daily sums, in the seeded driver. The expected entries follow from the contract, not
from calling_credit.
"""

import hashlib
from typing import Any

from tests.laws.driver import Driver, expect, operation
from tests.laws.prices import billable, instant, money, price
from tests.laws.rerating import BACK, Entries, calls_of, replace


@operation("correct or waive a call", 60)
def correct_a_call(driver: Driver) -> None:
    """State another duration of any charged call, or waive it; then repeat the request, law 3, and misuse its key."""
    account = driver.account()
    calls = calls_of(driver.model, account)
    if not calls:
        return
    entries = driver.rng.choice(calls)
    entry, key = entries[-1][1], f"correction {driver.now.timestamp()}"
    seconds = driver.rng.choice((None, 0, 1, 59, 61, 3_600, 43_201, entry["duration_seconds"]))
    stated: dict[str, Any] = {"waive": True} if seconds is None else {"duration_seconds": seconds}
    _, happened_at, call = entries[0][0].split("#")
    body = {"started_at": happened_at, "reason": "Test", **stated}
    path = f"/accounts/{account}/calls/{call}/corrections"
    shown = expect(driver.operate("POST", path, body, key=key), 201)
    before = figures(entry)
    taken = state(driver, account, entries, seconds, key)
    after = figures(calls_of(driver.model, account)[calls.index(entries)][-1][1])
    assert (shown["before"], shown["after"]) == (view(*before), view(*after))
    assert shown["difference"] == money(before[1] - after[1] - taken)
    assert shown.get("goodwill_taken_back", money(0)) == money(taken)
    driver.model.take(before[1] - after[1] - taken, driver.now)
    assert shown["balance"] == money(driver.model.items[f"ACCOUNT#{account}", "BALANCE"]["posted_micros"])
    driver.settle("correct or waive a call")
    assert expect(driver.operate("POST", path, body, key=key), 201) == shown
    expect(driver.operate("POST", path, body | {"reason": "Other"}, key=key), 409)
    driver.settle("", unchanged=True)
    driver.done["correct or waive a call"] -= 1


def figures(entry: dict[str, Any]) -> tuple[int, int]:
    """The duration of a call and its standing charge."""
    return entry["duration_seconds"], 0 if entry.get("kind") == BACK else -entry["amount_micros"]


def view(seconds: int, micros: int) -> dict[str, Any]:
    """The figures in the form of the API."""
    return {"duration_seconds": seconds, "price": money(micros)}


def state(driver: Driver, account: str, entries: Entries, seconds: int | None, key: str) -> int:
    """Claim the key; if the correction states anything new, take back the standing charge and charge the call again.
    Return the goodwill that is taken back.
    """
    model, (first_sk, _), entry = driver.model, entries[0], entries[-1][1]
    identifier = f"cor_{hashlib.sha256(f'{len(account)}:{account}{key}'.encode()).hexdigest()[:32]}"
    stated = {"stated_seconds": seconds, "reason": "Test", "corrected_by": "client:3n4exampleoperator"}
    model.put(account, f"CORRECTION#{identifier}", **stated)
    suspicious = first_sk.replace("ENTRY#", "SUSPICIOUS#", 1)
    listed = model.get(account, suspicious)
    if listed is not None and "outcome" not in listed:
        model.put(account, suspicious, outcome="corrected")
    waived = bool(entry.get("waived"))
    if (seconds is None and waived) or (seconds == entry["duration_seconds"] and not waived):
        return 0
    row, is_free = model.rows[account, first_sk], entry.get("kind") == BACK
    duration = entry["duration_seconds"] if seconds is None else seconds
    billed, micros = price(row, billable(duration, entry.get("granted_seconds"))) if seconds else (0, 0)
    corrected = {"correction": identifier, "duration_seconds": duration, "waived": seconds is None or None}
    if entry.get("promised") and not is_free:
        corrected["promised"] = True
    row = row | {"category": entry["category"], "prefix": entry["prefix"]}
    if is_free:
        row = row | {"rate_per_minute": "0", "connection_fee": "0", "rate_steps": ""}
    model.count("corrected")
    return replace(model, account, entries, row, (billed, 0 if is_free else micros), **corrected)


@operation("keep daily sums, or stop", 25)
def switch_breakdown(driver: Driver) -> None:
    """Keep daily sums by user, line, and country, mostly; calls count while the settings that posting knows say so."""
    account, is_on = driver.account(), driver.rng.random() < 0.8
    assert expect(driver.operate("PUT", f"/accounts/{account}", {"breakdown": is_on}), 200)["breakdown"] is is_on
    since = driver.model.items[f"ACCOUNT#{account}", "ACCOUNT"].get("breakdown_since") or instant(driver.now)
    driver.model.store_account(account, breakdown_since=since if is_on else None)
