"""Erasing a number masks it in the billing details, and leaves issued receipts as they are."""

import pytest

from calling_credit.accounts.erasure import erase_number
from calling_credit.changes.actor import Actor, ActorKind
from tests.functions.tax_bench import DETAILS, NEW_YORK, enter
from tests.harness.cards import VISA
from tests.harness.till import Till

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]
NUMBER = "+442071838750"


def test_erasing_a_number_masks_it_in_the_billing_details(till: Till) -> None:
    place = NEW_YORK | {"line2": "call +44 20 7183 8750"}
    assert enter(till, legal_name=f"Meridian {NUMBER}", address=place).status == 200
    payment = till.paid("25.00", till.card(VISA))
    world = till.world
    printed = world.get(f"/top-ups/{payment['id']}/receipt").text
    table, actor = (world.stack.dynamodb, world.stack.table_name), Actor(ActorKind.CLIENT, "command:ada")
    changed = list(erase_number(*table, "acct_1", NUMBER, actor, world.clock.now))
    assert "BILLING_DETAILS" in changed
    shown = world.ask("change_settings", "GET", "/billing-details").body
    assert (shown["legal_name"], shown["address"]["line2"]) == ("Meridian GB…50", "call GB…50")
    assert shown["address"]["line1"] == DETAILS["address"]["line1"]
    assert shown["version"] == 2
    assert NUMBER not in str(world.changes("billing_details_changed"))
    assert world.get(f"/top-ups/{payment['id']}/receipt").text == printed
    assert list(erase_number(*table, "acct_1", NUMBER, actor, world.clock.now)) == []
    assert enter(till, version=2).status == 200
