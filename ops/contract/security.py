"""The security schemes of OpenAPI for the callers of a route."""

from collections.abc import Mapping
from typing import Any, Final

from ops.contract.route import Access


def _client(description: str, scopes: dict[str, str]) -> dict[str, Any]:
    flow = {"tokenUrl": "https://auth.phone.example/oauth2/token", "scopes": scopes}
    return {"type": "oauth2", "description": description, "flows": {"clientCredentials": flow}}


SECURITY: Final[Mapping[Access, list[dict[str, list[str]]]]] = {
    Access.MEMBER: [{"customer": []}],
    Access.ADMIN: [{"customer": []}],
    Access.OPERATOR: [{"back_office": ["accounts/operate"]}],
    Access.CREDIT: [{"back_office": ["credit/adjust"]}],
    Access.DESK: [{"staff": []}, {"back_office": []}],
    Access.SWITCH: [{"switch": ["calls/authorize"]}],
    Access.REPORTER: [{"switch": ["calls/report"]}],
    Access.CONNECTOR: [{"connector_key": []}, {"connector_name_and_key": []}],
    Access.STRIPE: [{"stripe": []}],
    Access.ANYONE: [],
    Access.LINK: [],
}
SECURITY_SCHEMES: Final = {
    "customer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "The ID token of a signed-in user. It names the one account that the user belongs to.",
    },
    "staff": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "The ID token of a member of the staff, in the group `support` or `finance`.",
    },
    "back_office": _client(
        "A client-credentials token of the back office.",
        {
            "accounts/operate": "Create and configure accounts.",
            "accounts/read": "Read accounts.",
            "credit/adjust": "Adjust balances and correct calls.",
        },
    ),
    "switch": _client(
        "A client-credentials token of the phone switch.",
        {"calls/authorize": "Authorize calls.", "calls/report": "Report finished calls."},
    ),
    "connector_key": {"type": "http", "scheme": "bearer", "description": "A connector key (`ck_…`) of a switch."},
    "connector_name_and_key": {
        "type": "http",
        "scheme": "basic",
        "description": "The name of a connector key as user name, and the key as password.",
    },
    "stripe": {
        "type": "apiKey",
        "in": "header",
        "name": "Stripe-Signature",
        "description": "Stripe's signature over the body, by the webhook secret.",
    },
}
