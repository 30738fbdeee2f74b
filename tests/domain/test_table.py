"""Keys are unambiguous text that sorts by time, and every part of a key can be parsed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calling_credit.dynamodb import keys, stripe_keys, sweep_keys
from calling_credit.dynamodb.rerate_keys import rerated_id, rerating_of

IDS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.:@+-]{0,20}", fullmatch=True)
INSTANTS = st.sampled_from([f"2026-{month:02d}-01T00:00:00.{ms:03d}Z" for month in (1, 11, 12) for ms in (0, 1, 999)])
DATES = st.dates().map(lambda day: day.isoformat())


@given(IDS, INSTANTS, IDS)
def test_the_parts_of_a_key_round_trip(account_id: str, happened_at: str, cause_id: str) -> None:
    assert keys.account_of(keys.account_pk(account_id)) == account_id
    for key in (keys.entry_sk, keys.unrated_sk, keys.stray_sk):
        assert keys.happened_at_of(key(happened_at, cause_id)) == happened_at
        assert keys.id_of(key(happened_at, cause_id)) == cause_id
    for sort_key in (keys.line_sk(cause_id), keys.user_sk(cause_id), keys.topup_sk(cause_id)):
        assert keys.id_of(sort_key) == cause_id
    assert keys.id_of(keys.payment_sk(happened_at, cause_id)) == cause_id


@given(DATES)
def test_the_date_and_category_of_a_day_round_trip(day: str) -> None:
    key = keys.day_sk(day, "outbound_international_call")
    assert (keys.date_of(key), keys.id_of(key)) == (day, "outbound_international_call")


@given(INSTANTS, IDS, INSTANTS, IDS)
def test_entries_sort_by_time_before_id(first: str, one: str, second: str, two: str) -> None:
    if first < second:
        assert keys.entry_sk(first, one) < keys.entry_sk(second, two)


@given(INSTANTS, IDS, st.tuples(INSTANTS, INSTANTS))
def test_a_range_of_entries_includes_its_start_but_not_its_end(at: str, cause: str, window: tuple[str, str]) -> None:
    low, high = keys.entry_range(*window)
    assert (low <= keys.entry_sk(at, cause) <= high) == (window[0] <= at < window[1])


@given(DATES, st.none() | DATES, DATES)
def test_a_range_of_days_includes_both_ends(day: str, first: str | None, last: str) -> None:
    low, high = keys.day_range(first, last)
    assert (low <= keys.day_sk(day, "x" * 40) <= high) == ((first or "") <= day <= last)


@given(INSTANTS, IDS, st.none() | INSTANTS)
def test_a_range_of_payments_includes_all_since_its_start(at: str, topup_id: str, since: str | None) -> None:
    low, high = keys.payment_range(since)
    assert (low <= keys.payment_sk(at, topup_id) <= high) == ((since or "") <= at)


@given(INSTANTS, IDS, INSTANTS, IDS)
def test_payments_sort_by_time_before_id(first: str, one: str, second: str, two: str) -> None:
    if first < second:
        assert keys.payment_sk(first, one) < keys.payment_sk(second, two)


@given(INSTANTS, IDS)
def test_a_range_of_payments_contains_only_payments(at: str, topup_id: str) -> None:
    low, high = keys.payment_range()
    others = [keys.topup_sk(topup_id), keys.entry_sk(at, topup_id), keys.line_sk(topup_id), keys.auto_recharge_sk()]
    assert not [other for other in others if low <= other <= high]


@given(IDS, IDS)
def test_an_issue_of_a_stripe_object_is_outside_every_account(object_id: str, account_id: str) -> None:
    assert stripe_keys.issue_pk(object_id) != keys.account_pk(account_id)
    assert keys.account_of(stripe_keys.issue_pk(object_id)) == object_id


@given(IDS)
def test_the_ranges_of_lines_and_users_contain_every_id(identifier: str) -> None:
    for key, prefix in ((keys.line_sk, keys.line_prefix()), (keys.user_sk, keys.user_prefix())):
        assert prefix <= key(identifier) <= prefix + keys.AFTER


def test_no_two_kinds_of_item_share_a_key() -> None:
    same = ("2026-11-23T10:00:00.000Z", "x")
    item_keys = [
        keys.account_sk(),
        keys.balance_sk(),
        keys.entry_sk(*same),
        keys.unrated_sk(*same),
        keys.stray_sk(*same),
        keys.day_sk("2026-11-23", "x"),
        keys.adjustment_sk("x"),
        keys.line_sk("x"),
        keys.user_sk("x"),
        keys.topup_sk("x"),
        keys.payment_sk(*same),
        keys.auto_recharge_sk(),
        stripe_keys.issue_sk(),
    ]
    assert len(set(item_keys)) == len(item_keys)
    assert len({key.split("#")[0] for key in item_keys}) == len(item_keys)


@pytest.mark.parametrize("kind", ["unrated", "stray", "issue", "topup", "recharge"])
@given(account_id=IDS)
def test_a_swept_item_is_in_a_partition_that_the_sweeper_reads(kind: str, account_id: str) -> None:
    assert sweep_keys.sweep_pk(kind, account_id) in sweep_keys.sweep_partitions(kind)


def test_accounts_spread_over_all_shards_by_kind() -> None:
    used = {sweep_keys.sweep_pk("unrated", f"acct_{number}") for number in range(100)}
    assert used == set(sweep_keys.sweep_partitions("unrated"))
    for kind in ("stray", "issue", "topup", "recharge"):
        assert not used & set(sweep_keys.sweep_partitions(kind))


@given(INSTANTS, IDS, st.lists(st.integers(1, 9999), max_size=3, unique=True), IDS)
def test_items_of_a_call_sort_together_in_writing_order(at: str, call_id: str, times: list[int], other: str) -> None:
    ids = [
        call_id,
        *(rerated_id(call_id, time, side) for time in sorted(times) for side in ("credit", "debit")),
    ]
    item_keys = [keys.entry_sk(at, cause_id) for cause_id in ids]
    assert item_keys == sorted(item_keys)
    assert [keys.call_of(key) for key in item_keys] == [(at, call_id)] * len(item_keys)
    assert [keys.cause_of(key) for key in item_keys] == ids
    assert [rerating_of(key) for key in item_keys] == [
        0,
        *(time for time in sorted(times) for _ in range(2)),
    ]
    assert item_keys[-1] < keys.after_call(at, call_id)
    if other != call_id:
        stranger = keys.entry_sk(at, other)
        assert stranger < item_keys[0] or stranger > keys.after_call(at, call_id)
