"""Every code has a row in every table that lists its kind."""

import json
import re
from enum import StrEnum

import pytest
from boto3.dynamodb.types import TypeSerializer

from calling_credit.accounts.account import Status
from calling_credit.admission import request
from calling_credit.admission.reasons import FRAUD_REASONS, DenialReason
from calling_credit.audit.proof import DifferenceCode
from calling_credit.charging.listed_calls import ListOutcome
from calling_credit.connectors.key import KeyState
from calling_credit.dynamodb.attributes import to_attribute
from calling_credit.errors import ProblemCode
from calling_credit.ledger.entries import EntryKind
from calling_credit.ledger.holds import HoldEnd, HoldStatus
from calling_credit.ledger.posting_parts import PostingOutcome
from calling_credit.links.link import LinkPurpose
from calling_credit.notifications import events
from calling_credit.notifications.event_types import EventType
from calling_credit.notifications.mails import MAILED
from calling_credit.payments.issues import IssueCode
from calling_credit.rates.allowance import NEXT_STEPS
from calling_credit.rates.deck_codes import DeckErrorCode, DeckWarningCode, GuardCode
from calling_credit.rates.deck_diff import PriceChange
from calling_credit.rates.deck_states import StateKind
from calling_credit.rates.pricing import FreeReason
from calling_credit.rates.publish_outcomes import OUTCOME_MESSAGES, PublishOutcome
from calling_credit.recharge import words
from calling_credit.recharge.attempts import SOFT, AttemptOutcome, SuspensionReason
from calling_credit.recharge.decision import StopReason
from calling_credit.recharge.settings import RechargeStatus
from calling_credit.rejection_codes import RejectionCode
from calling_credit.topups import declines
from calling_credit.topups.decision import MismatchCode
from calling_credit.topups.declines import FailureCode
from calling_credit.topups.topup import TopUpKind, TopUpStatus
from ops import deck_output
from ops.contract.problem_codes import BEHIND_NO_ROUTE, BY_CODE
from ops.dead_calls import LedgerVerdict
from ops.openapi import ROOT

NEVER_SHOWN = {StopReason.ABOVE_THRESHOLD}
"""The normal state with a sufficient balance; no table has a message for it."""
OF_OPERATORS = {
    EventType.CALL_UNRATED,
    EventType.CARD_BLOCKED,
    EventType.CARD_ATTEMPTS_LIMITED,
    EventType.RULE_CHANGED,
    EventType.PRICE_TERMS_CHANGED,
    EventType.ADJUSTMENT_POSTED,
    EventType.MAIL_BOUNCED,
    EventType.MAIL_COMPLAINED,
}
"""Customers get no e-mail about these: they are for the operator, or the page shows them."""

DOCUMENTED: list[tuple[type[StrEnum], str]] = [
    (DenialReason, "api.md"),
    (RejectionCode, "call-events.md"),
    (RejectionCode, "runbook.md"),
    (LedgerVerdict, "runbook.md"),
    (DifferenceCode, "runbook.md"),
    (EventType, "events.md"),
    (DeckErrorCode, "rate-decks.md"),
    (DeckWarningCode, "rate-decks.md"),
    (GuardCode, "rate-decks.md"),
    (PublishOutcome, "rate-decks.md"),
    (PriceChange, "rate-decks.md"),
    (FailureCode, "api.md"),
    (RechargeStatus, "api.md"),
    (MismatchCode, "runbook.md"),
    (IssueCode, "runbook.md"),
]
OTHER: set[type[StrEnum]] = {
    ProblemCode,
    StopReason,
    SuspensionReason,
    TopUpKind,
    TopUpStatus,
    FreeReason,
    StateKind,
    LinkPurpose,
    EntryKind,
    HoldStatus,
    HoldEnd,
    PostingOutcome,
    ListOutcome,
    AttemptOutcome,
    Status,
    KeyState,
}
"""Codes that other tests cover, or that are internal."""


