"""Probes of the right to read the tax table. Only a function that taxes payments reads it."""

from typing import Final

from local.stack import Stack
from tests.stack.customers import Customer, move_back
from tests.stack.deployment import invoke
from tests.stack.tax_switch import open_taxpayer, publish_table, taxed
from tests.stack.test_calls import items_of

SETTINGS, RECHARGES, SWEEPER = "ChangeSettingsFunction", "AutoRechargeFunction", "ReconcilePaymentsFunction"


def pay_with_tax(deployed: Stack, tokens: dict[str, str]) -> None:
    """Pay by hand."""
    customer = open_taxpayer(deployed)
    publish_table(deployed)
    with taxed(deployed, "AddFundsFunction"):
        answer = customer.pay(customer.save_card(), "10.00", "taxed")
        assert (answer.status_code, answer.json()["total"]) == (201, "11.50"), answer.text


def show_the_tax(deployed: Stack, tokens: dict[str, str]) -> None:
    """Show the rate before a payment."""
    customer = open_taxpayer(deployed)
    publish_table(deployed)
    with taxed(deployed, "ListUsageFunction"):
        assert deployed.api.get("/overview", customer.token)["tax"] == {"percent": "15", "reason": None}


def arm_with_tax(deployed: Stack) -> Customer:
    """Turn on the rule of a customer below its threshold, which charges with tax at once."""
    customer = open_taxpayer(deployed, "30.00")
    card = customer.save_card()
    rule = {"enabled": True, "threshold": "40.00", "amount": "50.00", "payment_method_id": card}
    shown = deployed.api.send("POST", "/auto-recharge/simulate", customer.token, rule)["charges_now"]
    assert (shown["tax"], shown["total"]) == ("7.50", "57.50"), shown
    customer.set_rule(card)
    return customer


def settings_with_tax(deployed: Stack, tokens: dict[str, str]) -> None:
    """Show what a rule would charge."""
    publish_table(deployed)
    with taxed(deployed, SETTINGS):
        arm_with_tax(deployed)


def recharge_with_tax(deployed: Stack, tokens: dict[str, str]) -> None:
    """Charge a rule that was armed with tax."""
    publish_table(deployed)
    with taxed(deployed, SETTINGS, RECHARGES):
        customer = arm_with_tax(deployed)
        keys = {"PK": {"S": f"ACCOUNT#{customer.account_id}"}, "SK": {"S": "BALANCE"}}
        event = {"Records": [{"dynamodb": {"Keys": keys, "SequenceNumber": "1"}}]}
        assert invoke(deployed, RECHARGES, event) == {"batchItemFailures": []}
        assert [payment["total"] for payment in customer.payments()] == ["57.50"]


def announce_the_tax(deployed: Stack, tokens: dict[str, str]) -> None:
    """Announce the rate to the owner of a rule that was armed before."""
    customer = open_taxpayer(deployed)
    customer.set_rule(customer.save_card())
    [rule] = items_of(deployed, customer.account_id, "AUTO_RECHARGE")
    move_back(deployed, rule, "sweep_sk")
    publish_table(deployed)
    with taxed(deployed, SWEEPER):
        assert invoke(deployed, SWEEPER, {})["failed"] == 0
    [rule] = items_of(deployed, customer.account_id, "AUTO_RECHARGE")
    assert rule["tax_percent"] == {"S": "15"}


TAX_PROBES: Final = {
    "AddFundsFunction": pay_with_tax,
    "ListUsageFunction": show_the_tax,
    SETTINGS: settings_with_tax,
    RECHARGES: recharge_with_tax,
    SWEEPER: announce_the_tax,
}
"""By function, beside its other probe, because it deploys the function with tax."""
