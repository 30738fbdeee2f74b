"""The same routes for switches that send a connector key in a fixed header (functions/check_connector_key)."""

from dataclasses import replace
from typing import Final

from ops.contract import call_routes, event_routes
from ops.contract.route import Access, Route

ROUTES: Final[tuple[Route, ...]] = tuple(
    replace(
        route,
        path=f"/connector{route.path}",
        access=Access.CONNECTOR,
        summary=f"{route.summary}, with a connector key",
        codes=(*route.codes, "too_many_requests"),
    )
    for route in (*call_routes.ROUTES, *event_routes.ROUTES)
)
