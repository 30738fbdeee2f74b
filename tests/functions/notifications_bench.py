"""The recipients of an account's e-mails, the links that confirm addresses, and their e-mails."""

import re
from typing import Any

from calling_credit.accounts.store import AccountStore
from calling_credit.links.link import address_link
from calling_credit.links.store import LinkStore
from calling_credit.links.tokens import issue_link
from tests.functions.events_bench import Listener
from tests.functions.freeze_bench import SECRET
from tests.functions.links_bench import heading
from tests.functions.mail_bench import Postbox
from tests.harness.http import MEMBER, Answer
from tests.harness.till import Till
from tests.harness.world import World

SUBJECTS = {"Confirm your e-mail address", "Confirmez votre adresse électronique"}
CONFIRMED, WAITING = "confirmed", "waiting"
Shown = list[tuple[str, str, str]]


def put(world: World, body: Any, **claims: Any) -> Answer:
    """The answer to PUT /notifications."""
    return world.change("/notifications", body, **claims)


def recipients(world: World, *recipients: str | tuple[str, str], **more: Any) -> Answer:
    """The answer to PUT /notifications with these addresses, some with a language."""
    listed = [
        {"address": one} if isinstance(one, str) else {"address": one[0], "language": one[1]} for one in recipients
    ]
    return put(world, {"recipients": listed, **more})


def shown(world: World) -> Shown:
    """The recipients as a member sees them."""
    answer = world.ask("change_settings", "GET", "/notifications", **MEMBER)
    assert answer.status == 200, answer.text
    return [(one["address"], one["language"], one["status"]) for one in answer.body["recipients"]]


def links_of(postbox: Postbox, listener: Listener) -> dict[str, str]:
    """The token in the e-mail to each address that was asked since the last events."""
    postbox.asked.clear()
    for event in listener.hear():
        if event["type"] == "AddressConfirmationRequested":
            postbox.bring(event)
    found = {}
    for mail in postbox.asked:
        [address] = mail["Destination"]["ToAddresses"]
        simple = mail["Content"]["Simple"]
        assert simple["Subject"]["Data"] in SUBJECTS
        [token] = re.findall(r"/links/([^\s?]+)", simple["Body"]["Text"]["Data"])
        found[address] = token
    return found


def press(till: Till, token: str) -> tuple[int, str]:
    """The status and heading after the button of a link is pressed."""
    answer = till.visit(token, "POST")
    return answer.status, heading(answer)


def opened(till: Till, token: str) -> tuple[int, str]:
    """The status and heading of a link that is opened."""
    answer = till.visit(token)
    return answer.status, heading(answer)


def use_notifications(till: Till) -> None:
    """An admin replaces the address that the operator listed, and the holder of the new one confirms it."""
    world = till.world
    before = world.of_kind("ACCOUNT")[0].get("billing_emails", [])
    world.operate("PUT", "/accounts/acct_1", {"billing_emails": ["old@halcyon.example"]})
    assert recipients(world, "new@halcyon.example").status == 200
    stored = AccountStore(world.stack.dynamodb, world.stack.table_name).account("acct_1")
    assert stored is not None
    links = LinkStore(world.stack.dynamodb, world.stack.table_name)
    link = address_link("acct_1", stored.waiting[0])
    token = issue_link(links, SECRET, "https://page.test/", link, world.clock.now).rpartition("/")[2]
    assert press(till, token) == (200, "Address confirmed")
    world.operate("PUT", "/accounts/acct_1", {"billing_emails": before})
