"""An operator who sets `status` to `closed` closes an account like the staff's act: not while a payment is open."""

from typing import Any

import pytest

from tests.functions.banks_bench import days_pass, save_bank_account
from tests.functions.desk_bench import act, ask, read
from tests.functions.events_bench import Listener, listener
from tests.harness.http import Answer
from tests.harness.till import ACCOUNT, Till
from tests.harness.wire import Pass, Sent, wired
from tests.harness.world import World

__all__ = ["listener"]
pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]
CLOSED = {"status": "closed"}


def close(world: World, **more: Any) -> Answer:
    """The answer to the operator who closes the account by its settings."""
    return world.operate("PUT", "/accounts/acct_1", CLOSED | more)


def test_an_account_with_a_processing_bank_payment_is_not_closed(till: Till) -> None:
    bank = save_bank_account(till)
    paid = till.paid("25.00", bank)
    assert paid["status"] == "processing"
    before = till.everything()
    for answer in (close(till.world, billing_emails=["a@example.com"]), act(till.world, "/close", {"reason": "Moved"})):
        assert (answer.status, answer.code) == (409, "payments_in_flight")
    assert till.everything() == before, "a refused closing stores none of the other settings"
    days_pass(till)
    assert close(till.world).body["status"] == "closed"
    assert (till.status_of(paid["id"]), till.world.balance()) == ("succeeded", 25_000_000)
    till.check()


def test_both_ways_of_closing_leave_the_same_account(till: Till) -> None:
    till.world.create_account("acct_2")
    for account in (ACCOUNT, "acct_2"):
        till.world.adjust("100.00", f"opening {account}", account)
        rule = {"threshold": "10.00", "amount": "50.00", "payment_method_id": till.card(account=account)}
        assert till.rule(account, enabled=True, **rule).status == 200
    till.later(seconds=1)
    assert close(till.world).status == 200
    answer = ask(till.world, "POST", "/operator/accounts/acct_2/close", {"reason": "Moved"}, key="k_1")
    assert answer.status == 200, answer.text
    reports = [read(till.world, f"/{account}/close") for account in (ACCOUNT, "acct_2")]
    same = ("status", "balance", "held", "auto_recharge_enabled", "open_payments", "can_close", "closed_at")
    assert [[report[name] for name in same] for report in reports] == [[reports[0][name] for name in same]] * 2
    assert (reports[0]["auto_recharge_enabled"], reports[0]["reason"]) == (False, None)
    recorded = [
        [change["action"] for change in till.world.changes("rule_changed", "account_closed", account_id=account)]
        for account in (ACCOUNT, "acct_2")
    ]
    assert sorted(recorded[0]) == sorted(recorded[1])
    assert recorded[0].count("account_closed") == 1


def test_invalid_settings_close_nothing(world: World) -> None:
    before = world.stack.items()
    for wrong, code in (({"time_zone": "Mars"}, "invalid_time_zone"), ({"limits": {"high": 1}}, "invalid_limits")):
        assert close(world, **wrong).code == code
    assert world.stack.items() == before


def test_a_repetition_stores_the_settings_that_a_crash_left(world: World) -> None:
    emails = ["a@example.com"]
    written = []

    def die(sent: Sent, passed: Pass) -> Any:
        if sent.operation == "TransactWriteItems":
            written.append(sent)
            if len(written) == 2:
                raise TimeoutError
        return passed()

    with wired(world.stack) as wire, wire.interfering(die):
        close(world, billing_emails=emails)
    [account] = world.of_kind("ACCOUNT")
    assert (account["status"], account["billing_emails"]) == ("closed", [])
    assert close(world, billing_emails=emails).body["billing_emails"] == emails
    assert len(world.changes("account_closed")) == 1


def test_closing_is_announced_as_a_change_of_the_status(till: Till, listener: Listener) -> None:
    listener.hear()
    till.later(seconds=1)
    assert close(till.world).status == 200
    [event] = [event for event in listener.hear() if event["type"] == "AccountChanged"]
    assert event["data"]["fields"] == ["status"]
