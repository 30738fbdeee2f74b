"""Budgets of lines and users in the seeded driver: admins set and end them, users ask for more, and admins raise them.
The expected table follows from the contract alone.
"""

from typing import Any

from tests.laws.authorizing import is_open
from tests.laws.budget_model import Owner, key_of, loosens, refuses
from tests.laws.driver import Driver, expect, operation
from tests.laws.limits import DOLLAR
from tests.laws.prices import instant, money
from tests.laws.recipients import PERSON


@operation("set a budget", 110)
def set_budget(driver: Driver) -> None:
    """Set or end the budget of a line or user, often near what it has spent. A frozen account allows nothing more,
    law 4.
    """
    model, rng = driver.model, driver.rng
    usable = [one for one in driver.accounts() if is_open(model.items[f"ACCOUNT#{one}", "ACCOUNT"])]
    account = rng.choice(usable) if usable and rng.random() < 0.7 else driver.account()
    kind = rng.choice(("LINE", "USER"))
    owner = (account, kind, rng.choice(driver.ids(account, kind)))
    spent = driver.budgets.spending.costs[key_of(owner, driver.budgets.month(account, driver.now))]
    monthly = rng.choice((None, 0, 5, 2_000, *(spent // DOLLAR + rng.randint(0, 60) for _ in range(5))))
    monthly, at = None if monthly is None else monthly * DOLLAR, rng.choice(("refuse", "refuse", "refuse", "tell"))
    path = f"/{kind.lower()}s/{owner[2]}/budget"
    body = {"monthly": None if monthly is None else money(monthly), "at": at}
    answer = driver.customer(account, "PUT", path, body)
    stored, before = model.items[f"ACCOUNT#{account}", "ACCOUNT"], driver.budgets.of(owner)
    if stored.get("frozen_at") and loosens(before, monthly, at):
        assert expect(answer, 403)["code"] == "account_frozen"
        model.count("budget: account_frozen")
        driver.settle("", unchanged=True)
        return
    is_new = driver.budgets.change(owner, monthly, at, driver.now)
    model.count(f"budget: {'the same' if not is_new else 'ended' if monthly is None else f'set to {at}'}")
    if is_new and kind == "LINE":
        line = model.items[f"ACCOUNT#{account}", f"LINE#{owner[2]}"]
        model.put(account, f"LINE#{owner[2]}", line_version=line["line_version"] + 1)
    elif is_new and not stored.get("has_user_budgets"):
        model.put(account, "ACCOUNT", has_user_budgets=True)
    driver.settle("set a budget")
    driver.done["set a budget"] -= 1
    assert expect(answer, 200) == (driver.budgets.view(owner, driver.now) or {"monthly": None})


OF_REQUEST = {"line_micros": "line_limit_micros", "user_micros": "user_limit_micros"}
"""What a request adds to each budget, and the limit that it asks for."""


def a_line(driver: Driver) -> tuple[str, str]:
    """An account and a line, mostly one that may ask for more."""
    lines = [(account, line) for account in driver.accounts() for line in driver.ids(account, "LINE")]
    asking = [one for one in lines if any(driver.budgets.to_raise(owners(driver, *one), driver.now))]
    return driver.rng.choice(asking if asking and driver.rng.random() < 0.8 else lines)


def owners(driver: Driver, account: str, line: str) -> tuple[Owner, Owner]:
    """The line, and its user."""
    user = driver.model.items[f"ACCOUNT#{account}", f"LINE#{line}"]["user_id"]
    return (account, "LINE", line), (account, "USER", user)


@operation("ask for more budget", 30)
def ask_for_more(driver: Driver) -> None:
    """Ask for more once a day; a raise adds the monthly amount to each budget that is nearly used."""
    (account, line), model, now = a_line(driver), driver.model, driver.now
    month, today = driver.budgets.month(account, now), driver.budgets.date(account, now)
    stored, sk = model.items[f"ACCOUNT#{account}", "ACCOUNT"], f"BUDGET_REQUEST#{line}#{month}"
    last = model.get(account, sk)
    of_line, of_user = driver.budgets.to_raise(owners(driver, account, line), now)
    answer = driver.customer(account, "POST", f"/lines/{line}/budget/requests", {"note": "Please"}, group=["member"])
    refusal = None
    if stored["status"] == "closed":
        refusal = 409, "account_closed"
    elif stored.get("frozen_at"):
        refusal = 403, "account_frozen"
    elif last is not None and is_open_request(driver, last, account, line) and last["asked_on"] == today:
        refusal = 409, "already_asked"
    elif of_line is None and of_user is None:
        refusal = 409, "budget_not_reached"
    if refuse(driver, answer, refusal):
        return
    number = 1 if last is None else last["number_in_month"] + 1
    said: dict[str, Any] = {"number_in_month": number, "asked_at": instant(now), "asked_on": today, "closed_at": None}
    said |= {"line_micros": of_line, "user_micros": of_user, "by": PERSON, "note": "Please"}
    for owner, (name, asked) in zip(owners(driver, account, line), OF_REQUEST.items(), strict=True):
        micros = said[name]
        said[asked] = None if micros is None else micros + driver.budgets.limits[key_of(owner, month)]
    model.put(account, sk, **said, user_id=owners(driver, account, line)[1][2])
    model.count("budget: asked for more")
    assert expect(answer, 201) == {"id": f"{line}-{month}-{number}", "at": instant(now), "state": "open"}


@operation("raise a budget", 25)
def raise_budget(driver: Driver) -> None:
    """Grant the open request of a line, if its budgets are still those of the request; a second time, law 3."""
    model, now = driver.model, driver.now
    open_ones = [
        (pk.removeprefix("ACCOUNT#"), sk.split("#")[1])
        for (pk, sk), item in model.items.items()
        if sk.startswith("BUDGET_REQUEST#") and item["closed_at"] is None
    ]
    account, line = driver.rng.choice(open_ones) if open_ones else a_line(driver)
    month, stored = driver.budgets.month(account, now), model.items[f"ACCOUNT#{account}", "ACCOUNT"]
    request = model.get(account, f"BUDGET_REQUEST#{line}#{month}")
    mine = owners(driver, account, line)
    answer = driver.customer(account, "POST", f"/lines/{line}/budget/requests", {"raise": True})
    refusal = None
    raises = request is not None and is_open_request(driver, request, account, line)
    if request is None or not raises or stored["status"] == "closed" or not agrees(driver, request, mine):
        refusal = 409, "no_open_request"
    elif stored.get("frozen_at"):
        refusal = 403, "account_frozen"
    if refuse(driver, answer, refusal):
        return
    assert request is not None
    for owner, (name, asked) in zip(mine, OF_REQUEST.items(), strict=True):
        if request[name] is not None and driver.budgets.limits[key_of(owner, month)] >= request[asked]:
            model.put(account, f"BUDGET_REQUEST#{line}#{month}", **{name: None})
            model.count("budget: raised before for another line")
        elif request[name] is not None:
            driver.budgets.limits[key_of(owner, month)] += request[name]
    model.put(account, f"BUDGET_REQUEST#{line}#{month}", closed_at=instant(now))
    request = model.items[f"ACCOUNT#{account}", f"BUDGET_REQUEST#{line}#{month}"]
    model.count("budget: raised")
    shown = driver.budgets.view(mine[0] if request["line_micros"] is not None else mine[1], now)
    driver.settle("raise a budget")
    assert expect(answer, 200) == shown
    again = driver.customer(account, "POST", f"/lines/{line}/budget/requests", {"raise": True})
    assert again.status in (200, 409)  # 200: the same millisecond, as after a lost answer.
    driver.settle("", unchanged=True)
    driver.done["raise a budget"] -= 1


def is_open_request(driver: Driver, request: dict[str, Any], account: str, line: str) -> bool:
    """Whether a request is not granted yet, nor any budget that it asks for raised as high by another line's."""
    month = driver.budgets.month(account, driver.now)
    asked = zip(owners(driver, account, line), OF_REQUEST.items(), strict=True)
    return request["closed_at"] is None and any(
        request[name] is not None and driver.budgets.limits.get(key_of(owner, month), 0) < request[limit]
        for owner, (name, limit) in asked
    )


def agrees(driver: Driver, request: dict[str, Any], mine: tuple[Owner, Owner]) -> bool:
    """Whether the budgets that a request raises are still the ones that it names."""
    of_line, of_user = (
        budget["budget_micros"] if budget is not None and refuses(budget) else None
        for budget in map(driver.budgets.of, mine)
    )
    has_user = request["user_micros"] is None or (request["user_id"], request["user_micros"]) == (mine[1][2], of_user)
    return has_user and request["line_micros"] in (None, of_line)


def refuse(driver: Driver, answer: Any, refusal: tuple[int, str] | None) -> bool:
    """Check that a refused request changed nothing, law 4; whether it was one."""
    if refusal is None:
        return False
    assert (answer.status, answer.code) == refusal, f"{answer.status} {answer.text} instead of {refusal}"
    driver.model.count(f"budget: {refusal[1]}")
    driver.settle("", unchanged=True)
    return True
