"""Sent mails are listed for staff without whole addresses, and one is sent again, once per request."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from calling_credit.config import config
from tests.functions.desk_bench import act, read
from tests.functions.mail_bench import ADDRESSES, Postbox, count, low
from tests.functions.mail_bench import postbox as postbox  # noqa: PLC0414 - a fixture
from tests.harness.world import World

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]


@pytest.fixture
def lambda_requests(postbox: Postbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    """The requests to the function that sends mails, which runs here."""
    requests: list[dict[str, Any]] = []
    world = postbox.till.world

    class Function:
        """The client that invokes the function."""

        failing = False

        def invoke(self, **request: Any) -> dict[str, Any]:
            """Invoke the function as Lambda does."""
            requests.append(request)
            try:
                world.stack.invoke("send_mail", json.loads(request["Payload"]))
            except Exception:  # noqa: BLE001 - Lambda answers so
                return {"FunctionError": "Unhandled"}
            return {}

    monkeypatch.setattr(world.stack.apps["keep_accounts"], "mail_function", Function())
    monkeypatch.setenv("SEND_MAIL_FUNCTION", "stack-SendMailFunction-1")
    config.cache_clear()
    yield requests
    monkeypatch.delenv("SEND_MAIL_FUNCTION")
    config.cache_clear()


def mails(world: World) -> list[dict[str, Any]]:
    """The listed mails, the newest first."""
    items: list[dict[str, Any]] = read(world, "/acct_1/mails")["items"]
    return items


def test_sent_mails_are_listed_without_their_addresses(postbox: Postbox) -> None:
    postbox.bring(low(postbox))
    world = postbox.till.world
    shown = mails(world)
    assert [(mail["type"], mail["resent"]) for mail in shown] == [("BalanceLow", 0)] * 2
    assert sorted(mail["address"] for mail in shown) == ["a…@halcyon.example", "b…@halcyon.example"]
    assert {mail["subject"] for mail in shown} == {subject for _, subject in postbox.sent()}
    stored = str(world.of_kind("MAILED"))
    assert not [address for address in ADDRESSES if address in stored]
    assert all(item["expires_at"] == int(world.clock.now.timestamp()) + 90 * 86_400 for item in world.of_kind("MAILED"))
    assert read(world, "/acct_1")["mails"] == shown


def test_a_mail_is_sent_again_once_for_each_request(postbox: Postbox, lambda_requests: list[dict[str, Any]]) -> None:
    world = postbox.till.world
    postbox.bring(low(postbox))
    assert count(postbox) == 1
    [first] = [mail for mail in mails(world) if mail["address"].startswith("a")]
    address = f"/mails/{first['mail_id']}/resend"
    answer = act(world, address, {}, group="support")
    assert (answer.status, answer.body["sent"]) == (200, True), answer.text
    assert [to for to, _ in postbox.sent()] == [ADDRESSES[0]], "although another was sent within the hour"
    for _ in range(2):
        assert act(world, address, {}, group="support").status == 200
    assert len(postbox.sent()) == 1
    assert act(world, address, {}, key="k_2").status == 200
    assert len(postbox.sent()) == 2
    assert [mail["resent"] for mail in mails(world) if mail["mail_id"] == first["mail_id"]] == [2]
    changes = [item for item in read(world, "/acct_1/activity")["items"] if item["action"] == "mail_resent"]
    assert [change["new"] for change in changes] == [{"type": "BalanceLow", "address": "a…@halcyon.example"}] * 2
    assert ADDRESSES[0] not in str(lambda_requests)


def test_a_mail_that_fails_is_sent_by_the_same_request_later(
    postbox: Postbox, lambda_requests: list[dict[str, Any]]
) -> None:
    world = postbox.till.world
    postbox.bring(low(postbox))
    mail = mails(world)[0]
    postbox.asked.clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(world.stack.apps["send_mail"], "send", lambda *_: (_ for _ in ()).throw(OSError))
        answer = act(world, f"/mails/{mail['mail_id']}/resend", {})
    assert (answer.status, answer.code) == (503, "unavailable")
    assert act(world, f"/mails/{mail['mail_id']}/resend", {}).status == 200
    assert len(postbox.sent()) == 1


def test_a_mail_goes_only_to_an_address_of_today(postbox: Postbox, lambda_requests: list[dict[str, Any]]) -> None:
    world = postbox.till.world
    postbox.bring(low(postbox))
    mail = mails(world)[0]
    assert world.operate("PUT", "/accounts/acct_1", {"billing_emails": ["new@halcyon.example"]}).status == 200
    before = world.stack.items()
    answer = act(world, f"/mails/{mail['mail_id']}/resend", {})
    assert (answer.status, answer.code) == (409, "address_removed")
    assert (world.stack.items(), lambda_requests) == (before, [])


def test_without_a_sender_nothing_is_sent_again(postbox: Postbox) -> None:
    world = postbox.till.world
    postbox.bring(low(postbox))
    answer = act(world, f"/mails/{mails(world)[0]['mail_id']}/resend", {})
    assert (answer.status, answer.code) == (409, "mail_not_set_up")


@pytest.mark.parametrize("mail_id", ["x", "_", "2026-11-23T12:00:00.000Z_", "2026-11-23T12:00:00.000Z_ab", "a%23_b"])
def test_unknown_mails_are_not_sent(world: World, mail_id: str) -> None:
    assert act(world, f"/mails/{mail_id}/resend", {}).code in ("unknown_mail", "unknown_address")
