"""Bank accounts of customers: saved on Stripe's page, and paid with after days."""

import pytest

from calling_credit.config import config
from tests.harness.http import Answer
from tests.harness.till import ACCOUNT, Till

SUCCESS = "pm_usBankAccount_success"
RETURNED = "pm_usBankAccount_dispute"


def bank(kind: str) -> str:
    """The test bank account with this behavior, such as insufficientFunds."""
    return f"pm_usBankAccount_{kind}"


def ask(till: Till, method: str, path: str = "", body: object = None, **claims: str) -> Answer:
    """A request about payment methods."""
    return till.world.ask(
        "add_funds", method, f"/payment-methods{path}", body, **{"custom:account_id": ACCOUNT, **claims}
    )


def save_bank_account(till: Till, kind: str = SUCCESS) -> str:
    """Save a bank account on Stripe's page, as a customer does; its id."""
    answer = ask(till, "POST", body={"type": "us_bank_account"})
    assert answer.status == 201, answer.text
    session = till.controls.complete_checkout(answer.body["url"].rsplit("/", 1)[1], kind)
    till.call_all_back()
    return str(till.stand_in.account.objects["setup_intent"][session["setup_intent"]]["payment_method"])


def days_pass(till: Till, days: int = 4) -> None:
    """Let days pass, here and at the banks, with callbacks and the sweeper."""
    till.later(days=days)
    till.controls.pass_days(0)
    till.call_all_back()
    till.sweep(minutes=1)
    till.stream()


def allow_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let rules use bank accounts, as the operator's parameter does."""
    monkeypatch.setenv("RULES_USE_BANK_ACCOUNTS", "true")
    config.cache_clear()
