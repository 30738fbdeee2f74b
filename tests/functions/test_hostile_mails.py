"""Mails and bodies under attack: addresses in two spellings, names like headers, repeated alarms, odd JSON."""

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.functions.events_bench import Listener, listener
from tests.functions.freeze_bench import press
from tests.functions.mail_bench import ADDRESSES, Postbox, low, postbox
from tests.harness.http import http_event
from tests.harness.till import ACCOUNT
from tests.harness.world import World

__all__ = ["listener", "postbox"]

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]

LINK = "https://page.test/links/"


def texts(postbox: Postbox) -> list[str]:
    """The texts of the mails."""
    return [mail["Content"]["Simple"]["Body"]["Text"]["Data"] for mail in postbox.asked]


# --- Addresses --------------------------------------------------------------------------------------------------------


def test_an_address_in_two_spellings_receives_each_mail_once(postbox: Postbox, listener: Listener) -> None:
    world = postbox.till.world
    twice = ["Ada@Halcyon.example", "ada@halcyon.example"]
    world.operate("PUT", f"/accounts/{ACCOUNT}", {"billing_emails": twice})
    for event in (postbox.paid(), low(postbox)):
        postbox.asked.clear()
        postbox.bring(event)
        assert len(postbox.sent()) == 1
    listener.hear()
    world.clock.now += timedelta(minutes=1)
    world.operate("PUT", f"/accounts/{ACCOUNT}", {"billing_emails": ["thief@elsewhere.example"]})
    postbox.asked.clear()
    [event] = listener.hear()
    for _ in range(2):
        postbox.bring(event)
    assert [address.casefold() for address, _ in postbox.sent()] == ["ada@halcyon.example"]


def test_an_address_that_only_changed_its_case_is_told(postbox: Postbox, listener: Listener) -> None:
    listener.hear()
    postbox.till.later(minutes=1)
    postbox.till.world.operate("PUT", f"/accounts/{ACCOUNT}", {"billing_emails": [one.upper() for one in ADDRESSES]})
    [event] = listener.hear()
    postbox.bring(event)
    assert [address for address, _ in postbox.sent()] == ADDRESSES


@pytest.mark.parametrize(
    "address",
    [
        "a@example.com\r\nBcc: x@example.com",
        "a@example.com,b@example.com",
        "Ada <a@example.com>",
        '"a b"@example.com',
        "a@[192.0.2.1]",
        "a@localhost",
        "a..b@example.com",
        ".a@example.com",
        "a@example..com",
        "a@-example.com",
        "=?utf-8?q?a?=@example.com",
        "a@ex\u0430mple.com",
        "a@example.com\u200b",
        "a@example.com ",
        "@example.com",
        {"address": "a@example.com"},
    ],
    ids=ascii,
)
def test_an_address_that_is_more_than_an_address_is_refused(world: World, address: Any) -> None:
    before = world.stack.items()
    answer = world.operate("PUT", "/accounts/acct_1", {"billing_emails": ["ok@example.com", address]})
    assert (answer.status, answer.code) == (422, "invalid_email")
    assert answer.body["detail"].startswith("billing_emails[1]")
    assert world.stack.items() == before


def test_names_that_look_like_headers_or_links_are_in_no_mail(postbox: Postbox, listener: Listener) -> None:
    world, name = postbox.till.world, "Subject: Win, Bcc: x@evil.example, https://evil.example"
    for path in (f"/accounts/{ACCOUNT}", f"/accounts/{ACCOUNT}/users/user_1"):
        assert world.operate("PUT", path, {"name": name}).status == 200
        assert world.operate("PUT", path, {"name": f"Ada\r\n{name}"}).code == "invalid_field"
    world.change("/limits", {"daily_spend": "5.00"}, email=name)
    postbox.till.later(minutes=1)
    listener.hear()
    world.change("/limits", {"daily_spend": "9.00"}, email=name)
    [event] = listener.hear()
    postbox.bring(event)
    assert len(postbox.sent()) == 2
    assert not [mail for mail in postbox.asked if "evil" in str(mail)]


