"""The webhook endpoints of the account. Only events that an enabled endpoint wants are delivered."""

from typing import Final

from local.stripe_stand_in.account import API_VERSION, Account
from local.stripe_stand_in.answers import page
from local.stripe_stand_in.parameters import (
    PAGING,
    Parameters,
    boolean,
    clearable_text,
    list_of,
    merge_metadata,
    metadata,
    text,
    web_address,
)
from local.stripe_stand_in.refusals import Fields, bad_parameter

KIND: Final = "webhook_endpoint"
UPDATE: Final = Parameters(
    {
        "description": clearable_text,
        "disabled": boolean,
        "enabled_events": list_of(text),
        "metadata": metadata,
        "url": web_address,
    }
)
CREATE: Final = Parameters(
    {
        "api_version": text,
        "description": clearable_text,
        "enabled_events": list_of(text),
        "metadata": metadata,
        "url": web_address,
    },
    ("enabled_events", "url"),
)
LIST: Final = Parameters(PAGING)


def create(account: Account, given: Fields) -> Fields:
    """POST /v1/webhook_endpoints; only this answer contains the secret."""
    if given.get("api_version", API_VERSION) != API_VERSION:
        raise bad_parameter(f"Invalid API version: {given['api_version']}", None, "api_version")
    endpoint = account.add(
        KIND,
        {
            "api_version": given.get("api_version"),
            "application": None,
            "description": given.get("description"),
            "enabled_events": given["enabled_events"],
            "livemode": False,
            "metadata": merge_metadata({}, given.get("metadata", {})),
            "status": "enabled",
            "url": given["url"],
        },
    )
    return {**endpoint, "secret": account.webhook_secret}


def update(account: Account, given: Fields, endpoint_id: str) -> Fields:
    """POST /v1/webhook_endpoints/{id}. Stripe cannot change the API version of an endpoint."""
    endpoint = account.get(KIND, endpoint_id, "webhook_endpoint", 404)
    endpoint.update({name: given[name] for name in ("description", "enabled_events", "url") if name in given})
    if "disabled" in given:
        endpoint["status"] = "disabled" if given["disabled"] else "enabled"
    if "metadata" in given:
        endpoint["metadata"] = merge_metadata(endpoint["metadata"], given["metadata"])
    return endpoint


def delete(account: Account, _given: Fields, endpoint_id: str) -> Fields:
    """DELETE /v1/webhook_endpoints/{id}."""
    account.get(KIND, endpoint_id, "webhook_endpoint", 404)
    del account.objects[KIND][endpoint_id]
    return {"id": endpoint_id, "object": KIND, "deleted": True}


def list_endpoints(account: Account, given: Fields) -> Fields:
    """GET /v1/webhook_endpoints, newest first."""
    return page(account.newest_first(KIND), given, "/v1/webhook_endpoints")
