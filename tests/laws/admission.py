"""Admission in the seeded driver: the switch authorizes, extends, and ends calls; the operator freezes, limits, and
switches; holds expire. The expected decisions are computed from the contract alone.
"""

from datetime import timedelta
from typing import Any

from tests.laws.authorizing import Ask, ask, is_open, spent
from tests.laws.calls import COVERED, EMERGENCY, INCLUDED, PREMIUM, SOMETIMES, SUFFIXES, UNCOVERED
from tests.laws.driver import Driver, expect, operation
from tests.laws.limits import DEFAULTS, DOLLAR, MONEY, limits_of, stored
from tests.laws.lots import sweep_lots
from tests.laws.operations import queue
from tests.laws.prices import call_key, instant, moment, money

# ----------------------------------------------------------------------------------------------------------------------
# What happens
# ----------------------------------------------------------------------------------------------------------------------


def new_ask(driver: Driver) -> Ask:
    """A call that is about to begin, mostly on a permitted line to a permitted destination, and often on one whose
    budget refuses calls.
    """
    usable = [
        (pk.removeprefix("ACCOUNT#"), sk.removeprefix("LINE#"))
        for (pk, sk), line in driver.model.items.items()
        if sk.startswith("LINE#") and line["international_calling"] and is_open(driver.model.items[pk, "ACCOUNT"])
    ]
    account = driver.account()
    line = driver.rng.choice([*driver.ids(account, "LINE") * 6, "line_x"])
    if usable and driver.rng.random() < 0.85:
        account, line = driver.rng.choice(usable)
    limited = [one for one in usable if driver.budgets.limits_calls(*one, driver.now)]
    if limited and driver.rng.random() < 0.6:
        account, line = driver.rng.choice(limited)
    driver.calls.made += 1
    return {
        "call_id": f"held_{driver.calls.made}{driver.rng.choice(SUFFIXES)}",
        "account_id": account,
        "line_id": line,
        "to": driver.rng.choice(
            (*COVERED * 3, PREMIUM, SOMETIMES, UNCOVERED, INCLUDED[0], "411", driver.rng.choice(EMERGENCY))
        ),
        "requested_seconds": driver.rng.choice((1, 30, 60, 600, 600, 3600, 86_400)),
    }


@operation("ask before a call", 130)
def ask_before(driver: Driver) -> None:
    """Authorize a call, mostly of an account with credit, which is granted first if it is missing."""
    asked = new_ask(driver)
    account = asked["account_id"]
    balance = driver.model.items[f"ACCOUNT#{account}", "BALANCE"]
    available = balance["posted_micros"] - balance["held_micros"]
    if available < DOLLAR and driver.rng.random() < 0.8:
        amount = min(driver.rng.randint(1, 600_000) * 100 - available, 100_000 * DOLLAR)
        amount -= amount % 100  # An adjustment has at most four decimals, a price can have more.
        body = {"amount": money(amount), "reason": "Credit"}
        key = f"credit {call_key(asked['call_id'])}"
        shown = expect(driver.operate("POST", f"/accounts/{account}/adjustments", body, key=key), 201)
        driver.model.adjust(account, shown["id"], amount, "Credit", driver.now)
        driver.settle("adjust a balance")
    if driver.rng.random() < 0.6 and limits_of(driver, account)["daily_spend"] <= spent(driver, account):
        limit(driver, account, {"daily_spend": 1_000_000, "high_cost": 100})
        driver.settle("set the limits of an account")
    ask(driver, asked)
    driver.asks.append(asked)


def an_ask(driver: Driver) -> Ask:
    """An authorized call, recent ones more often."""
    if not driver.asks:
        ask_before(driver)
        driver.settle("ask before a call")
    return driver.rng.choice(driver.asks[-15:] if driver.rng.random() < 0.8 else driver.asks)


@operation("ask again", 90)
def ask_again(driver: Driver) -> None:
    """Repeat a request, for a longer or shorter time, and sometimes with the number of another call."""
    asked = dict(an_ask(driver))
    asked["requested_seconds"] = driver.rng.choice((asked["requested_seconds"], asked["requested_seconds"], 60, 7200))
    if driver.rng.random() < 0.1:
        asked["to"] = driver.rng.choice(COVERED)
    ask(driver, asked)


@operation("hang up", 130)
def hang_up(driver: Driver) -> None:
    """End authorized calls in any way, among unauthorized ones."""
    messages = []
    for asked in {
        asked["call_id"]: asked for asked in (an_ask(driver) for _ in range(driver.rng.randint(1, 4)))
    }.values():
        facts: dict[str, Any] = {"account": asked["account_id"], "call_id": asked["call_id"], "to": asked["to"]}
        chance = driver.rng.random()
        if chance < 0.3:
            facts["disposition"] = driver.rng.choice(("no_answer", "busy", "failed", "canceled"))
            facts["rings"] = driver.rng.randint(0, 30)
        elif chance < 0.4:
            facts["to"] = driver.rng.choice((*COVERED, UNCOVERED, INCLUDED[0], "911"))
        hold = driver.model.get(asked["account_id"], f"HOLD#{call_key(asked['call_id'])}")
        if hold is not None and chance >= 0.3 and driver.rng.random() < 0.5:
            facts["duration_seconds"] = hold["max_seconds"] + driver.rng.choice((-1, 0, 0, 1, 1, 2, 2, 3, 3600, 3601))
        call = driver.new_call(**facts)
        if chance < 0.3 and driver.rng.random() < 0.7:
            call["started_at"] = instant(driver.now - timedelta(seconds=call["rings"]))
        messages.append(driver.message(call | {"line_id": asked["line_id"]}))
    messages += driver.some_calls(2)
    driver.rng.shuffle(messages)
    queue(driver, messages)


