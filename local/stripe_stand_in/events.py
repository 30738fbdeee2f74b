"""The endpoints that list events; the account records them."""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Final

from local.stripe_stand_in.account import Account
from local.stripe_stand_in.answers import page
from local.stripe_stand_in.parameters import PAGING, Parameters, boolean, instants, list_of, text
from local.stripe_stand_in.refusals import Fields, bad_parameter, no_such

KEPT_SECONDS: Final = 30 * 86_400
"""Stripe lists the events of the last 30 days."""
MAX_TYPES: Final = 20

LIST: Final = Parameters(
    {**PAGING, "created": instants, "delivery_success": boolean, "type": text, "types": list_of(text)}
)


def list_events(account: Account, given: Fields) -> Fields:
    """GET /v1/events, newest first; `delivery_success` selects delivered or undelivered events. An event that no
    endpoint wanted counts as delivered.
    """
    types = _types(given)
    matches: Iterator[Fields] = (
        event
        for event in account.newest_first("event")
        if _is_listed(account, event)
        and (types is None or event["type"] in types)
        and fnmatchcase(event["type"], given.get("type", "*"))
    )
    if "delivery_success" in given:
        matches = (event for event in matches if (event["pending_webhooks"] == 0) is given["delivery_success"])
    return page(matches, given, "/v1/events")


def retrieve(account: Account, _given: Fields, event_id: str) -> Fields:
    """GET /v1/events/{id}."""
    event = account.get("event", event_id, status=404)
    if not _is_listed(account, event):
        raise no_such("event", event_id, "id", 404)
    return event


def _is_listed(account: Account, event: Fields) -> bool:
    listed_from = account.listed_from.get(event["id"])
    is_visible = listed_from is None or listed_from <= account.now()
    return is_visible and bool(event["created"] > account.timestamp() - KEPT_SECONDS)


def _types(given: Fields) -> list[str] | None:
    """Return the types to list; None if they are not restricted to exact types."""
    if "type" in given and "types" in given:
        raise bad_parameter("You may only specify one of these parameters: type, types.", None, "type")
    types: list[str] = given.get("types", [])
    if len(types) > MAX_TYPES:
        raise bad_parameter(f"Array types exceeded maximum {MAX_TYPES} allowed elements.", None, "types")
    return types or None
