"""The payment methods that the account accepts in Checkout: one configuration, with cards switched on or off."""

import copy
from typing import Final

from local.stripe_stand_in.account import Account
from local.stripe_stand_in.answers import page
from local.stripe_stand_in.parameters import PAGING, Parameters, text
from local.stripe_stand_in.refusals import Fields

KIND: Final = "payment_method_configuration"
LIST: Final = Parameters({**PAGING, "application": text})


def add_configuration(account: Account) -> None:
    """Create the default configuration, which accepts cards."""
    account.add(
        KIND,
        {
            "active": True,
            "application": None,
            "card": {
                "available": True,
                "display_preference": {"overridable": None, "preference": "on", "value": "on"},
            },
            "is_default": True,
            "livemode": False,
            "name": "Default",
            "parent": None,
        },
    )


def set_cards(account: Account, *, accepted: bool) -> Fields:
    """Switch cards on or off in the default configuration."""
    value = "on" if accepted else "off"
    (configuration,) = account.newest_first(KIND)
    configuration["card"] = {
        "available": accepted,
        "display_preference": {"overridable": None, "preference": value, "value": value},
    }
    return _shown(configuration)


def list_configurations(account: Account, given: Fields) -> Fields:
    """GET /v1/payment_method_configurations."""
    found = page(account.newest_first(KIND), given, "/v1/payment_method_configurations")
    return {**found, "data": [_shown(configuration) for configuration in found["data"]]}


def _shown(configuration: Fields) -> Fields:
    """Return a copy without the time of its creation, which this kind does not have."""
    return {name: value for name, value in copy.deepcopy(configuration).items() if name != "created"}
