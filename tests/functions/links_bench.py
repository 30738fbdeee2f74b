"""An automatic recharge that waits for its customer, and its link."""

import re
from typing import Any

from tests.harness.cards import CHALLENGED
from tests.harness.http import Answer
from tests.harness.till import Till

PAGE = "https://page.test/links/"


def waiting(till: Till, kind: str = CHALLENGED) -> dict[str, Any]:
    """An automatic recharge that waits for the customer's confirmation, as an admin sees it."""
    till.set_rule(till.card(kind))
    till.stream()
    [item] = till.top_ups()
    shown = till.top_up(item["topup_id"])
    assert (shown["kind"], shown["status"], shown["amount"]) == ("automatic", "requires_action", "50.00")
    return shown


def token_of(shown: dict[str, Any]) -> str:
    """The last part of a payment's link."""
    link = str(shown["next_action_url"])
    assert link.startswith(PAGE)
    return link.removeprefix(PAGE)


def heading(answer: Answer) -> str:
    """The heading of a page, after a check that the page is not cached, framed, or leaked to other sites."""
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; base-uri 'none'; frame-ancestors 'none'")
    assert "script" not in answer.text
    return "".join(re.findall("<h1>(.*)</h1>", answer.text))
