"""The statement describes its entries in the reader's language."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.money_book import entry_of, made
from tests.browser.page_server import PageServer, StubUser

User = Callable[..., StubUser]
DESCRIBED = (
    (
        "call_charged",
        "Outbound International Call to Peru - Lima, rural, +51112345678, corrected",
        "Appel international",
    ),
    ("call_taken_back", "Taken back: Outbound International Call to Peru, +51112345678", "Annulation\u00a0: Appel"),
    ("balance_adjusted", "Adjustment: Paid by bank transfer", "Ajustement\u00a0: Paid by bank transfer"),
    ("top_up_paid", "Top Up, Visa ending 4242", "Paiement, Visa se terminant par 4242"),
    ("top_up_paid", "Automatic recharge, Visa ending 4242", "Recharge automatique, Visa se terminant par 4242"),
    ("credit_reversed", "Payment refunded or disputed, Visa ending 4242", "Paiement remboursé ou contesté, Visa se"),
    ("goodwill_given", "Goodwill: A bad line", "Geste commercial\u00a0: A bad line"),
    ("transfer_sent", "Transfer to another account: Merged", "Virement vers un autre compte\u00a0: Merged"),
    ("promotion_redeemed", "Promotion: WELCOME", "Promotion\u00a0: WELCOME"),
    ("credit_expired", "Credit expired: 2026", "Crédit expiré\u00a0: 2026"),
    ("of_a_newer_release", "Something new: yes", "Something new: yes"),
)


@pytest.mark.parametrize("locale", ["en-US", "fr-CA"])
def test_entries_are_described_in_the_readers_language(user: User, page_server: PageServer, locale: str) -> None:
    api = page_server.api
    call = entry_of(made(1, 5))
    api.entries = [
        {**call, "id": f"e_{number}", "kind": kind, "description": text}
        for number, (kind, text, _french) in enumerate(DESCRIBED)
    ]
    one = user(place="#/statement?range=week", locale=locale)
    shown = [row[1] for row in one.rows() if len(row) == 4]
    for text, (_kind, english, french) in zip(shown, DESCRIBED, strict=True):
        assert text.startswith(french if locale == "fr-CA" else english.split("+")[0])
    if locale == "fr-CA":
        assert shown[0].endswith("vers Peru - Lima, rural, +51 112 345 678, corrigé")
    page_server.undocumented.clear()


def test_an_account_that_never_had_money_has_no_chart(user: User, page_server: PageServer) -> None:
    page_server.api.overview["statement"] = {"opening_balance": "0.00", "days": []}
    one = user()
    one.sees("available credit", one.card("Balance"))
    expect(one.page.locator(".balance .plot")).to_have_count(0)
