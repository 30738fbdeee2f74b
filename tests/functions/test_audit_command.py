"""`make audit`: it names every kind of difference and ends with 1."""

import sys
from typing import Any

import boto3
import pytest
from rich.console import Console

from calling_credit.audit.book import Book
from calling_credit.audit.proof import BookPart, Difference, DifferenceCode
from calling_credit.audit.prove_account import Proof
from calling_credit.dynamodb import keys
from ops import audit
from ops.stack import FoundStack
from tests.functions.test_operators_commands import code_of
from tests.harness.world import World

pytestmark = pytest.mark.dynamodb


@pytest.fixture
def audited(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A stack that the command can find, without Stripe keys."""
    stack = FoundStack("staging", False, {"TableName": world.stack.table_name}, boto3.Session(), None)
    monkeypatch.setattr(audit, "find_stack", lambda: stack)
    monkeypatch.setattr(audit, "stripe_of", lambda _stack: (None, "no key."))
    monkeypatch.setattr(audit, "console", Console(width=200))
    monkeypatch.setattr(sys, "argv", ["make audit", "acct_1"])
    assert world.deliver({"call_id": "c_1"}) == []
    return world


def test_audit_names_a_held_sum_that_differs_from_the_live_holds(
    audited: World, capsys: pytest.CaptureFixture[str]
) -> None:
    key: Any = {"PK": {"S": keys.account_pk("acct_1")}, "SK": {"S": keys.balance_sk()}}
    audited.stack.dynamodb.update_item(
        TableName=audited.stack.table_name,
        Key=key,
        UpdateExpression="SET held_micros = :held, available_micros = available_micros - :held",
        ExpressionAttributeValues={":held": {"N": "70000"}},
    )
    assert code_of(audit.main) == 1
    output = capsys.readouterr().out
    assert "held_is_not_the_sum_of_live_holds: balance of acct_1, expected 0.00 USD for 0 calls" in output
    assert "1 difference found in acct_1." in output


def test_audit_without_stripe_proves_the_sums_and_ends_with_2(
    audited: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert code_of(audit.main) == audit.STRIPE_NOT_ASKED == 2
    assert "Stripe could not be asked" in capsys.readouterr().out


def test_audit_of_a_mistyped_account_says_what_to_correct(
    audited: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["make audit", "acct_nope"])
    assert code_of(audit.main) == 1
    assert "There is no account acct_nope in staging. Correct ACCOUNT: it is the id" in capsys.readouterr().err


def test_audit_of_an_account_without_a_balance_is_no_success(
    audited: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    audited.create_account("acct_2")
    key: Any = {"PK": {"S": keys.account_pk("acct_2")}, "SK": {"S": keys.balance_sk()}}
    audited.stack.dynamodb.delete_item(TableName=audited.stack.table_name, Key=key)
    monkeypatch.setattr(sys, "argv", ["make audit", "acct_2"])
    assert code_of(audit.main) == 1
    assert "acct_2 has no balance" in capsys.readouterr().err


@pytest.mark.parametrize("code", DifferenceCode)
def test_audit_shows_each_kind_of_difference_in_its_part_of_the_book(code: DifferenceCode) -> None:
    proof = Proof(Book("acct_1"), [], [Difference(code, "acct_1", "object_1", "1.00 USD", "2.00 USD")])
    columns = audit.table_of(proof, is_asked=True).columns
    verdicts = dict(zip(columns[0].cells, columns[3].cells, strict=True))
    assert verdicts.pop(code.part) == f"{code}: object_1, expected 1.00 USD, found 2.00 USD"
    assert set(verdicts.values()) == {"ok"}
    assert [part for part, _, _ in audit.parts(proof)] == list(BookPart)


def test_every_difference_code_belongs_to_a_part_of_the_book() -> None:
    assert {code.part for code in DifferenceCode} == set(BookPart)
