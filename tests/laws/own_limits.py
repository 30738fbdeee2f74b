"""A customer's own limits in the seeded driver: lower numbers, blocked places, and allowed high-cost places."""

from typing import Any

from tests.laws.driver import Driver, expect, operation
from tests.laws.limits import DOLLAR, MONEY, PLACES, Limits, loosens, operators_limits, own_limits_of, stored
from tests.laws.prices import money
from tests.laws.recipients import PERSON

CHOICES: dict[str, list[Any]] = {
    "daily_spend": [None, 0, 5, 50, 200, 150_000],
    "call_price": [None, 1, 20, 600],
    "simultaneous_calls": [None, 1, 3, 30, 2000],
    "high_cost": [None, 0, 1, 2, 120],
    "blocked": [None, [], ["GB"], ["+447", "+4420"], ["FR", "JP"], ["+44", "JM"]],
    "high_cost_allowed": [None, [], ["US"], ["JM"], ["+870", "JP"]],
}
"""What an admin sends; money in dollars. None removes a limit."""


@operation("set the own limits", 60)
def set_own_limits(driver: Driver) -> None:
    """Set some limits as a billing admin, with or without the version that a tab shows. A number above the operator's,
    an older version, and a looser limit of a frozen account change nothing, law 4.
    """
    account, model = driver.account(), driver.model
    names = driver.rng.sample(sorted(CHOICES), driver.rng.randint(1, 3))
    wanted = {name: driver.rng.choice(CHOICES[name]) for name in names}
    wanted |= {name: wanted[name] * DOLLAR for name in MONEY if wanted.get(name)}
    item, before = model.items[f"ACCOUNT#{account}", "ACCOUNT"], own_limits_of(driver, account)
    current = item.get("own_limits_version") or 0
    version = driver.rng.choice((None, None, current, max(0, current - 1)))
    body = shown(wanted) | ({} if version is None else {"version": version})
    places = {name: sorted(wanted[name]) for name in PLACES if wanted.get(name)}
    after = {name: value for name, value in (before | wanted | places).items() if value not in (None, [])}
    operators = operators_limits(driver, account)
    too_high = [name for name in wanted if name not in PLACES and wanted[name] is not None]
    too_high = [name for name in too_high if wanted[name] > operators[name]]
    answer = driver.customer(account, "PUT", "/limits", body)
    refusal = None
    if version not in (None, current) and (too_high or after != before):
        refusal = 409, "changed_meanwhile"
    elif too_high:
        refusal = 422, "above_operators_limit"
    elif item.get("frozen_at") and loosens(before, after):
        refusal = 403, "account_frozen"
    if refusal:
        assert (answer.status, answer.code) == refusal, f"{answer.status} {answer.text} instead of {refusal}"
        model.count(f"own limits: {refusal[1]}")
        driver.settle("", unchanged=True)
        return
    if after != before:
        said = {"own_limits": stored(after), "own_limits_version": current + 1, "own_limits_by": PERSON}
        model.put(account, "ACCOUNT", **said)
    model.count("own limits: changed" if after != before else "own limits: the same")
    view = expect(answer, 200)
    assert (view["own"], view["frozen"]) == (shown(after), bool(item.get("frozen_at")))
    assert view["version"] == current + (after != before)


def shown(limits: Limits) -> Limits:
    """Limits in the form of the API."""
    return limits | {name: money(limits[name]) for name in MONEY if limits.get(name) is not None}
