"""Early fraud warnings: a card's issuer reports that a charge may be fraudulent, often before any dispute."""

from typing import Final

from local.stripe_stand_in.account import Account
from local.stripe_stand_in.answers import page
from local.stripe_stand_in.parameters import PAGING, Parameters, instants, text
from local.stripe_stand_in.refusals import Fields, Refusal

KIND: Final = "radar.early_fraud_warning"
FRAUD_TYPES: Final = (
    "card_never_received",
    "fraudulent_card_application",
    "made_with_counterfeit_card",
    "made_with_lost_card",
    "made_with_stolen_card",
    "misc",
    "unauthorized_use_of_card",
)
LIST: Final = Parameters({**PAGING, "charge": text, "created": instants, "payment_intent": text})


def list_warnings(account: Account, given: Fields) -> Fields:
    """GET /v1/radar/early_fraud_warnings, newest first."""
    having = {name: given[name] for name in ("charge", "payment_intent") if name in given}
    return page(account.newest_first(KIND, **having), given, "/v1/radar/early_fraud_warnings")


def warn(account: Account, charge: Fields, fraud_type: str) -> Fields:
    """Report a charge as possibly fraudulent.

    Raises:
        Refusal: the charge was not paid, or the type is unknown.
    """
    if charge["status"] != "succeeded":
        raise Refusal(400, f"Charge {charge['id']} is not paid, so no issuer warns of it.", param="charge")
    if fraud_type not in FRAUD_TYPES:
        raise Refusal(400, f"The fraud type must be one of {', '.join(FRAUD_TYPES)}.", param="fraud_type")
    warning = account.add(
        KIND,
        {
            "actionable": _is_actionable(charge),
            "charge": charge["id"],
            "fraud_type": fraud_type,
            "livemode": False,
            "payment_intent": charge["payment_intent"],
        },
    )
    account.emit(f"{KIND}.created", warning)
    return warning


def review_warnings(account: Account, charge: Fields) -> None:
    """Update the warnings of a charge: once it is disputed or fully refunded, they are not actionable."""
    for warning in account.newest_first(KIND, charge=charge["id"]):
        account.change(warning, f"{KIND}.updated", {"actionable": _is_actionable(charge)})


def _is_actionable(charge: Fields) -> bool:
    return not charge["disputed"] and not charge["refunded"]
