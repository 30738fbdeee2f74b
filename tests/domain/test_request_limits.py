"""A caller may send so many requests at once and evenly after that; callers do not disturb each other."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from calling_credit.api.request_limits import RequestLimit, caller_of
from calling_credit.errors import TooManyRequests

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def is_allowed(limit: RequestLimit, caller: str, seconds: float = 0.0) -> bool:
    """Whether a request this long after noon is allowed."""
    try:
        limit.check(caller, NOON + timedelta(seconds=seconds))
    except TooManyRequests:
        return False
    return True


def test_caller_sends_so_many_at_once_and_then_evenly() -> None:
    limit = RequestLimit(30)
    assert [is_allowed(limit, "a") for _ in range(31)] == [True] * 30 + [False]
    assert not is_allowed(limit, "a", 1.9)
    assert is_allowed(limit, "a", 2.0)
    assert not is_allowed(limit, "a", 2.0)
    assert [is_allowed(limit, "a", 120) for _ in range(31)] == [True] * 30 + [False]


def test_retry_after_is_when_the_next_request_is_allowed() -> None:
    limit = RequestLimit(30)
    for _ in range(30):
        limit.check("a", NOON)
    with pytest.raises(TooManyRequests) as refused:
        limit.check("a", NOON)
    assert (refused.value.code, refused.value.retry_after_seconds) == ("too_many_requests", 2)
    assert "2 s" in refused.value.detail
    assert is_allowed(limit, "a", refused.value.retry_after_seconds)


def test_refused_requests_do_not_extend_the_wait() -> None:
    limit = RequestLimit(2)
    for _ in range(2):
        limit.check("a", NOON)
    assert not any(is_allowed(limit, "a", seconds) for seconds in range(30))
    assert is_allowed(limit, "a", 30)


def test_callers_do_not_disturb_each_other() -> None:
    limit = RequestLimit(3)
    for _ in range(100):
        is_allowed(limit, "flood")
    assert [is_allowed(limit, "victim") for _ in range(3)] == [True] * 3


@pytest.mark.parametrize("seed", range(5))
def test_no_minute_has_twice_the_limit(seed: int) -> None:
    numbers, limit = random.Random(seed), RequestLimit(10)
    moments = sorted(numbers.uniform(0, 600) for _ in range(2000))
    allowed = [moment for moment in moments if is_allowed(limit, "a", moment)]
    assert all(sum(begin <= moment < begin + 60 for moment in allowed) <= 20 for begin in allowed)
    assert len(allowed) >= 100, "a busy caller has its share"


def test_a_flood_of_callers_makes_a_process_forget_only_silent_ones() -> None:
    limit = RequestLimit(1, max_callers=100)
    assert is_allowed(limit, "busy")
    for number in range(99):
        assert is_allowed(limit, f"flood {number}")
    assert not is_allowed(limit, "busy"), "it is remembered, and now as the latest"
    for number in range(99):
        is_allowed(limit, f"more {number}")
    assert not is_allowed(limit, "busy")
    assert len(limit._used_until) == 100


def test_a_clock_that_is_set_back_locks_no_one_out_for_longer() -> None:
    limit = RequestLimit(2)
    assert [is_allowed(limit, "a", 3600) for _ in range(3)] == [True, True, False]
    assert not is_allowed(limit, "a", 0)
    assert is_allowed(limit, "a", 30)


@pytest.mark.parametrize(
    ("address", "caller"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::ffff", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("not:an:address", "not:an:address"),
        ("", ""),
    ],
)
def test_network_of_an_ipv6_address_is_one_caller(address: str, caller: str) -> None:
    assert caller_of(address) == caller
