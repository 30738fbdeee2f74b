"""Later prices in the seeded driver: waiting calls that are charged once a deck covers them, and charged calls that are
priced again. The expected table follows from the contract, without imports of calling_credit.
"""

from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

from tests.harness.table import BUCKET, _s3, sample_event
from tests.laws.driver import Driver, operation
from tests.laws.model import Model
from tests.laws.prices import Prices, moment, priced

BACK = "call_taken_back"
Entries = list[tuple[str, dict[str, Any]]]


def call_in(sk: str) -> tuple[str, ...]:
    """The time and id of an entry's call."""
    return tuple(sk.split("#")[1:3])


def named(sk: str, entry: dict[str, Any]) -> tuple[str, str]:
    """The time and the id of an entry's call."""
    happened_at, key = call_in(sk)
    return happened_at, entry.get("call_id") or key


def standing(entries: Entries) -> Entries:
    """The last entry of each call in the order of keys, unless it is a reversal."""
    last = [list(of_call)[-1] for _, of_call in groupby(entries, key=lambda found: call_in(found[0]))]
    return [(sk, entry) for sk, entry in last if entry.get("kind") != BACK]


def late_row(prices: Prices, facts: dict[str, Any], now: datetime) -> dict[str, Any] | None:
    """The row in effect when a call was made, else the first that has priced its number since."""
    at = moment(facts["started_at"])
    row = prices.row(facts["to"], facts["from"], at)
    later = sorted({row["from"] for rows in prices.rows.values() for row in rows if row["from"] > at})
    while row is None and later and later[0] <= now:
        row = prices.row(facts["to"], facts["from"], later.pop(0))
    return row


# ----------------------------------------------------------------------------------------------------------------------
# Decks
# ----------------------------------------------------------------------------------------------------------------------


@operation("drop a deck into the bucket", 12)
def drop_a_deck(driver: Driver) -> None:
    """Upload a deck, announced once or twice; one with errors changes nothing, law 4, nor does one with findings until
    the operator allows them.
    """
    event = sample_event("publish_rates")
    key = event["detail"]["object"]["key"] = f"incoming/{driver.now:%Y%m%dT%H%M%S%f}.csv"
    data = driver.calls.deck()
    broken = driver.rng.random() < 0.3
    _s3().put_object(Bucket=BUCKET, Key=key, Body=data + b"\n44,no more" if broken else data)
    told = driver.stack.invoke("publish_rates", event, seconds=300)
    again = driver.stack.invoke("publish_rates", event, seconds=300)
    assert told["outcome"] == again["outcome"]
    assert (told["outcome"] == "refused") is broken
    if told["outcome"] == "needs_approval":
        allow(driver, told["version"], data)
    if not broken:
        driver.model.decks.put(Prices(told["version"], data), driver.now)


def allow(driver: Driver, version: str, data: bytes) -> None:
    """Publish a deck as the command does with the counts of the report."""
    publisher, uploaded = driver.stack.apps["publish_rates"].decks, datetime.strptime(version[:16], "%Y%m%dT%H%M%S%z")
    check = publisher.check(data, uploaded, driver.now)
    assert check.version == version
    outcome = publisher.publish(data, check, datetime.now(UTC) + timedelta(seconds=1), driver.now, check.counts)
    assert outcome == "published"
    driver.model.count("deck allowed")


# ----------------------------------------------------------------------------------------------------------------------
# Waiting calls
# ----------------------------------------------------------------------------------------------------------------------


@operation("rate what waits for a price", 60)
def rate_waiting(driver: Driver) -> None:
    """Charge every waiting call that a deck covers, under its own key; a second sweep finds nothing."""
    driver.stack.apps["rerate_calls"].facts._cache.clear()
    driver.stack.invoke("rerate_calls", {}, seconds=300)
    model = driver.model
    for pk, sk in sorted(key for key in model.items if key[1].startswith("UNRATED#")):
        account, facts = pk.removeprefix("ACCOUNT#"), model.told[pk.removeprefix("ACCOUNT#"), sk]
        if "outcome" not in model.items[pk, sk]:
            settle_waiting(model, account, sk, facts, driver.now)
    driver.settle("rate what waits for a price")
    driver.stack.invoke("rerate_calls", {}, seconds=300)
    driver.settle("", unchanged=True)
    driver.done["rate what waits for a price"] -= 1


