"""Every member of a set of codes has its row in every table that lists its kind."""

from enum import StrEnum

import pytest

from calling_credit.admission import request
from calling_credit.admission.decision import AGAINST_FRAUD
from calling_credit.admission.reasons import DenialReason
from calling_credit.errors import ProblemCode
from calling_credit.recharge import settings
from calling_credit.recharge.attempts import SOFT, SuspensionReason
from calling_credit.recharge.decision import StopReason
from ops.contract.problem_codes import BEHIND_NO_ROUTE, BY_CODE
from ops.openapi import ROOT

NEVER_SHOWN = {StopReason.ABOVE_THRESHOLD}
"""The balance is high enough: nothing is amiss, and no table has words for it."""


def test_a_denied_call_has_words_for_every_reason() -> None:
    assert set(request.WORDS) == set(DenialReason)
    assert set(DenialReason) >= AGAINST_FRAUD


def test_a_rule_that_does_not_charge_has_words_for_every_reason() -> None:
    assert set(settings.WORDS) == {*StopReason, *SuspensionReason} - NEVER_SHOWN
    assert set(SuspensionReason) >= SOFT


def test_a_problem_is_explained_or_known_to_reach_no_caller() -> None:
    assert {*BY_CODE, *BEHIND_NO_ROUTE} == set(ProblemCode)
    assert not set(BY_CODE) & set(BEHIND_NO_ROUTE)


@pytest.mark.parametrize("codes", [DenialReason, StopReason, SuspensionReason])
def test_the_published_document_lists_every_reason(codes: type[StrEnum]) -> None:
    document = (ROOT / "docs" / "openapi.yaml").read_text(encoding="utf-8")
    assert {code for code in codes if f"- {code}\n" not in document} <= NEVER_SHOWN
