"""The decision and hold of an authorization, computed from the contract alone."""

from datetime import timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from tests.laws.calls import EMERGENCY
from tests.laws.driver import Driver, expect
from tests.laws.limits import DOLLAR, limits_of, names
from tests.laws.prices import call_key, exact_price, instant, moment, money, price, steps

COUNTRIES = {"+44": "GB", "+81": "JP", "+33": "FR", "+39": "IT", "+91": "IN", "+187": "JM", "+190": "US", "+870": "001"}
ANNOUNCED = {
    "account_frozen",
    "destination_blocked",
    "high_cost_destination",
    "simultaneous_calls_limit",
    "call_price_limit",
    "daily_spend_limit",
}
Ask = dict[str, Any]
Answer = dict[str, Any]


def ask(driver: Driver, asked: Ask) -> None:
    """Authorize a call with the function and the model, and compare them. On a busy machine, it may say `try_again`,
    which changes nothing.
    """
    while (answer := driver.ask("authorize_call", "POST", "/calls/authorize", asked)).status == 503:
        assert answer.code == "try_again"
        driver.settle("", unchanged=True)
    expected = authorized(driver, asked)
    if expected is None:
        assert expect(answer, 409)["code"] == "call_id_reused"
        return
    shown = expect(answer, 200)
    said = {name: shown[name] for name in ("decision", "reason", "max_seconds", "rate_per_minute", "held")}
    said["limited_by"] = shown.get("limited_by")
    assert said == expected, f"{said} instead of {expected} to {asked}"
    driver.model.count(f"asked: {expected['reason'] or 'allowed'}")


def authorized(driver: Driver, asked: Ask) -> Answer | None:
    """The decision and its hold; None for the id of another call."""
    model, account, number = driver.model, asked["account_id"], asked["to"]
    if number in EMERGENCY:
        return told(None, asked["requested_seconds"], None, 0)
    line = model.get(account, f"LINE#{asked['line_id']}")
    hold = model.get(account, f"HOLD#{call_key(asked['call_id'])}")
    if hold is not None and (hold["status"], hold.get("ended_as")) == ("released", "unanswered"):
        hold = None
        model.count("asked: a new attempt")
    calling, is_code = line["number"] if line else "", number[0] != "+"
    decks = model.decks
    row = (
        decks.short_code(number, calling, driver.now)
        if is_code
        else decks.at(driver.now).row(number, calling, driver.now)
    )
    if hold is None and (is_code if row is None else row["category"] == "included"):
        return free(driver, asked, row)
    if hold is not None and (hold["to"], hold["line_id"]) != (number, asked["line_id"]):
        return None
    if hold is not None:
        row = model.promised[account, asked["call_id"]][0]
    standing = (hold["max_seconds"], hold["amount_micros"]) if hold and hold["status"] == "live" else (0, 0)
    reason = refused(driver, asked, hold, line, row)
    if reason is None:
        assert row is not None
        return grant(driver, asked, hold, row)
    announce(driver, asked, reason)
    return told(reason, standing[0], row, standing[1], reason if standing[0] else None)


def free(driver: Driver, asked: Ask, row: dict[str, Any] | None) -> Answer:
    """The answer for a call that costs nothing, for which only the account counts."""
    reason = refused_by_the_account(driver.model.get(asked["account_id"], "ACCOUNT"))
    if reason is not None:
        announce(driver, asked, reason)
    return told(reason, 0 if reason else asked["requested_seconds"], row, 0)


def told(
    reason: str | None, seconds: int, row: dict[str, Any] | None, held: int, limited_by: str | None = None
) -> Answer:
    """An answer."""
    return {
        "decision": "deny" if reason else "allow",
        "reason": reason,
        "max_seconds": seconds,
        "rate_per_minute": None if row is None else money(int(Fraction(row["rate_per_minute"]) * DOLLAR)),
        "held": money(held),
        "limited_by": limited_by,
    }


def refused(driver: Driver, asked: Ask, hold: Any, line: Any, row: Any) -> str | None:
    """The first reason that does not depend on money."""
    account = driver.model.get(asked["account_id"], "ACCOUNT")
    if hold is not None and hold["status"] != "live":
        return "call_finished" if hold["status"] == "released" else "hold_expired"
    reason = refused_by_the_account(account)
    if reason is not None:
        return reason
    if line is None:
        return "unknown_line"
    if asked["to"][0] == "+" and not line["international_calling"]:
        return "international_calling_off"
    return refused_by_a_limit(driver, asked, hold, row)


def refused_by_the_account(account: dict[str, Any] | None) -> str | None:
    """Why the account may make no call but emergency calls."""
    if account is None:
        return "unknown_account"
    if not is_open(account):
        return "account_closed" if account["status"] == "closed" else "account_frozen"
    return None


