"""When Stripe no longer knows a customer, a new one replaces it, once; another Stripe account replaces none."""

import json
import threading
from typing import Any

import pytest

from local.stripe_stand_in.controls import Controls
from tests.harness.callbacks import counted
from tests.harness.cards import MASTERCARD
from tests.harness.http import Answer
from tests.harness.recharging import leave, shown
from tests.harness.stripe import response
from tests.harness.till import Till

pytestmark = pytest.mark.dynamodb


def save(till: Till) -> Answer:
    """POST /payment-methods."""
    return till.world.ask("add_funds", "POST", "/payment-methods")


def stored(till: Till) -> dict[str, Any]:
    """The account's item."""
    [item] = till.world.of_kind("ACCOUNT")
    return item


def delete_customer(till: Till) -> str:
    """Delete the account's customer in the dashboard; its id."""
    lost = till.customer()
    Controls(till.stand_in).delete_customer(lost)
    return lost


def forget_customer(till: Till) -> str:
    """Let Stripe not know the account's customer at all; its id."""
    lost = till.customer()
    del till.stand_in.account.objects["customer"][lost]
    return lost


def test_payments_of_a_lost_customer_are_still_proven(till: Till) -> None:
    till.paid("25.00", till.card())
    lost = delete_customer(till)
    assert save(till).status == 201
    till.paid("30.00", till.card())

    refused = []

    def refuse(sent: Any, answered: Any) -> Any:
        if sent.path == "/v1/payment_intents" and ("customer", lost) in sent.form:
            refused.append(sent)
            error = {"code": "resource_missing", "type": "invalid_request_error", "message": "No such customer"}
            return response(400, json.dumps({"error": error}).encode(), {})
        return answered()

    till.wire.through = refuse
    assert till.prove(days=1)["differences"] == 0
    assert refused


@pytest.mark.parametrize("lose", [delete_customer, forget_customer])
def test_a_new_customer_replaces_a_lost_one_and_its_card_pays(till: Till, lose: Any) -> None:
    lost = lose(till)
    assert save(till).status == 201
    account = stored(till)
    assert account["stripe_customer_id"] != lost
    assert account["customer_number"] == 1
    [change] = till.world.changes("customer_replaced")
    assert (change["by"], change["subject"]) == (f"stripe:{lost}", "customer")
    assert (change["old"], change["new"]) == ({"customer": lost}, {"customer": account["stripe_customer_id"]})
    assert [sent.key for sent in till.wire.posts("/v1/customers")][-1] == "acct_1:customer:1"
    assert till.paid("25.00", till.card())["status"] == "succeeded"
    till.check()


def test_a_replaced_customer_stays(till: Till) -> None:
    delete_customer(till)
    customers = {save(till).status and stored(till)["stripe_customer_id"] for _ in range(3)}
    assert len(customers) == 1
    assert len(till.world.changes("customer_replaced")) == 1


def test_a_customer_is_replaced_at_most_once_a_day(till: Till) -> None:
    delete_customer(till)
    assert save(till).status == 201
    second = delete_customer_again(till)
    till.later(hours=23)
    answer = save(till)
    assert (answer.status, answer.code, answer.headers["retry-after"]) == (503, "customer_missing", "3600")
    assert stored(till)["stripe_customer_id"] == second
    till.later(hours=1)
    assert save(till).status == 201
    assert stored(till)["customer_number"] == 2
    assert len(till.world.changes("customer_replaced")) == 2


def delete_customer_again(till: Till) -> str:
    """Delete the stored customer without opening a page first."""
    lost = str(stored(till)["stripe_customer_id"])
    Controls(till.stand_in).delete_customer(lost)
    return lost


def test_a_customer_that_only_the_first_answer_misses_is_kept(till: Till) -> None:
    kept = forget_customer(till)
    customer = {"id": kept, "object": "customer", "metadata": {"account_id": "acct_1"}}
    asked: list[str] = []

    def reappear(sent: Any, answered: Any) -> Any:
        if (sent.method, sent.path) == ("GET", f"/v1/customers/{kept}"):
            asked.append(sent.path)
            if len(asked) == 2:
                till.stand_in.account.objects["customer"][kept] = customer
        return answered()

    till.wire.through = reappear
    answer = save(till)
    assert (answer.status, answer.code) == (503, "setup_page_refused")
    assert stored(till)["stripe_customer_id"] == kept
    assert till.world.changes("customer_replaced") == []


