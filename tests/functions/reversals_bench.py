"""Payments with refunds and disputes."""

from local.stripe_stand_in.controls import Controls
from tests.harness.cards import VISA
from tests.harness.till import Till


def paid(till: Till, amount: str = "100.00") -> str:
    """Make a credited payment; the id of its charge."""
    till.paid(amount, till.card(VISA))
    till.stand_in.take_events()
    [charge] = [charge for charge in till.objects("charge") if charge["status"] == "succeeded"]
    return str(charge["id"])


def refund(till: Till, charge: str, cents: int) -> str:
    """Refund an amount in Stripe's dashboard."""
    return till.sdk.v1.refunds.create({"charge": charge, "amount": cents}).id


def dispute(till: Till, charge: str, cents: int) -> str:
    """Dispute an amount at the cardholder's bank."""
    return str(Controls(till.stand_in).dispute(charge, amount=cents)["id"])


def reversals(till: Till) -> list[int]:
    """The amounts of the reversals in the ledger, in the order of recording."""
    found = [entry for entry in till.world.entries() if entry["category"] == "reversal"]
    return [entry["amount_micros"] for entry in sorted(found, key=lambda entry: int(entry["SK"].rsplit(".", 1)[1]))]


def balance(till: Till) -> int:
    """The balance in cents, after a check of the ledger."""
    return till.world.balance() // 10_000
