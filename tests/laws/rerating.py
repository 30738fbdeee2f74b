"""Later prices in the seeded driver: waiting calls that are charged once a deck covers them, and charged calls that are
priced again. The expected table follows from the contract, without imports of calling_credit.
"""

from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from tests.harness.table import BUCKET, _s3, sample_event
from tests.laws.driver import Driver, operation
from tests.laws.model import Model
from tests.laws.prices import Prices, billable, moment, price

BACK = "call_taken_back"
NO_CALLS = ("adjustment", "goodwill", "transfer", "promotion", "credit_expired")
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
    if told["outcome"] == "needs_approval" and not broken:
        allow(driver, told["version"], data)
    else:
        assert told["outcome"] == ("refused" if broken else "published")
    if not broken:
        driver.model.decks.put(Prices(told["version"], data), driver.now)


def allow(driver: Driver, version: str, data: bytes) -> None:
    """Publish a deck as the command does with the counts of the report.

    The deck counts as requested when it was uploaded, so that it does not supersede a deck dropped in the same second.
    """
    publisher, uploaded = driver.stack.apps["publish_rates"].decks, datetime.strptime(version[:16], "%Y%m%dT%H%M%S%z")
    check = publisher.check(data, uploaded, driver.now)
    assert check.version == version
    outcome = publisher.publish(data, check, uploaded + timedelta(seconds=1), driver.now, check.counts)
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
    """Price calls again, by the deck in force when each began or by the active one, with or without promised and
    corrected calls: first as a dry run, law 4, then applied, then repeated, law 3.
    """
    account, (first, last) = driver.account(), driver.period()
    flags = {name: driver.rng.random() < 0.3 for name in ("even_promised", "even_corrected")}
    deck = {"deck": "active"} if driver.rng.random() < 0.5 else {}
    asked = {"account_id": account, "from": first, "to": last, "by": "ops", **flags, **deck}
    tried = rounds(driver, asked | {"apply": False})
    driver.settle("", unchanged=True)
    posted = rounds(driver, asked | {"apply": True})
    rerated = rerate(driver.model, asked, driver.now)
    assert tried == posted == rerated, f"{tried} {posted} {rerated}"
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


def calls_of(model: Model, account: str) -> list[Entries]:
    """The entries of each charged call of an account."""
    charged = [(sk, entry) for sk, entry in model.of(account, "ENTRY#") if entry["category"] not in NO_CALLS]
    return [list(of_call) for _, of_call in groupby(charged, key=lambda found: call_in(found[0]))]


def rerate(model: Model, asked: dict[str, Any], now: datetime) -> int:
    """Replace the charges of the calls that their deck prices differently; their number."""
    rerated = 0
    for entries in calls_of(model, asked["account_id"]):
        entry = entries[-1][1]
        is_promised = entry.get("kind") != BACK and entry.get("promised")
        if entry["to"].endswith("…"):  # Its price cannot be found without its last digits.
            continue
        if (is_promised and not asked["even_promised"]) or (entry.get("correction") and not asked["even_corrected"]):
            continue
        first_sk = entries[0][0]
        facts = model.told[asked["account_id"], first_sk] | {"from": model.calling[asked["account_id"], first_sk]}
        found = model.decks.of_call(facts, now)
        if "deck" in asked:
            prices = model.decks.at(now)
            row = late_row(prices, facts, now)
            found = None if row is None else (prices, row)
        if found is None or not asked["from"] <= entry["local_date"] <= asked["to"]:
            continue
        seconds = billable(entry["duration_seconds"], entry.get("granted_seconds"))
        row = None if found[1]["category"] == "included" else found[1]
        billed, micros = (0, 0) if row is None else price(row, seconds) if seconds else (0, 0)
        standing_price = None if entry.get("kind") == BACK else (-entry["amount_micros"], entry["category"])
        if standing_price == (None if row is None else (micros, row["category"])):
            continue
        rerated += 1
        replace(model, asked["account_id"], entries, row, (billed, micros), deck=found[0].version)
    model.outcomes["priced again"] = model.outcomes.get("priced again", 0) + rerated
    return rerated


def replace(
    model: Model,
    account: str,
    entries: Entries,
    row: dict[str, Any] | None,
    figures: tuple[int, int],
    **anew: Any,
) -> int:
    """Take back the standing charge of a call, and charge billed seconds and micros by a row (None: nothing). Return
    the goodwill that is taken back with it.
    """
    (first_sk, _), (last_sk, entry) = entries[0], entries[-1]
    number = int(last_sk.split("#")[4]) + 1 if last_sk.count("#") > 2 else 1
    begin = f"{first_sk}#rerate#{number:04d}"
    names = ("to", "user_id", "local_date", "call_id", "duration_seconds", "granted_seconds")
    kept = {name: entry.get(name) for name in names}
    kept["correction"] = anew.pop("correction", entry.get("correction"))
    if entry.get("kind") != BACK:
        back = {name: entry[name] for name in ("category", "prefix", "deck")} | {"kind": BACK}
        model.enter(account, f"{begin}#credit", -entry["amount_micros"], -entry["billed_seconds"], **kept, **back)
    if row is not None:
        said = kept | {"category": row["category"], "prefix": row["prefix"], "deck": entry["deck"]} | anew
        model.enter(account, f"{begin}#debit", -figures[1], figures[0], **said)
        model.rows[account, first_sk] = row
    _, happened_at, call = first_sk.split("#")
    return model.lower_goodwill(account, (happened_at, call), 0 if row is None else figures[1])
