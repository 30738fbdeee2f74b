"""The routes of the phone company's staff. Each write of the back office has a twin here: the same function, body, and
answers.
"""

from dataclasses import replace
from typing import Final

from ops.contract import account_routes, card_routes, recharge_routes
from ops.contract.route import Access, Route

GROUP: Final = "Desk"
FREEZE: Final = "Staff of the group `support` may send `frozen` alone; every other change needs the group `finance`."


def _twin(route: Route) -> Route:
    description = f"{route.description} {FREEZE}" if route.path == "/accounts/{account_id}" else route.description
    return replace(
        route, path=f"/operator{route.path}", access=Access.DESK, group=GROUP, description=description.strip()
    )


ROUTES: Final = tuple(
    _twin(route)
    for route in (*account_routes.ROUTES, *card_routes.ROUTES, *recharge_routes.ROUTES)
    if route.access in (Access.OPERATOR, Access.CREDIT)
)
