"""Goodwill and transfers in the seeded driver. The expected table follows from the contract alone."""

import hashlib
from typing import Any

from tests.functions.moves_bench import CLIENT
from tests.laws.driver import Driver, expect, operation
from tests.laws.goodwill import goodwill_of
from tests.laws.lot_model import unused
from tests.laws.prices import money
from tests.laws.rerating import BACK, calls_of


def identifier(prefix: str, account: str, key: str) -> str:
    """The id of a request."""
    return f"{prefix}_{hashlib.sha256(f'{len(account)}:{account}{key}'.encode()).hexdigest()[:32]}"


@operation("give goodwill for a call", 50)
def give_goodwill(driver: Driver) -> None:
    """Give part or all of a charge back; a second goodwill, or more than the charge, changes nothing, law 4. Then
    repeat the request, law 3, and misuse its key.
    """
    account, model = driver.account(), driver.model
    calls = calls_of(model, account)
    if not calls:
        return
    entries = driver.rng.choice(calls)
    entry, key = entries[-1][1], f"goodwill {driver.now.timestamp()}"
    charged = 0 if entry.get("kind") == BACK else -entry["amount_micros"]
    amount = driver.rng.choice((charged, charged // 2, 100, charged + 1))
    _, happened_at, call = entries[0][0].split("#")
    body = {"amount": money(amount), "reason": "Test", "started_at": happened_at}
    path = f"/operator/accounts/{account}/calls/{call}/goodwill"

    def ask(body: dict[str, Any], status: int) -> Any:
        answer = driver.ask("move_credit", "POST", path, body, claims=CLIENT, headers={"idempotency-key": key})
        return expect(answer, status)

    is_free = entry.get("kind") == BACK
    if amount <= 0 or is_free or goodwill_of(model, account, (happened_at, call)) or amount > charged:
        refused = 422 if amount <= 0 else 404 if is_free else 409
        if refused == 409 and not goodwill_of(model, account, (happened_at, call)):
            refused = 422
        ask(body, refused)
        driver.settle("", unchanged=True)
        return
    shown = ask(body, 201)
    move_id = identifier("gw", account, key)
    model.give_goodwill(account, (happened_at, call), amount, move_id, driver.now)
    assert shown["balance"] == money(model.items[f"ACCOUNT#{account}", "BALANCE"]["posted_micros"])
    driver.settle("give goodwill for a call")
    assert ask(body, 201) == shown
    ask(body | {"reason": "Other"}, 409)
    driver.settle("", unchanged=True)
    driver.done["give goodwill for a call"] -= 1


@operation("transfer credit", 40)
def transfer_credit(driver: Driver) -> None:
    """Transfer credit between two accounts; more than is available, or of a closed account, changes nothing, law 4."""
    model, key = driver.model, f"transfer {driver.now.timestamp()}"
    accounts = driver.accounts()
    if len(accounts) < 2:
        return
    sender, receiver = driver.rng.sample(accounts, 2)
    balance = model.items[f"ACCOUNT#{sender}", "BALANCE"]
    available = balance["posted_micros"] - balance["held_micros"] - sum(unused(driver, sender).values())
    cents = max(1, driver.rng.choice((available // 10_000, available // 20_000, 1, available // 10_000 + 1)))
    body = {"from_account_id": sender, "to_account_id": receiver, "amount": money(cents * 10_000), "reason": "Test"}

    def ask(body: dict[str, Any]) -> Any:
        path, headers = "/operator/transfers", {"idempotency-key": key}
        return driver.ask("move_credit", "POST", path, body, claims=CLIENT, headers=headers)

    states = [model.items[f"ACCOUNT#{one}", "ACCOUNT"] for one in (sender, receiver)]
    refusals = [409 if state["status"] == "closed" else 403 for state in states if not takes_part(state)]
    if refusals or cents * 10_000 > available:
        assert ask(body).status == (refusals or [409])[0]
        driver.settle("", unchanged=True)
        return
    shown = expect(ask(body), 201)
    move_id = identifier("tr", sender, key)
    model.transfer((sender, receiver), cents * 10_000, move_id, driver.now)
    assert shown["from_balance"] == money(model.items[f"ACCOUNT#{sender}", "BALANCE"]["posted_micros"])
    driver.settle("transfer credit")
    assert expect(ask(body), 201) == shown
    assert ask(body | {"reason": "Other"}).status == 409
    driver.settle("", unchanged=True)
    driver.done["transfer credit"] -= 1


def takes_part(account: dict[str, Any]) -> bool:
    """Whether an account may send and receive credit."""
    return account["status"] == "open" and not account.get("frozen_at")
