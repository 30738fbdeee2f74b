"""Events as they are read through the API; they are recorded by the account when something happens."""

from typing import Final

from local.stripe_stand_in.account import Account
from local.stripe_stand_in.answers import page
from local.stripe_stand_in.parameters import PAGING, Parameters, boolean, instants, list_of, text
from local.stripe_stand_in.refusals import Fields

LIST: Final = Parameters(
    {**PAGING, "created": instants, "delivery_success": boolean, "type": text, "types": list_of(text)}
)


def list_events(account: Account, given: Fields) -> Fields:
    """GET /v1/events, newest first; `delivery_success` tells those that were delivered from those that were not yet."""
    wanted = [given["type"]] if "type" in given else given.get("types")
    found = (event for event in account.newest_first("event") if wanted is None or event["type"] in wanted)
    if "delivery_success" in given:
        found = (event for event in found if (event["pending_webhooks"] == 0) is given["delivery_success"])
    return page(found, given, "/v1/events")
