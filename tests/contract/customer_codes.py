"""The codes that customers can meet, by their kind. The Billing page needs words for each of them."""

from collections.abc import Mapping
from enum import StrEnum

from calling_credit.admission.reasons import DenialReason
from calling_credit.categories import CALL_CATEGORIES, SHORT_CODE_CATEGORY
from calling_credit.changes.actions import ChangeAction
from calling_credit.changes.view import NOT_FOR_CUSTOMERS
from calling_credit.recharge.decision import StopReason
from calling_credit.recharge.suspension_reasons import SuspensionReason
from calling_credit.topups.declines import FailureCode
from ops.contract.answers import codes_of
from ops.contract.document import ROUTES
from ops.contract.route import Access

CUSTOMERS = (Access.ANYONE, Access.MEMBER, Access.ADMIN)
"""The callers of the routes that the Billing page requests."""
NOT_SHOWN = frozenset({StopReason.ABOVE_THRESHOLD})
"""A rule above its threshold is active: it has no reason."""


class CodeKind(StrEnum):
    """A set of codes."""

    PROBLEM = "problem"
    RULE_REASON = "rule_reason"
    DECLINE = "decline"
    REFUSAL = "refusal"
    CATEGORY = "category"
    CHANGE_ACTION = "change_action"


def customer_codes() -> Mapping[CodeKind, frozenset[str]]:
    """Return each set of codes: the problems of customers' routes, the reasons of a rule's state, the failures of
    payments, the reasons of refused calls, the categories of calls that this application names, and the actions of
    listed changes.
    """
    return {
        CodeKind.PROBLEM: frozenset(code for route in ROUTES if route.access in CUSTOMERS for code in codes_of(route)),
        CodeKind.RULE_REASON: frozenset(map(str, {*StopReason, *SuspensionReason} - NOT_SHOWN)),
        CodeKind.DECLINE: frozenset(map(str, FailureCode)),
        CodeKind.REFUSAL: frozenset(map(str, DenialReason)),
        CodeKind.CATEGORY: CALL_CATEGORIES | {SHORT_CODE_CATEGORY},
        CodeKind.CHANGE_ACTION: frozenset(map(str, set(ChangeAction) - NOT_FOR_CUSTOMERS)),
    }