def settle_waiting(model: Model, account: str, sk: str, facts: dict[str, Any], now: datetime) -> None:
    """Pick one."""
    found = model.decks.of_call(facts | {"from": model.calling[account, sk]}, now)
    if found is None:
        return
    row = found[1]
    model.deck_of[account, sk.removeprefix("UNRATED#")] = found[0].version
    entry = sk.replace("UNRATED#", "ENTRY#")
    if row["category"] == "included":
        outcome = "free"
    elif model.get(account, entry):
        outcome = "charged_before"
    else:
        outcome = "rated"
        model.callers[account, entry.removeprefix("ENTRY#")] = model.calling[account, sk]
        model.kept_promises.pop((account, entry.removeprefix("ENTRY#")), None)
        model.charge(facts, row, model.zone(account), entry)
    model.put(account, sk, outcome=outcome)
    model.outcomes[f"waited: {outcome}"] = model.outcomes.get(f"waited: {outcome}", 0) + 1


# ----------------------------------------------------------------------------------------------------------------------
# Charged calls
# ----------------------------------------------------------------------------------------------------------------------


@operation("price calls again", 45)
def price_again(driver: Driver) -> None:
    """Price calls again: first as a dry run, law 4, then applied, then repeated, law 3."""
    account, (first, last) = driver.account(), driver.period()
    asked = {"account_id": account, "from": first, "to": last}
    tried = rounds(driver, asked | {"apply": False})
    driver.settle("", unchanged=True)
    posted = rounds(driver, asked | {"apply": True})
    corrected = correct(driver.model, account, first, last, driver.now)
    assert tried == posted == corrected, f"{tried} {posted} {corrected}"
    driver.settle("price calls again")
    assert rounds(driver, asked | {"apply": True}) == 0
    driver.settle("", unchanged=True)
    driver.done["price calls again"] -= 1


def rounds(driver: Driver, asked: dict[str, Any]) -> int:
    """The number of changed calls over all rounds."""
    changed = 0
    position: str | None = None
    while True:
        told = driver.stack.invoke("rerate_calls", {"reprice": asked | {"position": position}}, seconds=300)
        changed += int(told["changed"])
        position = told["position"]
        if position is None:
            return changed


def correct(model: Model, account: str, first: str, last: str, now: datetime) -> int:
    """Reverse and charge again the calls that the deck prices differently; their number."""
    charged = [(sk, entry) for sk, entry in model.of(account, "ENTRY#") if entry["category"] != "adjustment"]
    corrected, prices = 0, model.decks.at(now)
    for _, of_call in groupby(charged, key=lambda found: call_in(found[0])):
        entries = list(of_call)
        (sk, _), (last_sk, entry) = entries[0], entries[-1]
        first_sk = "#".join(sk.split("#")[:3])
        facts = model.told[account, first_sk]
        row = late_row(prices, facts | {"from": model.calling[account, first_sk]}, now)
        if row is None or not first <= entry["local_date"] <= last:
            continue
        billed, micros = priced(row, facts)
        is_charged = entry.get("kind") != BACK
        stands = (-entry["amount_micros"], entry["category"]) if is_charged else (0, None)
        if stands == (micros, row["category"] if row["category"] != "included" else None):
            continue
        corrected += 1
        number = int(last_sk.split("#")[4]) + 1 if last_sk.count("#") > 2 else 1
        begin = f"{sk.split('#rerate#')[0]}#rerate#{number:04d}"
        kept = {"to": facts["to"], "user_id": facts["user_id"], "local_date": entry["local_date"]}
        kept["call_id"] = entry.get("call_id")
        if is_charged:
            back = {name: entry[name] for name in ("category", "prefix", "deck")} | {"kind": BACK}
            model.enter(account, f"{begin}#credit", stands[0], -entry["billed_seconds"], **kept, **back)
        if row["category"] != "included":
            anew = {"category": row["category"], "prefix": row["prefix"], "deck": prices.version}
            model.enter(account, f"{begin}#debit", -micros, billed, **kept, **anew)
    model.outcomes["priced again"] = model.outcomes.get("priced again", 0) + corrected
    return corrected
