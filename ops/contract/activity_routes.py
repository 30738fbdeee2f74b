"""Changes of accounts, and refused calls (functions/list_usage)."""

from typing import Final

from calling_credit.admission.reasons import DenialReason
from calling_credit.admission.refused_calls import LISTED_FOR, MAX_A_DAY
from calling_credit.changes.actions import ChangeAction
from calling_credit.changes.actor import ActorKind
from ops.contract.route import PAGE, PAGE_CODES, Route, member_read, ok
from ops.contract.schemas import (
    COUNT,
    COUNTRY,
    DATE,
    FLAG,
    ID,
    INSTANT,
    NEXT_CURSOR,
    TEXT,
    USER,
    described,
    list_of,
    one_of,
    or_null,
    page_of,
    record,
)

ACTOR: Final = record(
    "Actor",
    "Who made a change.",
    {
        "kind": one_of(ActorKind),
        "name": described(TEXT, "The e-mail address of a user of the account; for others, what they are."),
    },
)
_VALUES: Final = {
    "type": ["object", "null"],
    "additionalProperties": True,
    "description": "The values that differ, in the form of the route that changes them; null if there are none.",
}
CHANGE: Final = record(
    "Change",
    "One change of the account. It never changes itself.",
    {
        "at": INSTANT,
        "action": one_of(ChangeAction),
        "by": ACTOR,
        "from": or_null(described(TEXT, "The IP address of the request; null for changes from outside the company.")),
        "subject": described(TEXT, "What was changed, such as `limits` or `line:line_1`."),
        "old": _VALUES,
        "new": _VALUES,
    },
)
CHANGES: Final = page_of("Changes", "A page of changes, newest first.", CHANGE)
DENIED_CALL: Final = record(
    "DeniedCall",
    "One call that was not connected.",
    {
        "at": INSTANT,
        "call_key": described(TEXT, "The call, as call details name it."),
        "line_id": or_null(ID),
        "user": or_null(USER),
        "to": described(TEXT, "The dialed number."),
        "country": described(
            or_null(COUNTRY),
            "The country of the price that applies to the number, which caps count by; without a price, that of the "
            "number. `001` for global networks; null if unknown.",
        ),
        "country_known": described(
            or_null(FLAG),
            "Whether the account knows the country now, so that its next calls are not capped. Null unless the reason "
            "is `first_country_cap`.",
        ),
        "reason": one_of(DenialReason),
    },
)
NOT_LISTED: Final = record(
    "RefusalsNotListed",
    "A day with more refused calls than are listed.",
    {"date": described(DATE, "The day, in UTC."), "calls": COUNT},
)
DENIED_CALLS: Final = record(
    "DeniedCalls",
    f"A page of refused calls, newest first. Of each day, the first {MAX_A_DAY} are listed.",
    {"items": list_of(DENIED_CALL), "not_listed": list_of(NOT_LISTED), "next_cursor": NEXT_CURSOR},
)
GROUP: Final = "Activity"

ROUTES: Final[tuple[Route, ...]] = (
    member_read(
        "/activity",
        "list_usage",
        GROUP,
        "List changes of the account",
        ok(CHANGES, "The changes."),
        ("unknown_account", *PAGE_CODES),
        parameters=PAGE,
    ),
    member_read(
        "/denied-calls",
        "list_usage",
        GROUP,
        f"List the calls that were refused in the last {LISTED_FOR.days} days",
        ok(DENIED_CALLS, "The refused calls."),
        ("unknown_account", *PAGE_CODES),
        parameters=PAGE,
    ),
)
