"""The link in the mail about a request raises the budget once, in its month only, and a freeze ends it."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from calling_credit.links.link import hash_of
from tests.functions.budget_requests_bench import ask, give, limit, lost_answer, raise_it, shown, spend
from tests.functions.events_bench import Listener, listener
from tests.functions.links_bench import heading
from tests.functions.mail_bench import ADDRESSES, Postbox, postbox
from tests.functions.notifications_bench import opened, press
from tests.harness.http import http_event
from tests.harness.till import ACCOUNT, Till

__all__ = ["listener", "postbox"]
pytestmark = pytest.mark.dynamodb
QUESTION, DONE = (200, "Raise this budget?"), (200, "Budget raised")
ENDED, INVALID = (200, "Nothing to raise"), (404, "Link not valid")
STAFF: dict[str, Any] = {
    "custom:account_id": None,
    "client_id": None,
    "scope": None,
    "token_use": "id",
    "cognito:groups": ["support"],
    "sub": "staff-1",
}


def asked(postbox: Postbox, listener: Listener) -> dict[str, Any]:
    """The event of a request for more of a budget of 2.00 of which 1.60 are used."""
    world = postbox.till.world
    give(world, "2.00")
    spend(world, "1.60")
    world.operate("PUT", f"/accounts/{ACCOUNT}", {"billing_emails": ADDRESSES})
    listener.hear()
    assert ask(world).status == 201
    [event] = [one for one in listener.hear() if one["type"] == "BudgetIncreaseRequested"]
    return event


@pytest.fixture
def token(postbox: Postbox, listener: Listener) -> str:
    """The link in the mail about a request."""
    event = asked(postbox, listener)
    postbox.bring(event)
    found: set[str] = {token for mail in postbox.asked for token in re.findall(r"/links/([^\s?]+)", text_of(mail))}
    assert [address for address, _ in postbox.sent()] == ADDRESSES
    [token] = found
    return str(token)


def text_of(mail: dict[str, Any]) -> str:
    return str(mail["Content"]["Simple"]["Body"]["Text"]["Data"])


def test_a_link_raises_the_budget_once_and_is_recorded(postbox: Postbox, token: str) -> None:
    till = postbox.till
    before = till.world.stack.items()
    assert opened(till, token) == QUESTION
    assert till.world.stack.items() == before, "mail scanners open links"
    assert [press(till, token) for _ in range(2)] == [DONE, DONE]
    assert limit(till.world) == 400
    assert shown(till.world)["budget"]["limit"] == "4.00"
    assert shown(till.world)["budget_requests"] == []
    [change] = till.world.changes("budget_raised")
    assert change["by"] == f"link:{hash_of(token)}"
    assert (change["old"], change["new"]) == ({"line": "2.00"}, {"line": "4.00", "month": "2026-11"})
    shown_by = till.world.get("/activity").body["items"][0]["by"]
    assert shown_by == {"kind": "link", "name": "Link in an e-mail"}


def test_a_mail_names_the_line_by_its_number_and_the_amounts(postbox: Postbox, token: str) -> None:
    text = text_of(postbox.asked[0])
    assert "line line_1 (number ending in 00) in November 2026" in text
    assert "Budget of the line: $2.00 more, now $2.00" in text
    assert "by November 30, 2026, " in text


def test_the_page_of_a_link_names_the_amounts(postbox: Postbox, token: str) -> None:
    text = postbox.till.visit(token).text
    assert "line line_1 (US…00)" in text
    assert "$2.00 more, from $2.00 to $4.00" in text


def test_two_presses_at_once_raise_once(postbox: Postbox, token: str) -> None:
    with ThreadPoolExecutor(2) as pool:
        assert set(pool.map(lambda _: press(postbox.till, token), range(2))) == {DONE}
    assert limit(postbox.till.world) == 400
    assert len(postbox.till.world.changes("budget_raised")) == 1


def test_a_press_whose_answer_is_lost_raises_once(postbox: Postbox, token: str) -> None:
    with lost_answer(postbox.till.world):
        assert press(postbox.till, token) == DONE
    assert limit(postbox.till.world) == 400


def test_a_raise_by_an_admin_ends_the_link(postbox: Postbox, token: str) -> None:
    assert raise_it(postbox.till.world).status == 200
    assert press(postbox.till, token) == ENDED
    assert limit(postbox.till.world) == 400


@pytest.mark.parametrize("how", ["next month", "expired", "withdrawn", "frozen", "unfrozen", "changed", "asked again"])
def test_a_link_ends_with_its_request(postbox: Postbox, token: str, how: str) -> None:
    till = postbox.till
    till.later(minutes=1)
    expected = end(till, how)
    before = till.world.stack.items()
    assert opened(till, token) == press(till, token) == expected
    assert till.world.stack.items() == before


def end(till: Till, how: str) -> tuple[int, str]:
    """Let a request end in one of several ways; return what its link shows then."""
    world = till.world
    if how == "next month":
        world.clock.now = datetime(2026, 12, 1, tzinfo=UTC)
        return INVALID
    if how == "expired":
        world.clock.now += timedelta(days=7)
        return INVALID
    if how == "withdrawn":
        world.ask("keep_accounts", "POST", f"/operator/accounts/{ACCOUNT}/links/withdraw", {}, **STAFF)
        return INVALID
    if how in ("frozen", "unfrozen"):
        world.operate("PUT", f"/accounts/{ACCOUNT}", {"frozen": True})
    if how == "unfrozen":
        till.later(minutes=1)
        world.operate("PUT", f"/accounts/{ACCOUNT}", {"frozen": False})
    if how == "changed":
        give(world, "5.00")
    if how == "asked again":
        till.later(days=1)
        assert ask(world).status == 201
    return ENDED


def test_a_link_of_the_last_minute_acts_only_in_its_month(postbox: Postbox, listener: Listener) -> None:
    world = postbox.till.world
    world.clock.now = datetime(2026, 11, 30, 22, tzinfo=UTC)
    event = asked(postbox, listener)
    postbox.bring(event)
    [token, *_] = re.findall(r"/links/([^\s?]+)", text_of(postbox.asked[0]))
    world.clock.now = datetime(2026, 11, 30, 23, 59, tzinfo=UTC)
    assert opened(postbox.till, token) == QUESTION
    world.clock.now = datetime(2026, 12, 1, tzinfo=UTC)
    assert press(postbox.till, token) == INVALID
    assert limit(world) == 200


@pytest.mark.parametrize("how", ["raised", "frozen", "changed"])
def test_a_mail_about_a_request_that_has_ended_is_not_sent(postbox: Postbox, listener: Listener, how: str) -> None:
    event = asked(postbox, listener)
    if how == "raised":
        raise_it(postbox.till.world)
    else:
        end(postbox.till, how)
    postbox.asked.clear()
    postbox.bring(event)
    assert postbox.sent() == []


def test_the_page_of_a_link_is_french_on_request(postbox: Postbox, token: str) -> None:
    event = http_event("follow_links", "GET", f"/links/{token}", claims=None)
    event["queryStringParameters"], event["rawQueryString"] = {"language": "fr"}, "language=fr"
    answer = postbox.till.world.invoke("follow_links", event)
    assert heading(answer) == "Augmenter ce budget\u00a0?"
    assert "novembre 2026" in answer.text
