"""Failed debits of bank accounts: which are final, and what customers read."""

import pytest

from calling_credit.topups.declines import BANK_CODES, OF_BANK_ACCOUNT, Decline, DeclineKind, FailureCode, message_of

BRAND = "us_bank_account"


@pytest.mark.parametrize("code", sorted(BANK_CODES))
def test_a_bank_account_that_cannot_be_debited_is_not_tried_again(code: str) -> None:
    decline = Decline(code)
    assert (decline.is_hard, decline.kind) == (True, DeclineKind.HARD)


def test_insufficient_funds_of_a_bank_account_may_be_tried_again() -> None:
    decline = Decline("insufficient_funds")
    assert (decline.is_hard, decline.kind) == (False, DeclineKind.SOFT)


@pytest.mark.parametrize("code", [*BANK_CODES, *FailureCode, "bank_account_declined", "no_such_code"])
def test_no_words_about_a_bank_account_blame_a_card(code: str) -> None:
    of_cards = {FailureCode.EXPIRED_CARD, FailureCode.INCORRECT_CVC, *OF_BANK_ACCOUNT}
    if code in of_cards - set(OF_BANK_ACCOUNT) or "velocity" in code or "withdrawal" in code:
        return  # Only cards are declined for these.
    words = message_of(code, BRAND).replace("use a card", "").replace("use another card", "")
    assert "card" not in words


def test_words_about_a_card_do_not_change() -> None:
    assert message_of("insufficient_funds", "visa") == message_of("insufficient_funds")
