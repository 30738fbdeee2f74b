"""Builds the OpenAPI document (3.1) from the declared routes."""

from typing import Any, Final

from ops.contract import (
    account_routes,
    activity_routes,
    billing_details_routes,
    budget_routes,
    call_routes,
    card_routes,
    checkout_routes,
    connector_routes,
    correction_routes,
    desk_acts,
    desk_calls,
    desk_reads,
    desk_routes,
    event_routes,
    method_routes,
    move_routes,
    notification_routes,
    open_routes,
    overview_route,
    own_account_routes,
    payment_routes,
    promotion_routes,
    rates_routes,
    recharge_routes,
    settings_routes,
    sign_out_routes,
    spending_routes,
    usage_routes,
)
from ops.contract.answers import answers
from ops.contract.route import JSON, Parameter, Route
from ops.contract.schemas import Schema, hoisted
from ops.contract.security import SECURITY, SECURITY_SCHEMES

ROUTES: Final[tuple[Route, ...]] = (
    *overview_route.ROUTES,
    *usage_routes.ROUTES,
    *spending_routes.ROUTES,
    *rates_routes.ROUTES,
    *payment_routes.ROUTES,
    *method_routes.ROUTES,
    *checkout_routes.ROUTES,
    *recharge_routes.ROUTES,
    *billing_details_routes.ROUTES,
    *settings_routes.ROUTES,
    *budget_routes.ROUTES,
    *own_account_routes.ROUTES,
    *notification_routes.ROUTES,
    *activity_routes.ROUTES,
    *call_routes.ROUTES,
    *event_routes.ROUTES,
    *connector_routes.ROUTES,
    *account_routes.ROUTES,
    *correction_routes.ROUTES,
    *card_routes.ROUTES,
    *sign_out_routes.ROUTES,
    *desk_routes.ROUTES,
    *move_routes.ROUTES,
    *promotion_routes.ROUTES,
    *desk_reads.ROUTES,
    *desk_calls.ROUTES,
    *desk_acts.ROUTES,
    *open_routes.ROUTES,
)


def document() -> dict[str, Any]:
    """Return the whole document. Its operations have the order of the declarations."""
    schemas: dict[str, Schema] = {}
    shared: dict[str, Any] = {}
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = hoisted(_operation(route, shared), schemas)
    responses = hoisted(dict(sorted(shared.items())), schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Calling Credit",
            "version": "1",
            "summary": "Prepaid credit for international calls.",
            "description": (
                "Money is a decimal string, a time is RFC 3339 in UTC, and lists are `{items, next_cursor}`. Errors "
                "are problem details (RFC 9457) with a stable `code`."
            ),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/", "description": "The API and the Billing page share one origin."}],
        "tags": [{"name": group} for group in dict.fromkeys(route.group for route in ROUTES)],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "responses": responses,
            "securitySchemes": SECURITY_SCHEMES,
        },
    }


def _operation(route: Route, shared: dict[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": _operation_id(route),
        "tags": [route.group],
        "summary": route.summary,
    }
    if route.description:
        operation["description"] = route.description
    if route.parameters:
        operation["parameters"] = list(map(_parameter, route.parameters))
    if route.body is not None:
        example = {} if route.body_example is None else {"example": dict(route.body_example)}
        content = {JSON: {"schema": route.body, **example}} | {
            name: {"schema": {"type": "string"}} for name in route.text_bodies
        }
        operation["requestBody"] = {"required": route.body_required, "content": content}
    operation["responses"] = answers(route, shared)
    operation["security"] = SECURITY[route.access]
    return operation


def _operation_id(route: Route) -> str:
    words = route.path.replace("{", "").replace("}", "").replace("-", "_").strip("/").split("/")
    return "_".join([route.method.lower(), *filter(None, words)])


def _parameter(parameter: Parameter) -> dict[str, Any]:
    said: dict[str, Any] = {"name": parameter.name, "in": parameter.place, "description": parameter.description}
    return said | ({"required": True} if parameter.required else {}) | {"schema": parameter.schema}
