"""The security schemes of OpenAPI for the callers of a route."""

from collections.abc import Mapping
from typing import Final

from ops.contract.route import Access

SECURITY: Final[Mapping[Access, list[dict[str, list[str]]]]] = {
    Access.MEMBER: [{"customer": []}],
    Access.ADMIN: [{"customer": []}],
    Access.OPERATOR: [{"service": ["accounts/operate"]}],
    Access.SWITCH: [{"service": ["calls/authorize"]}],
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
    "service": {
        "type": "oauth2",
        "description": "A client-credentials token of a system of the operator's.",
        "flows": {
            "clientCredentials": {
                "tokenUrl": "https://auth.phone.example/oauth2/token",
                "scopes": {
                    "accounts/operate": "Create, change, and adjust accounts.",
                    "calls/authorize": "Authorize calls.",
                },
            }
        },
    },
    "stripe": {
        "type": "apiKey",
        "in": "header",
        "name": "Stripe-Signature",
        "description": "Stripe's signature over the body, by the webhook secret.",
    },
}
