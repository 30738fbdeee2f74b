"""Operations of payments in two browser tabs: each shows what it once read, and sends only what was changed in it, with
the version that it read. An older tab must not change what a newer one wrote.
"""

from typing import Any

from tests.harness.http import Answer
from tests.laws.payment_driver import PaymentDriver, Tab, operation

RULE, LIMITS, LINE = "/auto-recharge", "/limits", "/lines/line_1"


@operation("open a tab", 8)
def open_tab(driver: PaymentDriver) -> None:
    """Show the rule, the limits, and a line."""
    for path in (RULE, LIMITS, LINE):
        driver.tabs.append(Tab(path, shown(driver, path)))
    driver.tabs = driver.tabs[-9:]


@operation("save in a tab", 12)
def save_in_tab(driver: PaymentDriver) -> None:
    """Change one thing in a tab, often an older one, and save it."""
    if not driver.tabs:
        return
    tab = driver.rng.choice(driver.tabs)
    save(driver, tab, changed(driver, tab.path))


def save_in_older_tab(driver: PaymentDriver) -> None:
    """Save other settings than the present ones in a tab that shows an older rule."""
    now = shown(driver, RULE)
    older = [tab for tab in driver.tabs if tab.path == RULE and tab.shown["version"] < now["version"]]
    drawn = [changed(driver, RULE) for _ in range(6)]
    news = [change for change in drawn if not change.items() <= now.items()]
    if older and news:
        save(driver, older[-1], news[0])


def save(driver: PaymentDriver, tab: Tab, change: dict[str, Any]) -> None:
    """Save this change in a tab."""
    before, rule_before = shown(driver, tab.path), driver.rule()
    is_older = tab.shown["version"] < before["version"]
    answer = send(driver, tab, change | {"version": tab.shown["version"]})
    driver.answered("older tab" if is_older else "tab", answer, 200, 403, 404, 409, 422, 429, 503)
    after = shown(driver, tab.path)
    if tab.path == RULE:
        driver.note_arming(rule_before, answer)
    if is_older:
        assert settings_of(after) == settings_of(before), "law of versions: an older tab changed what a newer one wrote"
        assert after["version"] == before["version"], "law of versions: an older tab wrote"
        assert answer.status != 409 or answer.body["code"] != "changed_meanwhile" or "current" in answer.body
    elif settings_of(after) != settings_of(before):
        assert after["version"] > before["version"], "law of versions: settings changed under the same version"
    tab.shown = after


def shown(driver: PaymentDriver, path: str) -> dict[str, Any]:
    """What the API shows of a rule, of the limits, or of a line."""
    till = driver.till
    if path == LINE:
        answer: Answer = till.world.get("/lines")
        assert answer.status == 200, answer.text
        [line] = answer.body["items"]
        return dict(line)
    answer = till.world.ask("change_settings", "GET", path)
    assert answer.status == 200, answer.text
    return dict(answer.body)


def changed(driver: PaymentDriver, path: str) -> dict[str, Any]:
    """One changed field."""
    choice = driver.rng.choice
    if path == LIMITS:
        return {"daily_spend": choice(("50.00", "100.00", "150.00"))}
    if path == LINE:
        return {"international_calling": choice((True, True, False))}
    return choice(
        (
            {"enabled": choice((True, True, False))},
            {"threshold": choice(("10.00", "60.00", "150.00"))},
            {"amount": choice(("5.00", "20.00", "50.00"))},
            {"payment_method_id": driver.method()},
            {"hourly_count": choice((1, 3, 20))},
        )
    )


def send(driver: PaymentDriver, tab: Tab, body: dict[str, Any]) -> Answer:
    """PATCH the rule, or PUT the limits or the line."""
    if tab.path == RULE and "threshold" in tab.shown and tab.shown["threshold"] is None:
        body = {"threshold": "10.00", "amount": "5.00", "payment_method_id": driver.card(), "enabled": False} | body
    method = "PATCH" if tab.path == RULE else "PUT"
    return driver.till.world.ask("change_settings", method, tab.path, body)


def settings_of(view: dict[str, Any]) -> dict[str, Any]:
    """What an admin sets, without what attempts and time change."""
    state = ("version", "status", "reason", "message", "next_attempt_at", "in_flight", "payment_method", "frozen")
    return {name: value for name, value in view.items() if name not in state}
