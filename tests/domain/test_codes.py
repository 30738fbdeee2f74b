"""Every code has a row in every table that lists its kind."""

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
"""The normal state with a sufficient balance; no table has a message for it."""


def test_every_denial_reason_has_a_message() -> None:
    assert set(request.WORDS) == set(DenialReason)
    assert set(DenialReason) >= AGAINST_FRAUD


def test_every_reason_not_to_recharge_has_a_message() -> None:
    assert set(settings.WORDS) == {*StopReason, *SuspensionReason} - NEVER_SHOWN
    assert set(SuspensionReason) >= SOFT


def test_every_problem_is_explained_or_listed_as_internal() -> None:
    assert {*BY_CODE, *BEHIND_NO_ROUTE} == set(ProblemCode)
    assert not set(BY_CODE) & set(BEHIND_NO_ROUTE)


@pytest.mark.parametrize("codes", [DenialReason, StopReason, SuspensionReason])
def test_the_published_document_lists_every_reason(codes: type[StrEnum]) -> None:
    document = (ROOT / "docs" / "openapi.yaml").read_text(encoding="utf-8")
    assert {code for code in codes if f"- {code}\n" not in document} <= NEVER_SHOWN
