"""Events about suspensions by reversals and warnings, and about blocked cards."""

import pytest

from calling_credit.recharge.attempts import SuspensionReason
from tests.domain.credit_examples import AT
from tests.domain.event_examples import ISSUE, RULE, event_of, types_of


@pytest.mark.parametrize("reason", [SuspensionReason.REFUNDED, SuspensionReason.DISPUTED])
def test_a_suspension_by_a_reversal_names_its_payment(reason: str) -> None:
    earlier = f"{SuspensionReason.REFUNDED}#tu_0#20000000#2026-11-01T12:00:00.000Z"
    by = frozenset({f"{reason}#tu_1#50000000#{AT}", earlier})
    data = event_of(RULE, RULE | {"suspended_reason": reason, "suspended_by": by})["data"]
    assert data["payment"] == {"topup_id": "tu_1", "amount": "50.00", "created_at": AT}


def test_a_dispute_outweighs_a_refund_stored_after_it() -> None:
    by = frozenset({f"{SuspensionReason.DISPUTED}#tu_1#50000000#{AT}"})
    late = RULE | {"suspended_reason": SuspensionReason.REFUNDED, "suspended_by": by}
    assert event_of(RULE, late)["data"]["reason"] == SuspensionReason.DISPUTED


def test_only_an_issue_about_a_suspected_payment_is_announced() -> None:
    plain = {name: value for name, value in ISSUE.items() if name not in ("source", "stage")}
    assert types_of(None, plain | {"code": "foreign_payment"}) == []
