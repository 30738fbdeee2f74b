"""Of one kind of mail, an address receives the first at once, and then none for an hour."""

import re
from datetime import timedelta
from typing import Any

import pytest

from tests.functions.freeze_bench import FROZEN, freeze, press
from tests.functions.mail_bench import ADDRESSES, Postbox, count, low, postbox
from tests.harness.cards import CHALLENGED
from tests.harness.till import ACCOUNT

__all__ = ["postbox"]

pytestmark = pytest.mark.dynamodb

CARD = {"brand": "visa", "last4": "4242"}


def declined(postbox: Postbox) -> dict[str, Any]:
    """An event whose mail is limited."""
    failure = {"code": "card_declined", "message": "The bank declined."}
    data = {"topup_id": "tu_1", "amount": "50.00", "payment_method": CARD, "status": "failed", "failure": failure}
    return postbox.event("AutoRechargeFailed", **data)


def moved(postbox: Postbox, kind: str) -> dict[str, Any]:
    """An event whose mail is never left out."""
    data = {"topup_id": "tu_1", "amount": "50.00", "payment_method": CARD, "entry_id": "e_1", "by": "operator:ops"}
    return postbox.event(kind, **data)


def denied(postbox: Postbox, reason: str, at: str = "12:00:00") -> dict[str, Any]:
    """A refused call."""
    said = {"call_id": "c_1", "line_id": "line_1", "to": "GB…50", "reason": reason, "message": "Refused."}
    return postbox.event("CallDenied", **said) | {"occurred_at": f"2026-11-23T{at}.000Z"}


def suspended(postbox: Postbox, reason: str) -> dict[str, Any]:
    """A suspended rule."""
    return postbox.event("AutoRechargeSuspended", reason=reason, message="Paused.", payment_method=CARD)


def test_the_first_mail_of_a_kind_is_sent_and_none_for_an_hour(postbox: Postbox) -> None:
    counts = []
    for minutes in (0, 1, 58, 1, 1, 59, 1):  # At 0, 1, 59, 60, 61, 120, and 121 minutes.
        postbox.till.later(minutes=minutes)
        assert postbox.bring(low(postbox)) == {"addresses": 2}
        counts.append(count(postbox))
    assert counts == [1, 0, 0, 1, 0, 1, 0]


def test_kinds_accounts_and_addresses_do_not_limit_each_other(postbox: Postbox) -> None:
    postbox.bring(low(postbox))
    assert count(postbox) == 1
    postbox.bring(declined(postbox))
    assert count(postbox) == 1
    postbox.till.world.create_account("acct_2", billing_emails=ADDRESSES)
    postbox.bring(low(postbox) | {"account_id": "acct_2"})
    assert count(postbox) == 1
    postbox.till.world.operate("PUT", f"/accounts/{ACCOUNT}", {"billing_emails": [*ADDRESSES, "new@halcyon.example"]})
    postbox.bring(low(postbox))
    assert [address for address, _ in postbox.sent()] == ["new@halcyon.example"], "a changed address"


@pytest.mark.parametrize(
    "kind",
    [
        "TopUpSucceeded",
        "AutoRechargeSucceeded",
        "CreditReversed",
        "CreditReturned",
        "AccountFrozen",
        "AccountUnfrozen",
    ],
)
def test_receipts_reversals_and_freezes_are_always_mailed(postbox: Postbox, kind: str) -> None:
    for _ in range(3):
        postbox.bring(moved(postbox, kind))
    assert count(postbox) == 3


def test_suspensions_for_different_reasons_are_each_mailed(postbox: Postbox) -> None:
    for reason, sent in (("card_removed", 1), ("card_unusable", 1), ("card_removed", 0)):
        postbox.bring(suspended(postbox, reason))
        assert count(postbox) == sent


def test_refused_calls_are_mailed_once_an_hour_for_all_reasons(postbox: Postbox) -> None:
    for reason, sent in (("destination_blocked", 1), ("daily_spend_limit", 0), ("destination_blocked", 0)):
        postbox.bring(denied(postbox, reason))
        assert count(postbox) == sent


def test_refused_calls_are_mailed_each_hour_however_long_a_mail_takes(postbox: Postbox) -> None:
    """They are announced every hour, and a mail that is faster than the one before is still the next hour's."""
    for at, seconds in (("12:00:00", 9), ("13:00:00", 3591), ("14:00:00", 3601), ("14:59:59", 3598)):
        postbox.till.later(seconds=seconds)
        postbox.bring(denied(postbox, "destination_blocked", at))
        assert count(postbox) == (at != "14:59:59")


