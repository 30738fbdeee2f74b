"""Rules that were armed together are checked over an hour, and waits keep their own times."""

from collections import Counter
from datetime import timedelta

import pytest

from calling_credit.recharge.items import CHECK_INTERVAL, CHECK_SPREAD, check_interval


def test_the_next_check_of_an_account_is_always_as_far_ahead() -> None:
    for number in range(2_000):
        interval = check_interval(f"acct_{number}")
        assert CHECK_INTERVAL <= interval < CHECK_INTERVAL + CHECK_SPREAD
        assert interval == check_interval(f"acct_{number}")


@pytest.mark.parametrize("form", ["acct_{}", "acct_{:08d}", "{}"])
def test_accounts_that_were_armed_together_spread_over_an_hour(form: str) -> None:
    accounts = 60_000
    minutes = Counter(check_interval(form.format(number)) // timedelta(minutes=1) for number in range(accounts))
    assert len(minutes) == 60
    assert max(minutes.values()) < 2 * accounts / 60