def without_row(codes: type[StrEnum], document: str) -> set[str]:
    """The codes that begin no row of a table in a document of `docs/`."""
    text = (ROOT / "docs" / document).read_text(encoding="utf-8")
    cells = re.findall(r"^\| (`[^|]+) \|", text, re.MULTILINE)
    return {str(code) for code in codes} - {code for cell in cells for code in re.findall(r"`(\w+)`", cell)}


@pytest.mark.parametrize(("codes", "document"), DOCUMENTED)
def test_every_code_has_a_row_in_its_document(codes: type[StrEnum], document: str) -> None:
    assert without_row(codes, document) == set()


@pytest.mark.parametrize("codes", sorted({codes for codes, _ in DOCUMENTED} | OTHER, key=str))
def test_a_code_is_stored_and_sent_as_plain_text(codes: type[StrEnum]) -> None:
    for code in codes:
        assert json.dumps([code, to_attribute(code)]) == json.dumps([code.value, {"S": code.value}])
        assert TypeSerializer().serialize(code) == {"S": code.value}
        assert f"{code}" == code.value


@pytest.mark.parametrize("document", sorted({document for _, document in DOCUMENTED}))
def test_a_code_without_a_row_is_found(document: str) -> None:
    planted = StrEnum("planted", {"NEW": "planted_code"})
    assert without_row(planted, document) == {"planted_code"}


def test_every_finding_about_a_deck_has_a_next_step() -> None:
    assert set(NEXT_STEPS) == set(GuardCode)


def test_every_denial_reason_has_a_message() -> None:
    assert set(request.WORDS) == set(DenialReason)
    assert set(DenialReason) >= FRAUD_REASONS


def test_every_reason_not_to_recharge_has_a_message() -> None:
    assert set(words.WORDS) == {*StopReason, *SuspensionReason} - NEVER_SHOWN
    assert set(SuspensionReason) >= SOFT


def test_a_failed_payment_has_words_for_every_code() -> None:
    assert set(declines.WORDS) == set(FailureCode)


def test_customers_can_look_up_every_status_of_a_payment_that_they_see() -> None:
    assert without_row(TopUpStatus, "api.md") == {TopUpStatus.CONFIRMING}


def test_every_problem_is_explained_or_listed_as_internal() -> None:
    assert {*BY_CODE, *BEHIND_NO_ROUTE} == set(ProblemCode)
    assert not set(BY_CODE) & set(BEHIND_NO_ROUTE)


def test_the_error_list_explains_every_problem_of_a_route() -> None:
    assert without_row(ProblemCode, "api-errors.md") == set(BEHIND_NO_ROUTE)


def test_every_type_of_event_has_a_model_a_schema_and_an_e_mail() -> None:
    assert [model.model_fields["type"].default for model in events.ALL] == list(EventType)
    assert {path.name for path in (ROOT / "docs" / "events").iterdir()} == {f"{kind}.schema.json" for kind in EventType}
    assert set(MAILED) == set(EventType) - OF_OPERATORS


def test_a_dropped_deck_has_words_for_every_outcome() -> None:
    assert set(OUTCOME_MESSAGES) == set(PublishOutcome)
    assert set(deck_output.SIGNS) == set(PriceChange) - {PriceChange.LATER}


@pytest.mark.parametrize(
    "codes",
    [
        DenialReason,
        StopReason,
        SuspensionReason,
        ProblemCode,
        FailureCode,
        RechargeStatus,
        TopUpStatus,
        TopUpKind,
        EntryKind,
        Status,
    ],
)
def test_the_published_document_lists_every_reason(codes: type[StrEnum]) -> None:
    document = (ROOT / "docs" / "openapi.yaml").read_text(encoding="utf-8")
    assert {code for code in codes if f"- {code}\n" not in document} <= {
        *NEVER_SHOWN,
        *BEHIND_NO_ROUTE,
        TopUpStatus.CONFIRMING,
    }