def test_two_at_once_create_one_replacement(till: Till) -> None:
    lost = delete_customer(till)
    gate, answers = threading.Barrier(2, timeout=10), list[Answer]()

    def meet(sent: Any, answered: Any) -> Any:
        result = answered()
        if (sent.method, sent.path) == ("GET", f"/v1/customers/{lost}"):
            gate.wait()
        return result

    till.wire.through = meet
    threads = [threading.Thread(target=lambda: answers.append(save(till))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    till.wire.through = None
    assert 201 in [answer.status for answer in answers]
    assert {answer.status for answer in answers} <= {201, 503}
    assert stored(till)["customer_number"] == 1
    assert len(till.world.changes("customer_replaced")) == 1
    living = [one for one in till.objects("customer") if one["id"] != lost and not one.get("deleted")]
    assert [one["id"] for one in living] == [stored(till)["stripe_customer_id"]]


def test_a_replacement_that_was_not_stored_is_found_by_its_key(till: Till) -> None:
    delete_customer(till)
    till.fault("answer_lost", "POST /v1/customers")
    assert save(till).code == "payments_unavailable"
    assert save(till).status == 201
    assert len([one for one in till.objects("customer") if not one.get("deleted")]) == 1


def test_the_rule_of_a_lost_customer_says_which_card_is_gone(till: Till) -> None:
    leave(till, "50.00")
    till.set_rule(till.card(MASTERCARD))
    delete_customer(till)
    assert save(till).status == 201
    assert shown(till) == ("suspended", "card_removed", None)
    assert till.shown_rule()["message"] == "Paused: Mastercard ending 4444 was removed. Choose a card."


def test_another_refusal_of_the_page_has_its_own_code_and_counts(
    till: Till, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = till.customer()

    def refuse(sent: Any, answered: Any) -> Any:
        if sent.path == "/v1/checkout/sessions":
            sent.form.append(("no_such_parameter", "1"))
        return answered()

    till.wire.through = refuse
    capsys.readouterr()
    answer = save(till)
    assert (answer.status, answer.code) == (503, "setup_page_refused")
    assert counted(capsys.readouterr().out) == {"StripeRefusals": 1}
    assert stored(till)["stripe_customer_id"] == kept


def test_the_first_payment_learns_the_stripe_account(till: Till) -> None:
    card = till.card()
    till.world.stack.dynamodb.delete_item(
        TableName=till.world.stack.table_name, Key={"PK": {"S": "STRIPE"}, "SK": {"S": "STRIPE_ACCOUNT"}}
    )
    asked = len([sent for sent in till.wire.sent if sent.path == "/v1/account"])
    for _ in range(3):
        till.paid("25.00", card)
    [item] = till.world.stack.items_named("STRIPE_ACCOUNT")
    assert item["stripe_account_id"] == till.stand_in.account.own_id
    assert len([sent for sent in till.wire.sent if sent.path == "/v1/account"]) == asked + 1


def test_another_stripe_account_replaces_and_charges_nothing(till: Till, capsys: pytest.CaptureFixture[str]) -> None:
    leave(till, "50.00")
    card = till.card()
    till.set_rule(card)
    Controls(till.stand_in).move_to_account("acct_1Other")
    leave(till, "5.00")
    before = stored(till), till.state()
    capsys.readouterr()
    answer = save(till)
    assert (answer.status, answer.code) == (503, "stripe_account_changed")
    assert counted(capsys.readouterr().out) == {"StripeAccountChanged": 1}
    till.world.stack.invoke("auto_recharge", {"Records": till.take_records()})
    assert till.charged() == []
    assert till.objects("customer") == []
    assert stored(till) == before[0]
    assert till.state()["payment_method_id"] == before[1]["payment_method_id"]
    assert "suspended_reason" not in till.state()


def test_a_new_key_of_another_account_pays_nothing(till: Till, capsys: pytest.CaptureFixture[str]) -> None:
    card = till.card()
    till.learn_account("acct_1Former")
    item = {"key_hash": "hash of another key"}
    till.world.stack.dynamodb.update_item(
        TableName=till.world.stack.table_name,
        Key={"PK": {"S": "STRIPE"}, "SK": {"S": "STRIPE_ACCOUNT"}},
        UpdateExpression="SET key_hash = :hash",
        ExpressionAttributeValues={":hash": {"S": item["key_hash"]}},
    )
    leave(till, "5.00")
    till.set_rule(card)
    till.stream()
    capsys.readouterr()
    answer = till.pay("25.00", card)
    assert (answer.status, answer.code) == (503, "stripe_account_changed")
    assert counted(capsys.readouterr().out) == {"StripeAccountChanged": 1}
    assert (till.charged(), till.top_ups()) == ([], [])


def test_a_new_key_of_the_same_account_is_accepted(till: Till) -> None:
    card = till.card()
    till.world.stack.dynamodb.update_item(
        TableName=till.world.stack.table_name,
        Key={"PK": {"S": "STRIPE"}, "SK": {"S": "STRIPE_ACCOUNT"}},
        UpdateExpression="SET key_hash = :hash",
        ExpressionAttributeValues={":hash": {"S": "hash of the former key"}},
    )
    assert till.paid("25.00", card)["status"] == "succeeded"
    asked = len(till.wire.sent)
    till.paid("25.00", card)
    assert [sent for sent in till.wire.sent[asked:] if sent.path == "/v1/account"] == []