@operation("try again after no answer", 40)
def try_again(driver: Driver) -> None:
    """An unanswered call frees its hold; its event, delivered again, does not free that of the next attempt."""
    ask_before(driver)
    driver.settle("ask before a call")
    asked = driver.asks[-1]
    facts = {"account": asked["account_id"], "call_id": asked["call_id"], "to": asked["to"], "disposition": "no_answer"}
    driver.now += timedelta(seconds=driver.rng.choice((0, 4, 12)))
    call = driver.new_call(**facts, rings=driver.rng.randint(0, 3))
    call["started_at"] = instant(driver.now - timedelta(seconds=call["rings"]))
    unanswered = [driver.calls.message(call, driver.now)]
    queue(driver, unanswered)
    driver.settle("hang up")
    driver.now += timedelta(seconds=driver.rng.choice((0, 4, 6, 31)))
    ask(driver, asked)
    driver.settle("ask again")
    driver.deliver(unanswered)


@operation("let time pass until holds expire", 40)
def expire(driver: Driver) -> None:
    """Expire the holds of calls that were never posted, and only those."""
    driver.now += timedelta(minutes=driver.rng.choice((1, 20, 40, 90)))
    given_up = 0
    for (pk, sk), hold in list(driver.model.items.items()):
        if sk.startswith("HOLD#") and hold["status"] == "live":
            lives = timedelta(seconds=120 + hold["max_seconds"], minutes=15)
            if moment(hold["authorized_at"]) + lives <= driver.now:
                driver.model.let_go(pk.removeprefix("ACCOUNT#"), sk.removeprefix("HOLD#"), "expired", driver.now)
                given_up += 1
    counted = driver.budgets.count_due(driver.now)
    steps = ({"budgets_counted": counted} if counted else {}) | sweep_lots(driver)
    done = driver.stack.invoke("expire_holds", {})
    assert done == {"holds_expired": given_up, "holds_changed": 0, "failed": 0, **steps}


@operation("freeze or unfreeze an account", 40)
def freeze(driver: Driver) -> None:
    """Freeze any account, or unfreeze one, mostly a frozen one, so that its calls resume."""
    account, is_frozen = driver.account(), driver.rng.random() < 0.3
    frozen = [pk for (pk, sk), item in driver.model.items.items() if sk == "ACCOUNT" and item.get("frozen_at")]
    if frozen and not is_frozen:
        account = driver.rng.choice(frozen).removeprefix("ACCOUNT#")
    shown = expect(driver.operate("PUT", f"/accounts/{account}", {"frozen": is_frozen}), 200)
    assert shown["frozen"] is is_frozen
    driver.model.store_account(account)
    if is_frozen:
        driver.model.freeze(account, "client:3n4exampleoperator", driver.now)
    else:
        driver.model.unfreeze(account, driver.now)


@operation("switch admission of an account", 15)
def switch_admission(driver: Driver) -> None:
    """Switch admission, mostly on; existing holds stay."""
    account, is_on = driver.account(), driver.rng.random() < 0.75
    shown = expect(driver.operate("PUT", f"/accounts/{account}", {"admission": is_on}), 200)
    assert shown["admission"] is is_on
    if driver.model.items[f"ACCOUNT#{account}", "ACCOUNT"]["admission"] is not is_on:
        driver.model.store_account(account, admission=is_on, admission_changed_at=instant(driver.now))
    driver.model.store_account(account)


@operation("set the limits of an account", 60)
def set_limits(driver: Driver) -> None:
    """Set tighter, wider, and default limits."""
    account = driver.account()
    limits = {
        "daily_spend": driver.rng.choice((None, 0, 5, 100_000)),
        "call_price": driver.rng.choice((None, 1, 500)),
        "simultaneous_calls": driver.rng.choice((None, 1, 2, 1000, 1000)),
        "high_cost": driver.rng.choice((None, 1, *[100] * 4)),
        "blocked": driver.rng.choice(([], [], ["GB", "JM"])),
        "high_cost_allowed": driver.rng.choice(([], [], ["US"])),
    }
    limit(driver, account, limits)


def limit(driver: Driver, account: str, limits: dict[str, Any]) -> None:
    """Set limits, money in dollars; None is the default."""
    money_of = [name for name in limits if name in MONEY and limits[name] is not None]
    body = limits | {name: f"{limits[name]}.00" for name in money_of}
    expect(driver.operate("PUT", f"/accounts/{account}", {"limits": body}), 200)
    said = driver.limits.get(account, {}) | limits | {name: limits[name] * DOLLAR for name in money_of}
    driver.limits[account] = {name: value for name, value in said.items() if value is not None}
    changed = {name: value for name, value in driver.limits[account].items() if value != DEFAULTS[name]}
    driver.model.store_account(account, limits=stored(changed) or None)