def refused_by_a_limit(driver: Driver, asked: Ask, hold: Any, row: Any) -> str | None:
    """The first reason that depends on the destination or the number of calls."""
    country = next((name for prefix, name in COUNTRIES.items() if asked["to"].startswith(prefix)), "")
    limits, is_place = limits_of(driver, asked["account_id"]), asked["to"][0] == "+"
    if names(limits["blocked"], asked["to"], country):
        return "destination_blocked"
    if row is None:
        return "destination_unrated"
    later = [-(-60 // length) * length * Fraction(rate) / 60 for _, rate, length in steps(row)]
    minute = max([exact_price(row, 60)[1], *later])
    is_costly = is_place and minute * DOLLAR > limits["high_cost"]
    if is_costly and not names(limits["high_cost_allowed"], asked["to"], country):
        return "high_cost_destination"
    live = driver.model.items[f"ACCOUNT#{asked['account_id']}", "BALANCE"]["live_holds"]
    return "simultaneous_calls_limit" if hold is None and live >= limits["simultaneous_calls"] else None


def grant(driver: Driver, asked: Ask, hold: Any, row: dict[str, Any]) -> Answer:
    """The allowed seconds and their hold."""
    model, account, seconds, now = driver.model, asked["account_id"], asked["requested_seconds"], driver.now
    balance, limits = model.items[f"ACCOUNT#{account}", "BALANCE"], limits_of(driver, account)
    own, granted = (hold["amount_micros"], hold["max_seconds"]) if hold else (0, 0)
    if hold is not None:
        again = timedelta(seconds=min(30, seconds / 2))
        if hold["asked_seconds"] == seconds and now - moment(hold["asked_at"]) < again:
            repeat(driver, asked, hold)
            return told(None, granted, row, own, hold.get("limited_by"))
        since = now - moment(hold["authorized_at"])
        seconds += 0 if since < again else since // timedelta(seconds=1)
    limited_by = "maximum_duration" if seconds > 86_400 else None
    seconds = min(seconds, 86_400)
    if seconds <= granted:
        repeat(driver, asked, hold)
        return told(None, granted, row, own, limited_by)
    counted, of_budgets = driver.budgets.of_call(account, asked["line_id"], hold, now)
    rooms = {
        "call_price_limit": limits["call_price"],
        "daily_spend_limit": limits["daily_spend"] - spent(driver, account) - balance["held_micros"] + own,
        **of_budgets,
        "insufficient_credit": balance["posted_micros"] - balance["held_micros"] + own,
    }
    longest = {reason: affordable(row, room, seconds) for reason, room in rooms.items()}
    for reason, most in longest.items():
        if most <= granted:
            announce(driver, asked, reason)
            return told(reason, granted, row, own, reason if granted else None)
    for reason, most in longest.items():
        if most < seconds:
            seconds, limited_by = most, reason
    amount = price(row, seconds)[1]
    settings = model.items[f"ACCOUNT#{account}", "ACCOUNT"]
    changed = settings.get("admission_changed_at")
    is_on = settings["admission"] and (changed is None or now - moment(changed) >= timedelta(minutes=2))
    prices = (row["rate_per_minute"], row["connection_fee"], *(rate for _, rate, _ in steps(row)))
    if hold is None and not (is_on and any(map(Fraction, prices))):
        return told(None, seconds, row, 0, limited_by)
    said = {"amount_micros": amount, "max_seconds": seconds, "asked_at": instant(now)}
    said |= {"asked_seconds": asked["requested_seconds"], "limited_by": limited_by, "repeated_at": None}
    if hold is None:
        said |= {"status": "live", "to": asked["to"], "line_id": asked["line_id"], "authorized_at": instant(now)}
        version = model.decks.at(now).version
        said |= {"deck": version, "ended_at": None, "ended_as": None}
        line = model.items[f"ACCOUNT#{account}", f"LINE#{asked['line_id']}"]
        model.promised[account, asked["call_id"]] = (row, version, line["number"])
    said |= counted
    model.put(account, f"HOLD#{call_key(asked['call_id'])}", **said)
    model.held(account, amount - own, int(hold is None))
    return told(None, seconds, row, amount, limited_by)


def repeat(driver: Driver, asked: Ask, hold: Any) -> None:
    """Record that a hold was asked for again; a request within 5 seconds changes nothing."""
    if driver.now - moment(hold.get("repeated_at") or hold["asked_at"]) > timedelta(seconds=5):
        sk = f"HOLD#{call_key(asked['call_id'])}"
        driver.model.put(asked["account_id"], sk, repeated_at=instant(driver.now))


def affordable(row: dict[str, Any], room: int, most: int) -> int:
    """The longest call within the seconds and the price, by bisection."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if price(row, middle)[1] <= room else (low, middle - 1)
    return low


def spent(driver: Driver, account: str) -> int:
    """The cost of the account's day in the categories of every deck."""
    date = driver.now.astimezone(ZoneInfo(driver.model.zone(account))).date().isoformat()
    days = [driver.model.get(account, f"DAY#{date}#{category}") for category in driver.model.decks.categories]
    total: int = sum(day["total_micros"] for day in days if day)
    return max(0, -total)


def announce(driver: Driver, asked: Ask, reason: str) -> None:
    """Store an announced refusal at most once an hour, and again after an unfreezing."""
    account, now = asked["account_id"], driver.now
    if reason in ANNOUNCED:
        known = driver.model.get(account, "DENIAL#") or {"announced": {}, "denials": 0}
        since = (driver.model.get(account, "ACCOUNT") or {}).get("freeze_links_after", "")
        recent = {other: at for other, at in known["announced"].items() if at > since}
        if recent.get(reason, "") <= instant(now - timedelta(hours=1)):
            announced = recent | {reason: instant(now)}
            said = {"reason": reason, "denied_at": instant(now), "call_id": call_key(asked["call_id"])}
            driver.model.put(account, "DENIAL#", announced=announced, denials=known["denials"] + 1, **said)


def is_open(account: dict[str, Any]) -> bool:
    """Whether an account may make calls at all."""
    return account["status"] == "open" and not account.get("frozen_at")
