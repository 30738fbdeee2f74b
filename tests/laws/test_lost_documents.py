"""A release that loses a credit note, or a receipt, is found: by law 15 in the tests, and by the nightly proof."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from calling_credit.dynamodb.transactions import transact, update
from calling_credit.payments import reversal_store, settlement
from calling_credit.receipts import issuing
from calling_credit.topups.documents import DueNote
from calling_credit.topups.reversals import due_note
from tests.functions.proof_bench import codes
from tests.functions.reversals_bench import balance, paid, refund
from tests.functions.tax_bench import enter, turn_on
from tests.harness.till import ACCOUNT, Till
from tests.laws.receipt_checks import charged_by, law_15_each_payment_has_its_documents

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]
DIFFERS, GAP = "document_is_not_what_its_payment_says", "numbers_of_documents_have_a_gap"
Patch = pytest.MonkeyPatch


def no_note(patch: Patch) -> None:
    """A reversal does not mark that its note is due."""
    real = reversal_store._reversal_action

    def without_note(*arguments: Any) -> dict[str, Any]:
        action = real(*arguments)
        change = action["Update"]
        change["UpdateExpression"] = change["UpdateExpression"].replace(", notes_due = :notes", "")
        del change["ExpressionAttributeValues"][":notes"]
        return action

    patch.setattr(reversal_store, "_reversal_action", without_note)


def no_receipt(patch: Patch) -> None:
    """A settlement does not mark that its receipt is due."""

    def without_receipt(
        table_name: str, key: Any, expression: str, condition: str, values: Any, names: Any = None
    ) -> Any:
        left = {name: value for name, value in values.items() if name != ":due"}
        return update(table_name, key, expression.replace(", receipt_due = :due", ""), condition, left, names)

    patch.setattr(settlement, "update", without_receipt)


def no_document(patch: Patch) -> None:
    """The mark is cleared and the counter moves, but the note is not stored."""

    def without_document(client: Any, actions: list[dict[str, Any]]) -> Any:
        kept = [one for one in actions if "CREDIT_NOTE#" not in str(one.get("Put", ""))]
        return transact(client, kept)

    patch.setattr(issuing, "transact", without_document)


def no_number(patch: Patch) -> None:
    """The note is dropped with its number."""

    def without_number(client: Any, actions: list[dict[str, Any]]) -> Any:
        if not any("CREDIT_NOTE#" in str(one.get("Put", "")) for one in actions):
            return transact(client, actions)
        topup = actions[0]["Update"]
        topup["UpdateExpression"] = "REMOVE notes_due"
        del topup["ExpressionAttributeValues"][":credit_notes"]
        return transact(client, [actions[0], *actions[3:]])

    patch.setattr(issuing, "transact", without_number)


def other_amounts(patch: Patch) -> None:
    """The note states a cent less than its reversal."""

    def wrong(*arguments: Any) -> DueNote:
        note = due_note(*arguments)
        return replace(note, net_micros=note.net_micros - 10_000)

    patch.setattr(reversal_store, "due_note", wrong)


MUTANTS: list[tuple[Callable[[Patch], None], set[str]]] = [
    (no_note, {DIFFERS}),
    (no_receipt, {DIFFERS}),
    (no_document, {DIFFERS, GAP}),
    (no_number, {DIFFERS}),
    (other_amounts, {DIFFERS}),
]


def law_15(till: Till) -> None:
    """Check law 15 over the account at rest."""
    charged = charged_by(till.objects("payment_intent"))
    law_15_each_payment_has_its_documents(till.world.stack.stored_items(ACCOUNT), charged, is_at_rest=True)


def refunded_twice(till: Till) -> None:
    """A taxed payment with two refunds, swept."""
    charge = paid(till, "86.96")
    for _ in range(2):
        refund(till, charge, 2_500)
        till.call_all_back()
    till.sweep(minutes=2)
    assert balance(till) == 4_348, "the credit is right in every case"


@pytest.fixture(autouse=True)
def taxed(till: Till, monkeypatch: Patch) -> None:
    """A stack that taxes payments, and an account in New York."""
    turn_on(monkeypatch, till)
    assert enter(till).status == 200


def test_a_right_release_has_no_difference(till: Till) -> None:
    refunded_twice(till)
    law_15(till)
    till.prove(hours=1)
    assert codes(till) == []


@pytest.mark.parametrize(("mutate", "expected"), MUTANTS, ids=lambda value: getattr(value, "__name__", ""))
def test_a_lost_document_is_found(till: Till, mutate: Callable[[Patch], None], expected: set[str]) -> None:
    with Patch.context() as patch:
        mutate(patch)
        refunded_twice(till)
    with pytest.raises(AssertionError, match="law 15"):
        law_15(till)
    till.prove(hours=1)
    assert set(codes(till)) == expected
