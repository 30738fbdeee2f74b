"""One mailbox under several spellings is asked to confirm as seldom as under one."""

from datetime import timedelta

import pytest

from tests.functions.notifications_bench import recipients
from tests.harness.world import World

pytestmark = pytest.mark.dynamodb
ANA = "ana@halcyon.example"


@pytest.fixture
def halcyon(world: World) -> World:
    """An account whose operator listed an address."""
    world.operate("PUT", "/accounts/acct_1", {"billing_emails": [ANA]})
    world.clock.now += timedelta(minutes=1)
    return world


@pytest.mark.parametrize("at_once", [True, False])
def test_one_mailbox_is_not_flooded_under_other_spellings(halcyon: World, at_once: bool) -> None:
    spellings = ["vic.tim@x.example", "Victim+1@x.example", "v.i.c.tim+2@X.example", "victim+a+b@x.example"]
    if at_once:
        before = halcyon.stack.items()
        assert recipients(halcyon, *spellings).code == "too_many_confirmations"
        assert halcyon.stack.items() == before
        assert recipients(halcyon, *spellings[:3]).status == 200
    else:
        for spelling in spellings[:3]:
            assert recipients(halcyon, spelling).status == 200
    assert recipients(halcyon, spellings[3]).code == "too_many_confirmations"
    assert recipients(halcyon, "victim@y.example", "victor@x.example").status == 200
