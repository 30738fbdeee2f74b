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
    Explanation(
        ProblemCode.UNKNOWN_MAIL,
        404,
        "The account has no such mail in the last 90 days.",
        "Use a mail that `GET /operator/accounts/{account_id}/mails` lists.",
    ),
    Explanation(
        ProblemCode.PAYMENTS_IN_FLIGHT,
        409,
        "Payments of the account have not ended, so it is not closed.",
        "Wait until they have ended, or freeze the account to end those that wait for their customer.",
    ),
    Explanation(
        ProblemCode.CALL_CORRECTED,
        409,
        "The suspicious call was corrected or waived, so there is nothing to confirm.",
        "See the call's explanation.",
    ),
    Explanation(
        ProblemCode.ADDRESS_REMOVED,
        409,
        "The address of the mail is no longer an address of the account.",
        "Add the address to `billing_emails` first.",
    ),
    Explanation(
        ProblemCode.MAIL_NOT_SET_UP, 409, "The stack has no sender of mails.", "Operator: deploy with `MailFrom`."
    ),
)
