"""The requests of the seeded driver that must be refused, and change nothing: of the operator, and of customers."""

import json
from typing import Any

from tests.laws.driver import Driver, expect, operation


@operation("send a request that is refused", 90)
def refused_request(driver: Driver) -> None:
    """Check that each gets its code and changes nothing, law 4."""
    account = driver.account()
    other = driver.rng.choice([name for name in driver.accounts() if name != account] or ["acct_nobody"])
    answer, code = driver.rng.choice(REFUSALS)(driver, account, other)
    assert (answer.status >= 400, json.loads(answer.text).get("code")) == (True, code), f"{answer.status} {answer.text}"
    driver.settle("", unchanged=True)


def foreign_cursor(driver: Driver, account: str, other: str) -> tuple[Any, str]:
    """A cursor of another account's list, or an edited one."""
    first = driver.customer(account, "GET", "/lines", query={"limit": 1})
    cursor = expect(first, 200)["next_cursor"] or "AAAA"
    if driver.rng.random() < 0.5:
        return driver.customer(account, "GET", "/lines", query={"cursor": f"A{cursor[1:]}B"}), "invalid_cursor"
    asker = other if other in driver.accounts() else account
    path = "/lines" if asker == other else "/statement"
    return driver.customer(asker, "GET", path, query={"cursor": cursor}), "invalid_cursor"


LINE = {"number": "+14155550100", "user_id": "user_1"}
CREDIT = {"amount": "5.00", "reason": "Goodwill"}
ON = {"international_calling": True}
NO_RECIPIENTS: dict[str, Any] = {"recipients": []}
TWICE = [{"address": "ada@example.com"}, {"address": "Ada@example.com"}]
NOTHING = CREDIT | {"amount": "0.00"}
REFUSALS: tuple[Any, ...] = (
    lambda d, a, _: (d.operate("PUT", f"/accounts/{a}", {"time_zone": "Mars/Olympus"}), "invalid_time_zone"),
    lambda d, a, _: (d.operate("PUT", f"/accounts/{a}", {"currency": "EUR"}), "unsupported_currency"),
    lambda d, *_: (d.operate("PUT", "/accounts/a%23b", {}), "invalid_id"),
    lambda d, *_: (d.operate("PUT", "/accounts/acct_new", {"frozen": True}), "unknown_account"),
    lambda d, *_: (d.operate("PUT", "/accounts/acct_new", {"time_zone": "UTC", "status": "gone"}), "invalid_status"),
    lambda d, a, _: (d.operate("PUT", f"/accounts/{a}/lines/line_9", LINE | {"user_id": "user_9"}), "unknown_user"),
    lambda d, a, _: (d.operate("PUT", f"/accounts/{a}", {}, scope="calls/authorize"), "scope_required"),
    lambda d, a, _: (d.operate("PUT", f"/accounts/{a}", "[1]"), "malformed_json"),
    lambda d, *_: (d.operate("PUT", "/accounts/acct_nobody/users/user_1", {"name": "Ada"}), "unknown_account"),
    lambda d, a, _: (d.operate("PUT", f"/accounts/{a}/users/user_1", {"name": ""}), "invalid_field"),
    lambda d, a, _: (d.operate("PUT", f"/accounts/{a}/lines/line_9", {"user_id": "user_1"}), "missing_field"),
    lambda d, a, _: (d.operate("PUT", f"/accounts/{a}/lines/line_1", {"number": "+442071838750"}), "foreign_number"),
    lambda d, *_: (d.operate("PUT", "/accounts/acct_nobody/lines/l", LINE), "unknown_account"),
    lambda d, a, _: (d.operate("POST", f"/accounts/{a}/adjustments", CREDIT), "missing_idempotency_key"),
    lambda d, a, _: (d.operate("POST", f"/accounts/{a}/adjustments", NOTHING, "k"), "amount_out_of_range"),
    lambda d, a, _: (d.operate("POST", f"/accounts/{a}/adjustments", CREDIT | {"amount": 5}, "k"), "invalid_amount"),
    lambda d, *_: (d.operate("POST", "/accounts/acct_nobody/adjustments", CREDIT, "k"), "unknown_account"),
    lambda d, a, _: (d.customer(a, "PUT", "/lines/line_1", ON, group=["member"]), "billing_admin_required"),
    lambda d, a, _: (d.customer(a, "PUT", "/lines/line_nobody", ON), "unknown_line"),
    lambda d, a, _: (d.customer(a, "PUT", "/lines/line_1", {"international_calling": "yes"}), "invalid_field"),
    lambda d, a, _: (d.customer(a, "PUT", "/lines", ON, group=["member"]), "billing_admin_required"),
    lambda d, a, _: (d.customer(a, "PUT", "/lines", {}), "missing_field"),
    lambda d, a, _: (d.customer(a, "PUT", "/lines", ON | {"cursor": "a#b"}), "invalid_cursor"),
    lambda d, a, _: (d.customer(a, "POST", "/countries/FR/confirm", {}, group=["member"]), "billing_admin_required"),
    lambda d, a, _: (d.customer(a, "POST", "/countries/XX/confirm", {}), "invalid_place"),
    lambda d, *_: (d.customer("acct_nobody", "POST", "/countries/FR/confirm", {}), "unknown_account"),
    lambda d, a, _: (d.customer(a, "PUT", "/limits", {"first_country_cap": "1.00"}), "invalid_limits"),
    lambda d, a, _: (d.customer(a, "POST", "/freeze", {}, group=["member"]), "billing_admin_required"),
    lambda d, *_: (d.customer("acct_nobody", "POST", "/freeze", {}), "unknown_account"),
    lambda d, a, _: (
        d.customer(a, "PUT", "/limits", {"high_cost": "1.00"}, group=["member"]),
        "billing_admin_required",
    ),
    lambda d, a, _: (d.customer(a, "PUT", "/limits", {"daily_top_up": "1.00"}), "invalid_limits"),
    lambda d, a, _: (d.customer(a, "PUT", "/limits", {"blocked": ["Cuba"]}), "invalid_place"),
    lambda d, a, _: (d.customer(a, "PUT", "/limits", {"high_cost_allowed": ["+1"]}), "invalid_place"),
    lambda d, a, _: (d.customer(a, "PUT", "/notifications", NO_RECIPIENTS, group=["member"]), "billing_admin_required"),
    lambda d, a, _: (d.customer(a, "PUT", "/notifications", {"recipients": TWICE}), "invalid_email"),
    lambda d, a, _: (d.customer(a, "PUT", "/notifications", {"recipients": [{"address": "Ada"}]}), "invalid_email"),
    lambda d, a, _: (d.customer(a, "PUT", "/notifications", {"low_balance": "-1.00"}), "amount_out_of_range"),
    lambda d, a, _: (d.customer(a, "PUT", "/notifications/language", {"language": "de"}), "invalid_field"),
    lambda d, *_: (d.customer("", "GET", "/balance"), "account_missing"),
    lambda d, *_: (d.customer("acct_nobody", "GET", "/statement"), "unknown_account"),
    lambda d, a, _: (
        d.customer(a, "GET", "/usage", query={"from": "2026-11-02", "to": "2026-11-01"}),
        "invalid_date_range",
    ),
    lambda d, a, _: (d.customer(a, "GET", "/usage", query={"from": "2026-02-30"}), "invalid_date"),
    lambda d, a, _: (d.customer(a, "GET", "/usage/top_up"), "unknown_category"),
    lambda d, a, _: (d.customer(a, "GET", "/lines", query={"limit": 201}), "invalid_limit"),
    foreign_cursor,
)
