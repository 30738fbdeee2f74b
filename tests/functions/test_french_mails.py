"""Each address receives its mails in its own language, also when it is a former one, and when a mail is sent again."""

from datetime import timedelta

import pytest

from tests.functions.events_bench import Listener, listener
from tests.functions.mail_bench import ADDRESSES, Postbox, low, postbox
from tests.harness.till import ACCOUNT

__all__ = ["listener", "postbox"]

pytestmark = pytest.mark.dynamodb

BOTH = [(ADDRESSES[0], "Your balance is low: $4.00"), (ADDRESSES[1], "Votre solde est bas\u00a0: 4,00\u00a0$\u00a0US")]


def choose(postbox: Postbox, **languages: str) -> None:
    """Store the languages of addresses in the account, as the settings do."""
    postbox.till.world.stack.dynamodb.update_item(
        TableName=postbox.till.world.stack.table_name,
        Key={"PK": {"S": f"ACCOUNT#{ACCOUNT}"}, "SK": {"S": "ACCOUNT"}},
        UpdateExpression="SET languages = :languages",
        ExpressionAttributeValues={":languages": {"M": {own: {"S": one} for own, one in languages.items()}}},
    )


def test_each_address_receives_mails_in_its_own_language(postbox: Postbox) -> None:
    choose(postbox, **{ADDRESSES[1]: "fr"})
    postbox.bring(low(postbox))
    assert postbox.sent() == BOTH
    assert "ã©" not in postbox.asked[1]["Content"]["Simple"]["Body"]["Text"]["Data"]
    assert postbox.asked[1]["Content"]["Simple"]["Subject"]["Charset"] == "UTF-8"


def test_an_address_has_its_language_in_upper_and_lower_case(postbox: Postbox) -> None:
    choose(postbox, **{ADDRESSES[1].upper(): "fr"})
    postbox.bring(low(postbox))
    assert postbox.sent() == BOTH


def test_an_unknown_stored_language_is_english(postbox: Postbox) -> None:
    choose(postbox, **{ADDRESSES[1]: "tlh"})
    postbox.bring(low(postbox))
    assert [subject for _, subject in postbox.sent()] == [BOTH[0][1]] * 2


def test_former_addresses_are_told_in_their_language(postbox: Postbox, listener: Listener) -> None:
    choose(postbox, **{ADDRESSES[1]: "fr"})
    listener.hear()
    postbox.till.world.clock.now += timedelta(minutes=1)
    postbox.till.world.operate("PUT", f"/accounts/{ACCOUNT}", {"billing_emails": ["cy@halcyon.example"]})
    [event] = listener.hear()
    postbox.bring(event)
    assert postbox.sent() == [
        (ADDRESSES[0], "The billing addresses of your account changed"),
        (ADDRESSES[1], "Les adresses de facturation de votre compte ont changé"),
    ]


def test_a_mail_sent_again_is_in_the_language_of_its_address(postbox: Postbox) -> None:
    choose(postbox, **{ADDRESSES[1]: "fr"})
    event = low(postbox)
    postbox.bring(event)
    postbox.asked.clear()
    hashed = postbox.till.world.stack.apps["send_mail"].hash_of_address(ADDRESSES[1])
    sample = {"detail": event, "resend": {"id": "rsnd_1", "address_hash": hashed}}
    assert postbox.till.world.stack.invoke("send_mail", sample) == {"addresses": 1}
    assert postbox.sent() == BOTH[1:]
