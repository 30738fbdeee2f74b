"""Filters, texts to find, and cursors that no page sends: each is refused, or finds what it says, and reads no more."""

import pytest

from tests.functions.usage_bench import call_at
from tests.harness.world import UNITED_KINGDOM, World

pytestmark = pytest.mark.dynamodb
CALLS = "/usage/outbound_international_call"
PAGES = (CALLS, "/spending", "/lines")
TEXTS = (
    "' OR attribute_exists(PK) --",
    ":v0 IN (:v1)",
    "#to = :pk",
    "^.*$",
    "%",
    "_",
    "\x00",
    "\ufffd\u202e\u200b",
    "\U0001f4de",
    "((((0)(0)(0)",
    "+ - / .",
    "\u0661\u0662\u0663",
    "a" * 100,
    "1" * 100,
)


@pytest.fixture
def busy(world: World) -> World:
    """Two accounts with two calls each."""
    world.create_account("acct_2")
    for account in ("acct_1", "acct_2"):
        calls = [call_at(f"{account}_{n}", f"2026-11-2{n}T12:00", to=UNITED_KINGDOM) for n in (1, 2)]
        assert world.deliver(*[call | {"account_id": account} for call in calls]) == []
    return world


@pytest.mark.parametrize("page", PAGES)
def test_a_strange_text_is_only_a_text(busy: World, page: str) -> None:
    for text in TEXTS:
        answer = busy.get(page, find=text)
        assert answer.status == 200, (text, answer.text)
        found = answer.body["items"] if page != "/spending" else answer.body["groups"]["user"]
        assert found == [], text


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("find", ["a" * 101, "1" * 101, "a b c d e f g"])
def test_a_text_that_is_too_long_is_refused(busy: World, page: str, find: str) -> None:
    assert busy.get(page, find=find).code == "invalid_query"


@pytest.mark.parametrize("name", ["user_id", "line_id"])
def test_an_id_of_another_account_finds_nothing(busy: World, name: str) -> None:
    for value in ("other_1", "PK", "ACCOUNT#acct_2", "#user_id", ":v0", "\x00", "x" * 2000):
        assert busy.get(CALLS, **{name: value}).body["items"] == [], value
        assert busy.get("/spending", **{name: value}).body["totals"]["calls"] == 0, value


def test_a_cursor_of_another_account_or_filter_is_refused(busy: World) -> None:
    month = {"from": "2026-11-01", "to": "2026-11-30"}
    cursor = busy.get(CALLS, **month, limit="1").body["next_cursor"]
    assert busy.get(CALLS, **month, limit="1", cursor=cursor).status == 200
    assert busy.get(CALLS, account="acct_2", **month, cursor=cursor).code == "invalid_cursor"
    for changed in ({"find": "a"}, {"user_id": "u"}, {"country": "GB"}, {"line_id": "l"}, {"from": "2026-11-02"}):
        assert busy.get(CALLS, **{**month, **changed}, cursor=cursor).code == "invalid_cursor", changed
    for page in ("/spending", "/lines", "/usage/outbound_premium_call"):
        assert busy.get(page, cursor=cursor).code == "invalid_cursor", page
    for garbage in ("", "x", cursor[:-1], cursor + "A", "=" * 3000, "\x00", "\u00e9"):
        assert busy.get(CALLS, **month, cursor=garbage).code == "invalid_cursor", garbage


def test_prices_of_no_number_or_country_are_refused(world: World) -> None:
    for number in ("\x00", "+", "+0", "+1" * 500, "1e9", "\u0661\u0662", "tel:", "';--", " ", "++442071838750"):
        answer = world.get("/rates", number=number)
        assert (answer.status, answer.code) == (422, "invalid_number"), number
    for country in ("gb", "GB,FR", "../GB", "\x00", "ZZ", "\U0001f1ec\U0001f1e7", "", "A" * 500):
        for rows in (None, "3"):
            assert world.get("/rates", country=country, rows=rows).code == "unknown_country", country
    for query in ({}, {"popular": "1", "country": "GB"}, {"popular": "0"}, {"country": "GB", "rows": "4"}):
        assert world.get("/rates", **query).code == "invalid_query", query
    assert world.get("/rates", number="442071838750", rows="3").code == "invalid_query"
