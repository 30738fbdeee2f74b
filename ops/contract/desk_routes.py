"""The routes of the phone company's staff. Each write of the back office has a twin here: the same function, body, and
answers.
"""

from dataclasses import replace
from typing import Final

from ops.contract import account_routes, card_routes, correction_routes, recharge_routes, sign_out_routes
from ops.contract.move_routes import APPROVAL_CODES, WAITS
from ops.contract.route import Access, Route, ok

GROUP: Final = "Desk"
FREEZE: Final = "Staff of the group `support` may send `frozen` alone; every other change needs the group `finance`."


def _twin(route: Route) -> Route:
    description = f"{route.description} {FREEZE}" if route.path == "/accounts/{account_id}" else route.description
    twin = replace(
        route, path=f"/operator{route.path}", access=Access.DESK, group=GROUP, description=description.strip()
    )
    if route.access is not Access.CREDIT:
        return twin
    return replace(twin, answers={**route.answers, 202: WAITS}, codes=(*route.codes, *APPROVAL_CODES))


SIGN_OUT_STAFF: Final = Route(
    "POST",
    "/operator/staff/{user_id}/sign-out",
    "manage_accounts",
    Access.DESK,
    GROUP,
    "End the sign-ins of a member of the staff",
    {200: ok(sign_out_routes.SIGNED_OUT, "No token of an earlier sign-in is accepted.")},
    ("invalid_id",),
    parameters=(sign_out_routes.SUBJECT_ID,),
)

ROUTES: Final = (
    *(
        _twin(route)
        for routes in (account_routes, correction_routes, sign_out_routes, card_routes, recharge_routes)
        for route in routes.ROUTES
        if route.access in (Access.OPERATOR, Access.CREDIT)
    ),
    SIGN_OUT_STAFF,
)
