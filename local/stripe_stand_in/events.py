"""The endpoints that list events; the account records them."""

from typing import Final

from local.stripe_stand_in.account import Account
from local.stripe_stand_in.answers import page
from local.stripe_stand_in.parameters import PAGING, Parameters, boolean, instants, list_of, text
from local.stripe_stand_in.refusals import Fields

LIST: Final = Parameters(
    {**PAGING, "created": instants, "delivery_success": boolean, "type": text, "types": list_of(text)}
)


def list_events(account: Account, given: Fields) -> Fields:
    """GET /v1/events, newest first; `delivery_success` selects delivered or undelivered events."""
    types = [given["type"]] if "type" in given else given.get("types")
    matches = (event for event in account.newest_first("event") if types is None or event["type"] in types)
    if "delivery_success" in given:
        matches = (event for event in matches if (event["pending_webhooks"] == 0) is given["delivery_success"])
    return page(matches, given, "/v1/events")
