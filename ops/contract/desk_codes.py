"""The problem codes of the routes of the phone company's staff."""

from typing import Final

from calling_credit.errors import ProblemCode
from ops.contract.explanation import Explanation

DESK_CODES: Final = (
    Explanation(
        ProblemCode.STAFF_REQUIRED,
        403,
        "The token is not one of the phone company's staff, or it belongs to a customer's account.",
        "Sign in as a member of the staff, or request a client-credentials token of the back office.",
    ),
    Explanation(
        ProblemCode.FINANCE_REQUIRED,
        403,
        "Only staff in the finance group may do this.",
        "Ask a colleague in the finance group.",
    ),
    Explanation(
        ProblemCode.SIGNED_OUT,
        403,
        "The sign-in of this token was ended.",
        "Sign in again.",
    ),
)
