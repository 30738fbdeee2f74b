"""Freeze links and accounts as version 1.0.0 stored them: they act once, and an unfreezing withdraws them."""

from datetime import timedelta

import pytest

from calling_credit.links.link import freeze_link, hash_of
from calling_credit.links.tokens import token_of
from tests.functions.freeze_bench import FROZEN, INVALID, SECRET, USED, freeze, issued, press
from tests.harness.releases import RELEASES, cases_of
from tests.harness.till import Till

pytestmark = pytest.mark.dynamodb


def old_link(till: Till) -> str:
    """Store a freeze link as version 1.0.0 stored it; return its token."""
    item = cases_of(RELEASES[0] / "link.json")["freeze_account"]
    till.world.stack.dynamodb.put_item(TableName=till.world.stack.table_name, Item=item)
    token = token_of(SECRET, freeze_link("acct_1", "evt_1", "2026-11-23T12:00:00.000Z"))
    assert item["SK"]["S"] == f"LINK#{hash_of(token)}"
    return token


def set_account(till: Till, expression: str, **values: str) -> None:
    """Change the account's item as version 1.0.0 did."""
    till.world.stack.dynamodb.update_item(
        TableName=till.world.stack.table_name,
        Key={"PK": {"S": "ACCOUNT#acct_1"}, "SK": {"S": "ACCOUNT"}},
        UpdateExpression=expression,
        ExpressionAttributeValues={f":{name}": {"S": value} for name, value in values.items()},
    )


def test_a_link_of_version_1_0_0_acts_once(till: Till) -> None:
    token = old_link(till)
    till.later(minutes=1)
    assert press(till, token) == FROZEN
    freeze(till, is_frozen=False)
    assert press(till, token) == USED


def test_a_link_of_version_1_0_0_that_froze_is_withdrawn_by_the_unfreezing(till: Till) -> None:
    """Version 1.0.0 marked no link, and recorded only that a link froze the account."""
    token = old_link(till)
    at = "2026-11-23T12:00:00.000Z"
    set_account(till, "SET frozen_at = :at, frozen_by = :by, frozen_from = :by", at=at, by="link")
    till.later(minutes=1)
    assert press(till, token) == FROZEN
    freeze(till, is_frozen=False)
    assert press(till, token) == INVALID


def test_an_unfreezing_by_version_1_0_0_withdraws_older_links(till: Till) -> None:
    token = old_link(till)
    at = "2026-11-23T12:30:00.000Z"
    set_account(till, "SET unfrozen_at = :at, unfrozen_by = :by, unfrozen_from = :by", at=at, by="operator:ops")
    till.world.clock.now += timedelta(hours=1)
    assert press(till, token) == INVALID
    assert press(till, issued(till, "evt_2")) == FROZEN