# --- Alarms -----------------------------------------------------------------------------------------------------------


def loosened(postbox: Postbox, listener: Listener, limit: str) -> dict[str, Any]:
    """The event of a loosened limit."""
    postbox.till.later(minutes=1)
    assert postbox.till.world.change("/limits", {"daily_spend": limit}).status == 200
    [event] = listener.hear()
    return dict(event)


def test_limits_loosened_twice_are_mailed_once_and_the_link_freezes(postbox: Postbox, listener: Listener) -> None:
    world = postbox.till.world
    world.change("/limits", {"daily_spend": "5.00"})
    listener.hear()
    first, second = (loosened(postbox, listener, limit) for limit in ("6.00", "7.00"))
    for event in (first, second, first):
        postbox.bring(event)
    assert len(postbox.sent()) == 2, "one for each address"
    [line] = [line for line in texts(postbox)[0].splitlines() if line.startswith(LINK)]
    assert press(postbox.till, line.removeprefix(LINK)) == (200, "The account is frozen")
    [account] = world.of_kind("ACCOUNT")
    assert account["frozen_by"].startswith("link:")
    postbox.asked.clear()
    postbox.till.later(hours=1)
    world.operate("PUT", f"/accounts/{ACCOUNT}", {"frozen": False})
    listener.hear()
    postbox.bring(loosened(postbox, listener, "8.00"))
    assert len(postbox.sent()) == 2
    [again] = [line for line in texts(postbox)[0].splitlines() if line.startswith(LINK)]
    assert again != line


# --- Bodies -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        '{"daily_spend": "5.00", "daily_spend": "5.00"}',
        '{"\\u0064aily_spend": "5.00", "daily_spend": "9.00"}',
        '{"daily_spend": "5.00", "x": {"a": 1, "\\u0061": 1}}',
        '{"x": [[{"\\ud83d\\ude00": 1, "\U0001f600": 2}]]}',
        '{"\\ud800": 1, "\\ud800": 2}',
    ],
)
def test_a_key_that_is_named_twice_in_any_spelling_is_refused(world: World, body: str) -> None:
    before = world.stack.items()
    for function, path in (("change_settings", "/limits"), ("manage_accounts", "/accounts/acct_1")):
        answer = world.invoke(
            function, http_event(function, "PUT", path, body=body, claims={"custom:account_id": "acct_1"})
        )
        assert (answer.status, answer.code) == (400, "duplicate_key")
    assert world.stack.items() == before


@pytest.mark.parametrize("text", ["\ud800", "a\udfffb", "\u0000", "\u202e", "\u2028", "\x1b[31m"], ids=ascii)
def test_half_and_control_characters_are_stored_in_no_field(world: World, text: str) -> None:
    before = world.stack.items()
    for method, path, body in (
        ("PUT", "/accounts/acct_1", {"name": text}),
        ("PUT", "/accounts/acct_1", {"time_zone": text}),
        ("PUT", "/accounts/acct_1", {"status": text}),
        ("PUT", "/accounts/acct_1", {"limits": {"blocked": [text]}}),
        ("PUT", "/accounts/acct_1", {"limits": {text: "1.00"}}),
        ("PUT", "/accounts/acct_1/users/user_1", {"name": text}),
        ("PUT", "/accounts/acct_1/lines/line_1", {"number": text}),
        ("PUT", "/accounts/acct_1/lines/line_1", {"user_id": text}),
        ("PUT", "/accounts/acct_1/lines/line_1", {"number": "+14155550100", "move_from": {text: 1}}),
        ("PUT", "/accounts/acct_1/auto-recharge", {"enabled": False, "reason": text}),
        ("POST", "/accounts/acct_1/adjustments", {"amount": "1.00", "reason": text}),
        ("POST", "/accounts/acct_1/adjustments", {"amount": text, "reason": "x"}),
        ("POST", "/accounts/acct_1/cards/unblock", {"payment_method_id": text, "reason": "x"}),
    ):
        answer = world.operate(method, path, json.dumps(body), key="k")
        assert answer.status == 422, (path, body, answer.text)
    assert world.stack.items() == before
