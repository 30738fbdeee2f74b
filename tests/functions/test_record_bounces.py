"""Addresses that mails came back from are recorded once, receive no ordinary mails, and receive them again once
someone enters them again.
"""

import copy
import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from calling_credit.accounts.bounces import address_hash
from calling_credit.config import config
from calling_credit.errors import BadRequest
from calling_credit.notifications.from_stream import derive_events
from tests.functions.desk_bench import act, read
from tests.functions.mail_bench import ADDRESSES, Postbox, low, postbox
from tests.functions.test_exports import files
from tests.harness.table import sample_event
from tests.harness.template import ROOT
from tests.harness.till import ACCOUNT
from tests.harness.wire import Killed, Pass, Sent, Wire
from tests.harness.world import UNITED_KINGDOM

__all__ = ["postbox"]

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]
COMPLAINT = json.loads((ROOT / "tests" / "fixtures" / "ses" / "complaint.json").read_text(encoding="utf-8"))


@pytest.fixture
def configured(postbox: Postbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """SES reports bounces of the mails."""
    monkeypatch.setenv("MAIL_CONFIGURATION_SET", "stack-mail")
    config.cache_clear()
    yield
    monkeypatch.undo()
    config.cache_clear()


def report(postbox: Postbox, *, tags: bool = True, address: str = ADDRESSES[0], number: int = 0, **facts: Any) -> Any:
    """A report of a bounce a second ago."""
    event = copy.deepcopy(sample_event("record_bounces"))
    event["detail"]["bounce"] |= {"feedbackId": f"report-{number}", **facts}
    event["detail"]["mail"]["destination"] = [address]
    for part in ("bounce", "mail"):
        event["detail"][part]["timestamp"] = postbox.till.world.clock.now.isoformat()
    if not tags:
        event["detail"]["mail"]["tags"] = {"ses:configuration-set": ["stack-mail"]}
    return event


def recorded(postbox: Postbox, event: Any) -> int:
    """How many reports the function records."""
    answer = postbox.till.world.stack.invoke("record_bounces", event)
    assert set(answer) == {"recorded"}
    return int(answer["recorded"])


def bounced(postbox: Postbox, account_id: str = ACCOUNT) -> list[dict[str, Any]]:
    """The items of addresses that mails came back from."""
    return postbox.till.world.of_kind("BOUNCED", account_id)


def mailed(postbox: Postbox, detail: dict[str, Any]) -> list[str]:
    """The addresses that receive the mail about an event."""
    postbox.asked.clear()
    postbox.bring(detail)
    return [address for address, _ in postbox.sent()]


def test_a_bounce_is_recorded_once_with_all_that_staff_need(postbox: Postbox) -> None:
    event = report(postbox)
    assert [recorded(postbox, event) for _ in range(3)] == [1, 0, 0]
    [item] = bounced(postbox)
    assert item["SK"] == f"BOUNCED#{address_hash(ADDRESSES[0])}"
    assert (item["address"], item["kind"], item["returned"], item["times"]) == (ADDRESSES[0], "bounce", "permanent", 1)
    assert item["event_id"] == "evt_8d3b1f0c2a6e4f57b1c09d7e5a3f2468"


def test_a_bounced_address_receives_only_mails_that_protect_the_account(postbox: Postbox) -> None:
    recorded(postbox, report(postbox))
    assert mailed(postbox, low(postbox)) == ADDRESSES[1:]
    assert mailed(postbox, postbox.event("AccountFrozen", by="staff:staff-1")) == ADDRESSES


def test_after_a_complaint_an_address_receives_no_mail(postbox: Postbox) -> None:
    complaint = copy.deepcopy(COMPLAINT)
    complaint["detail"]["complaint"]["timestamp"] = postbox.till.world.clock.now.isoformat()
    assert recorded(postbox, complaint) == 1
    assert mailed(postbox, postbox.event("AccountFrozen", by="staff:staff-1")) == ADDRESSES[1:]


def test_a_transient_bounce_is_counted_and_stops_no_mail(postbox: Postbox) -> None:
    for number in range(3):
        recorded(postbox, report(postbox, number=number, bounceType="Transient"))
    [item] = bounced(postbox)
    assert (item["times"], item["returned"]) == (3, "transient")
    assert mailed(postbox, low(postbox)) == ADDRESSES


def test_a_mail_without_tags_is_found_by_its_address_in_each_account(postbox: Postbox) -> None:
    world = postbox.till.world
    world.create_account("acct_2", billing_emails=[ADDRESSES[0].upper()])
    assert recorded(postbox, report(postbox, tags=False)) == 2
    assert len(bounced(postbox)) == len(bounced(postbox, "acct_2")) == 1
    assert recorded(postbox, report(postbox, tags=False, address="nobody@else.example")) == 0


def test_an_account_that_the_mail_names_wrongly_is_found_by_address(postbox: Postbox) -> None:
    event = report(postbox)
    event["detail"]["mail"]["tags"]["account_id"] = ["acct_none"]
    assert recorded(postbox, event) == 1
    assert len(bounced(postbox)) == 1


def test_an_operator_who_enters_the_address_again_lets_it_receive_mails(postbox: Postbox) -> None:
    recorded(postbox, report(postbox))
    world, path = postbox.till.world, f"/accounts/{ACCOUNT}"
    late = report(postbox, number=1)
    postbox.till.later(minutes=1)
    world.operate("PUT", path, {"billing_emails": ADDRESSES})
    assert mailed(postbox, low(postbox)) == ADDRESSES[1:], "it was not removed"
    postbox.till.later(hours=2)
    world.operate("PUT", path, {"billing_emails": ADDRESSES[1:]})
    world.operate("PUT", path, {"billing_emails": [ADDRESSES[0].upper(), ADDRESSES[1]]})
    assert len(mailed(postbox, low(postbox))) == 2
    assert recorded(postbox, late) == 1, "of a mail before"
    postbox.till.later(hours=2)
    assert len(mailed(postbox, low(postbox))) == 2
    assert recorded(postbox, report(postbox, number=2)) == 1
    postbox.till.later(hours=2)
    assert mailed(postbox, low(postbox)) == ADDRESSES[1:]


def test_a_billing_admin_who_enters_the_address_again_is_asked_to_confirm(postbox: Postbox) -> None:
    recorded(postbox, report(postbox))
    world = postbox.till.world
    world.change("/notifications", {"recipients": [{"address": ADDRESSES[1]}]})
    world.change("/notifications", {"recipients": [{"address": address} for address in ADDRESSES[::-1]]})
    [item] = bounced(postbox)
    assert item["is_over"] is True


@pytest.mark.parametrize("damage", ["address", "returned", "is_over", "expires_at"])
def test_an_unreadable_report_stops_no_mail(postbox: Postbox, damage: str) -> None:
    recorded(postbox, report(postbox))
    [item] = bounced(postbox)
    stack = postbox.till.world.stack
    stack.dynamodb.update_item(
        TableName=stack.table_name,
        Key={"PK": {"S": item["PK"]}, "SK": {"S": item["SK"]}},
        UpdateExpression=f"REMOVE {damage}",
    )
    assert mailed(postbox, low(postbox)) == ADDRESSES
    assert postbox.till.world.ask("change_settings", "GET", "/notifications").status == 200


def test_staff_customers_and_exports_see_the_address(postbox: Postbox) -> None:
    recorded(postbox, report(postbox))
    world = postbox.till.world
    [shown] = read(world, f"/{ACCOUNT}")["bounced_addresses"]
    assert (shown["address"], shown["returned"], shown["times"]) == (ADDRESSES[0], "permanent", 1)
    assert shown["receives_mails"] is False
    seen = world.ask("change_settings", "GET", "/notifications").body["recipients"]
    assert [one["returned"] for one in seen] == ["permanent", None]
    saved = world.change("/notifications", {"recipients": seen})
    assert [one["returned"] for one in saved.body["recipients"]] == ["permanent", None]
    export = act(world, "/exports", {"reason": "Asked for"}, key="k_1").body
    assert json.loads(files(export)["account.json"])["bounced_addresses"] == [shown]


def test_erasing_a_number_masks_it_in_an_address_that_bounced(postbox: Postbox) -> None:
    recorded(postbox, report(postbox, address="442071838750@halcyon.example"))
    assert act(postbox.till.world, "/numbers/erase", {"number": UNITED_KINGDOM}).status == 200
    [item] = bounced(postbox)
    assert "2071838750" not in str(item)


def test_each_report_becomes_one_event_without_an_address(postbox: Postbox) -> None:
    images: list[Any] = [None]
    for number, kind in enumerate(["Permanent", "Transient"]):
        recorded(postbox, report(postbox, number=number, bounceType=kind))
        images += bounced(postbox)
    found = [derive_events(old, new, "") for old, new in pairwise(images)]
    assert [[(event.name, event.data.bounce_type) for event in one] for one in found] == [  # type: ignore[attr-defined]
        [("MailBounced", "permanent")],
        [("MailBounced", "transient")],
    ]
    assert len({event.id for one in found for event in one}) == 2
    assert "halcyon" not in str(found)
    entered = images[-1] | {"is_over": True, "version": 9}
    assert derive_events(images[-1], entered, "") == []


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_killed_recording_is_made_up_for_by_its_repetition(postbox: Postbox, wire: Wire, moment: str) -> None:
    event = report(postbox)

    def kill(sent: Sent, passed: Pass) -> Any:
        if sent.operation == "TransactWriteItems":
            if moment == "after":
                passed()
            raise Killed
        return passed()

    with wire.interfering(kill):
        with pytest.raises(Killed):
            recorded(postbox, event)
        wire.dead = False
    assert recorded(postbox, event) == (moment == "before")
    [item] = bounced(postbox)
    assert item["times"] == 1


def test_an_event_of_another_form_is_kept_by_lambda(postbox: Postbox) -> None:
    with pytest.raises(BadRequest):
        recorded(postbox, {"detail": {}})


def test_mails_carry_tags_by_which_ses_reports_them(postbox: Postbox, configured: None) -> None:
    event = postbox.paid()
    postbox.bring(event)
    assert {mail["ConfigurationSetName"] for mail in postbox.asked} == {"stack-mail"}
    tags = [{"Name": "account_id", "Value": ACCOUNT}, {"Name": "event_id", "Value": event["id"]}]
    assert [mail["EmailTags"] for mail in postbox.asked] == [tags, tags]


def test_without_a_configuration_set_mails_carry_none(postbox: Postbox) -> None:
    postbox.bring(postbox.paid())
    assert not any({"ConfigurationSetName", "EmailTags"} & set(mail) for mail in postbox.asked)
