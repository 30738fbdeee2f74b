"""The problem codes of budgets."""

from typing import Final

from calling_credit.errors import ProblemCode
from ops.contract.explanation import Explanation

BUDGET_CODES: Final = (
    Explanation(
        ProblemCode.NO_SUCH_USER, 404, "The account has no such user.", "Use the `user.id` of a line in `GET /lines`."
    ),
    Explanation(
        ProblemCode.BUDGET_NOT_REACHED,
        409,
        "Neither the line nor its user has a budget that refused a call or is used or held to 80 percent.",
        "Ask again once the budget has refused a call, or 80 percent are used or held. A budget of 0 cannot be raised: "
        "set it with `PUT`.",
    ),
    Explanation(
        ProblemCode.ALREADY_ASKED,
        409,
        "A higher budget was requested for this line today, and no one has answered yet.",
        "Wait for a billing admin's answer.",
    ),
    Explanation(
        ProblemCode.NO_OPEN_REQUEST,
        409,
        "The line has no open request for a higher budget, or the budgets were changed since.",
        "Look at `GET /lines`. Set the budget instead with `PUT /lines/{line_id}/budget`.",
    ),
)
