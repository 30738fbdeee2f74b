"""Payments, and items changed by hand, for the nightly proof."""

from typing import Any

from calling_credit.dynamodb.attributes import to_attribute
from tests.harness.callbacks import issues
from tests.harness.cards import VISA
from tests.harness.till import Till

NOTHING_WRONG = {"differences": 0, "unproven": 0}


def paid(till: Till, amount: str = "25.00") -> dict[str, Any]:
    """A credited payment whose callbacks were delivered."""
    shown = till.paid(amount, till.card(VISA))
    till.call_all_back()
    return shown


def change(till: Till, item: dict[str, Any], name: str, value: Any) -> None:
    """Change an attribute directly in the table."""
    till.world.stack.dynamodb.update_item(
        TableName=till.world.stack.table_name,
        Key={"PK": {"S": item["PK"]}, "SK": {"S": item["SK"]}},
        UpdateExpression="SET #name = :value",
        ExpressionAttributeNames={"#name": name},
        ExpressionAttributeValues={":value": to_attribute(value)},
    )


def codes(till: Till) -> list[str]:
    """The codes of the listed issues, in order."""
    return sorted(code for _, code, _ in issues(till))


def beside(till: Till, *, customer: str | None = None, **metadata: str) -> str:
    """Make a payment at Stripe with our metadata but without a callback; its intent."""
    customer = customer or till.customer()
    card = till.sdk.v1.payment_methods.attach(VISA, {"customer": customer}).id
    made = till.sdk.v1.payment_intents.create(
        {
            "amount": 700,
            "currency": "usd",
            "customer": customer,
            "payment_method": card,
            "metadata": metadata,
            "confirm": True,
            "return_url": "https://page.test/",
        }
    )
    assert made.status == "succeeded"
    till.stand_in.take_events()
    return str(made.id)
