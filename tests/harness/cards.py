"""Test cards of Stripe by the behavior of their bank."""

VISA, MASTERCARD = "pm_card_visa", "pm_card_mastercard"
DECLINED, CHALLENGED = "pm_card_chargeCustomerFail", "pm_card_threeDSecure2Required"
PROCESSING = "pm_card_processing"


def declining(reason: str) -> str:
    """A card that can be saved and is declined for this reason when it is charged."""
    return f"pm_card_attachesThenDeclines_{reason}"
