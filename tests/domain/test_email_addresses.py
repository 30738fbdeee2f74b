"""Billing addresses are plain: hostile ones are refused, odd but valid ones accepted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calling_credit.accounts.account import Account, parse_account
from calling_credit.accounts.email_address import is_plain_address
from calling_credit.errors import InvalidValue

ACCOUNT = Account("acct_1", "USD", "UTC", "open", ("old@localhost",))
LONG_DOMAIN = ".".join(["d" * 63, "d" * 63, "d" * 58, "ee"])

VALID = (
    "a@b.co",
    "billing@example.com",
    "BILLING@EXAMPLE.COM",
    "ada.lovelace+invoices@sub.example.co.uk",
    "o'brien@example.ie",
    "first_last@example.com",
    "-dash-@example.com",
    "#$&'*+/=^_`{|}~-@example.com",
    "1@2.example",
    "a@1and1.com",
    "a@xn--mnchen-3ya.de",
    "a@example.xn--p1ai",
    "a@a--b.example",
    "a" * 64 + "@example.com",
    "a@" + "d" * 63 + ".example",
    "a" * 64 + "@" + LONG_DOMAIN,
)
INVALID = (
    "",
    "@",
    "a",
    "a@",
    "@example.com",
    "a@localhost",
    "a@example",
    "a@example.c",
    "a@example.com.",
    "a@.example.com",
    "a@example..com",
    ".a@example.com",
    "a.@example.com",
    "a..b@example.com",
    "a@-example.com",
    "a@example-.com",
    "a@example.com-",
    "a@exa_mple.com",
    "a@127.0.0.1",
    "a@example.123",
    "a@[127.0.0.1]",
    "a@[IPv6:::1]",
    "a@b@example.com",
    "a@example.com@",
    '"a b"@example.com',
    '"a"@example.com',
    "Ada <a@example.com>",
    "<a@example.com>",
    "a@example.com>",
    "a@example.com (Ada)",
    "(Ada)a@example.com",
    "a@example.com,b@example.com",
    "a@example.com;b@example.com",
    "a,b@example.com",
    "group:a@example.com;",
    "mailto:a@example.com",
    "@relay.example:a@example.com",
    "a%example.com@relay.example",
    "relay.example!a@example.com",
    "=?utf-8?q?a?=@example.com",
    "a\\b@example.com",
    "a b@example.com",
    " a@example.com",
    "a@example.com ",
    "a@example .com",
    "a\t@example.com",
    "a@example.com\n",
    "a@example.com\r\nBcc: b@example.com",
    "a\n@example.com",
    "a\x00@example.com",
    "a\x7f@example.com",
    "a@exam\u00a0ple.com",
    "a\u200b@example.com",
    "jürgen@example.com",
    "a@münchen.de",
    "a@example。com",
    "a\uff20example.com",
    "\u0430@example.com",
    "a@\ud800.com",
    "a" * 65 + "@example.com",
    "a@" + "d" * 64 + ".example",
    "a" * 64 + "@d" + LONG_DOMAIN,
    "a." * 50_000 + "@example.com",
    "a@" + "a." * 50_000,
)
OTHER_TYPES: tuple[object, ...] = (None, 5, True, [], ["a@example.com"], {"address": "a@example.com"})


@pytest.mark.parametrize("address", VALID, ids=lambda address: ascii(address[:40]))
def test_odd_but_valid_addresses_are_accepted(address: str) -> None:
    assert parse_account("acct_1", {"billing_emails": [address]}, ACCOUNT).billing_emails == (address,)


@pytest.mark.parametrize("address", [*INVALID, *OTHER_TYPES], ids=lambda address: ascii(address)[:40])
def test_hostile_addresses_are_refused_by_position(address: object) -> None:
    with pytest.raises(InvalidValue) as refused:
        parse_account("acct_1", {"billing_emails": ["a@example.com", address]}, ACCOUNT)
    assert (refused.value.code, "billing_emails[1]" in refused.value.detail) == ("invalid_email", True)


@given(st.text(max_size=20), st.text(max_size=20))
def test_an_accepted_address_needs_no_quoting_anywhere(local: str, domain: str) -> None:
    address = f"{local}@{domain}.com"
    if is_plain_address(address):
        assert address.isascii()
        assert address.isprintable()
        assert address.count("@") == 1
        assert not set(address) & set(' "(),:;<>[\\]%!?')


def test_stored_addresses_of_an_earlier_release_stay() -> None:
    """Freezing an account must not fail because an address of it would be refused today."""
    assert parse_account("acct_1", {"frozen": True}, ACCOUNT).billing_emails == ("old@localhost",)
