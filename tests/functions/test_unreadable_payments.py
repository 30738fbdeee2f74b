"""An unreadable rule, payment, or refund stops no round of the sweep and no record of the stream for other accounts."""

from typing import Any

import pytest

from calling_credit.dynamodb.attributes import to_attributes
from tests.functions.test_unreadable_holds import damage, listed
from tests.harness.queue import failures
from tests.harness.recharging import leave, recharges, threshold_watched, usd
from tests.harness.till import Till

pytestmark = pytest.mark.dynamodb
ACCOUNTS = ("acct_1", "acct_2", "acct_3")


def three_rules(till: Till) -> None:
    """Three accounts with a rule."""
    for account in ACCOUNTS:
        if account != "acct_1":
            till.world.create_account(account)
        card = till.card(account=account)
        rule = {"enabled": True, "threshold": "10.00", "amount": "50.00", "payment_method_id": card}
        leave(till, "50.00", account)
        assert till.rule(account, **rule).status == 200


@pytest.mark.parametrize("account", ACCOUNTS)
@pytest.mark.parametrize("name", ["fingerprint", "recent", "state_version"])
def test_a_rule_without_an_attribute_ends_no_round_for_others(till: Till, account: str, name: str) -> None:
    three_rules(till)
    damage(till.world, f"ACCOUNT#{account}", "AUTO_RECHARGE", name)
    found = till.sweep(hours=7)
    assert (found["recharges"], found["failed"]) == (2, 1)
    assert listed(till.world) == [(f"ACCOUNT#{account}|AUTO_RECHARGE", name, "reconcile_payments")]


@pytest.mark.parametrize("account", ACCOUNTS)
def test_a_payment_without_an_attribute_ends_no_round_for_others(till: Till, account: str) -> None:
    for other in ACCOUNTS[1:]:
        till.world.create_account(other)
    made = {one: till.left_open(account=one) for one in ACCOUNTS}
    till.later(minutes=1)
    damage(till.world, f"ACCOUNT#{account}", f"TOPUP#{made[account]}", "amount_micros")
    assert till.sweep()["payments"] == 2
    assert [till.world.balance(one) for one in ACCOUNTS if one != account] == [usd("25.00")] * 2
    assert listed(till.world) == [(f"ACCOUNT#{account}|TOPUP#{made[account]}", "amount_micros", "reconcile_payments")]


def test_the_stream_recharges_others_beside_an_unreadable_rule(till: Till) -> None:
    three_rules(till)
    damage(till.world, "ACCOUNT#acct_2", "AUTO_RECHARGE", "fingerprint")
    till.take_records()
    for account in ACCOUNTS:
        leave(till, "5.00", account)
    records = [record for record in till.take_records() if record["dynamodb"]["Keys"]["SK"]["S"] == "BALANCE"]
    assert failures(till.world.stack.invoke("auto_recharge", {"Records": records})) == []
    assert [len(recharges(till, account)) for account in ACCOUNTS] == [1, 0, 1]
    assert listed(till.world) == [("ACCOUNT#acct_2|AUTO_RECHARGE", "fingerprint", "auto_recharge")]
    assert threshold_watched(till, "acct_2") == "10.00"


def test_an_unreadable_item_leaves_its_account_unproven_only(till: Till) -> None:
    for account in ACCOUNTS:
        if account != "acct_1":
            till.world.create_account(account)
        till.paid("25.00", till.card(account=account), account=account)
    till.call_all_back()
    [entry] = till.world.of_kind("ENTRY", "acct_2")
    damage(till.world, "ACCOUNT#acct_2", str(entry["SK"]), "local_date")
    till.prove(hours=1)
    assert listed(till.world) == [(f"ACCOUNT#acct_2|{entry['SK']}", "local_date", "prove_accounts")]


def image(sk: str, **values: Any) -> dict[str, Any]:
    """An image of the stream."""
    return to_attributes({"PK": "ACCOUNT#acct_1", "SK": sk, **values})


def test_an_unreadable_image_keeps_no_other_event_from_the_bus(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = {"posted_micros": 1, "low_micros": 5_000_000, "updated_at": "2026-11-23T10:00:00.000Z"}
    images = [
        (image("BALANCE", **whole | {"posted_micros": 9_000_000}), image("BALANCE", **whole)),
        (image("BALANCE", **whole | {"posted_micros": 9_000_000}), image("BALANCE", **whole | {"posted_micros": "1"})),
        (image("TOPUP#t_1"), image("TOPUP#t_1", status="succeeded")),
        (image("BALANCE", **whole | {"posted_micros": 8_000_000}), image("BALANCE", **whole)),
    ]
    records = []
    for number, (old, new) in enumerate(images):
        change = {"SequenceNumber": str(number), "OldImage": old, "NewImage": new, "ApproximateCreationDateTime": 1.0}
        records.append({"eventName": "MODIFY", "dynamodb": change})
    sent: list[Any] = []

    def send(_bus: Any, _name: str, events: list[Any]) -> dict[int, str]:
        sent.extend(events)
        return {}

    monkeypatch.setattr(till.world.stack.apps["publish_events"], "send_events", send)
    assert failures(till.world.stack.invoke("publish_events", {"Records": records})) == []
    assert len(sent) == 2
    assert [reason for _, reason, _ in listed(till.world)] == ["posted_micros", "kind"]