def test_a_call_refused_after_an_unfreezing_is_mailed_with_its_own_link(postbox: Postbox) -> None:
    """The unfreezing withdrew the link of the mail before."""
    till = postbox.till
    for at in ("12:00:00", "12:04:01"):
        postbox.bring(denied(postbox, "destination_blocked", at))
        text = postbox.asked[0]["Content"]["Simple"]["Body"]["Text"]["Data"]
        [token] = re.findall("https://page.test/links/(.*)", text)
        assert count(postbox) == 1
        assert press(till, token) == FROZEN
        postbox.bring(denied(postbox, "account_frozen", at))
        assert count(postbox) == 0
        till.later(minutes=2)
        freeze(till, is_frozen=False)
        till.later(minutes=2, seconds=2)


def test_a_late_report_does_not_silence_one_of_after_the_unfreezing(postbox: Postbox) -> None:
    freeze(postbox.till)
    postbox.till.later(minutes=2)
    freeze(postbox.till, is_frozen=False)
    for at, sent in (("12:01:59", 1), ("12:01:59", 0), ("12:02:01", 1), ("12:02:02", 0)):
        postbox.bring(denied(postbox, "destination_blocked", at))
        assert count(postbox) == sent


def test_news_of_a_lost_payment_is_never_left_out(postbox: Postbox) -> None:
    for code, sent in (("card_declined", 1), ("payment_lost", 1), ("payment_lost", 1), ("card_declined", 0)):
        event = declined(postbox)
        event["data"]["failure"]["code"] = code
        postbox.bring(event)
        assert count(postbox) == sent


def test_an_address_in_other_letters_is_the_same_address(postbox: Postbox) -> None:
    """An address with blanks is refused."""
    first = {"billing_emails": ["Ada@Halcyon.example", *ADDRESSES]}
    assert postbox.till.world.operate("PUT", f"/accounts/{ACCOUNT}", first).status == 200
    postbox.bring(low(postbox))
    assert [address for address, _ in postbox.sent()] == ["Ada@Halcyon.example", ADDRESSES[1]]
    then = {"billing_emails": ["ADA@halcyon.example"]}
    assert postbox.till.world.operate("PUT", f"/accounts/{ACCOUNT}", then).status == 200
    postbox.bring(low(postbox))
    assert len(postbox.sent()) == 2
    blank = {"billing_emails": [f" {ADDRESSES[0]}"]}
    assert postbox.till.world.operate("PUT", f"/accounts/{ACCOUNT}", blank).code == "invalid_email"


def test_the_link_of_each_waiting_payment_is_mailed(postbox: Postbox) -> None:
    till = postbox.till
    for _ in range(2):
        till.set_rule(till.card(CHALLENGED))
        till.stream()
        postbox.bring(suspended(postbox, "authentication_required"))
        assert count(postbox) == 1
        till.paid("60.00", till.card())
        till.world.adjust("-110.00" if till.world.balance() > 60_000_000 else "-60.00", f"k_{till.keys}")


def test_a_frozen_account_receives_no_link_to_confirm_a_payment(postbox: Postbox) -> None:
    till = postbox.till
    till.set_rule(till.card(CHALLENGED))
    till.stream()
    till.world.operate("PUT", f"/accounts/{ACCOUNT}", {"frozen": True})
    postbox.bring(suspended(postbox, "authentication_required"))
    postbox.bring(denied(postbox, "destination_blocked"))
    assert "links/" not in str(postbox.asked)
    assert till.world.of_kind("LINK") == []


def test_a_mail_left_out_is_not_sent_when_its_event_is_redelivered(postbox: Postbox) -> None:
    postbox.bring(low(postbox))
    left_out = low(postbox)
    postbox.bring(left_out)
    postbox.till.later(hours=2)
    postbox.bring(left_out)
    assert count(postbox) == 1


def test_the_items_that_limit_mails_hold_no_address_and_expire(postbox: Postbox) -> None:
    postbox.bring(low(postbox))
    items = [item for item in postbox.till.world.stack.items() if item["SK"].startswith("limit#")]
    assert len(items) == 2
    hour = int((postbox.till.world.clock.now + timedelta(hours=1)).timestamp())
    assert all(hour <= item["expires_at"] <= hour + 300 for item in items)
    assert "halcyon" not in str(items)
