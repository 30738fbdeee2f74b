"""A header opens the door only with the whole key, in its form, and with its name if it names one."""

from base64 import b64encode
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calling_credit.connectors.key import (
    DEFAULT_PER_MINUTE,
    MAX_HEADER,
    ConnectorKey,
    Credentials,
    KeySettings,
    KeyState,
    from_item,
    hash_of,
    judge,
    parse_settings,
    read_credentials,
)
from calling_credit.dynamodb.connector_keys import NAME_RANGE, NAMES_PK, key_of_hash, key_of_name
from calling_credit.errors import InvalidValue

KEY, OTHER = "ck_" + "aB3-_" * 8 + "xyz", "ck_" + "A" * 43
STORED = ConnectorKey(hash_of(KEY), KeySettings("sbc-1", "America/New_York"), "2026-11-23T10:00:00.000Z")
LONGEST = "x" * 64


def basic(text: str | bytes) -> str:
    """The Basic form of user-id and password."""
    return "Basic " + b64encode(text if isinstance(text, bytes) else text.encode()).decode()


def state_of(header: str, stored: ConnectorKey | None = STORED) -> KeyState:
    """What a header is worth if the table holds this key."""
    credentials = read_credentials(header)
    found = stored if credentials and stored and credentials.key_hash == stored.key_hash else None
    return judge(credentials, found)


@pytest.mark.parametrize(
    "header",
    [
        f"Bearer {KEY}",
        f"bearer {KEY}",
        f"BEARER {KEY}",
        f"Bearer   {KEY}  ",
        f"  Bearer {KEY}",
        f"\tBearer {KEY}\t",
        basic(f"sbc-1:{KEY}"),
        basic(f"sbc-1:{KEY}").replace("Basic", "basic"),
        basic(f"sbc-1:{KEY}").replace("Basic", "  BASIC  "),
    ],
)
def test_a_key_is_accepted_in_either_form(header: str) -> None:
    assert state_of(header) is KeyState.ACCEPTED


HOSTILE = [
    "",
    " ",
    "Bearer",
    "Bearer ",
    "Basic",
    "Basic ",
    KEY,
    f"Token {KEY}",
    f"Digest {KEY}",
    f"Bearer{KEY}",
    f"Bearer\t{KEY}",
    f"Bearer\n{KEY}",
    f"Bearer {KEY}\n",
    f"Bearer {KEY},Bearer {KEY}",
    f"Bearer {KEY} {KEY}",
    f"Bearer {KEY[:-1]}",
    f"Bearer {KEY}a",
    f"Bearer {KEY.upper()}",
    f"Bearer sbc-1:{KEY}",
    f"Bearer {KEY[3:]}",
    f"Bearer {KEY[:-1]}é",
    f"Bearer {KEY[:-1]}\u0660",
    f"Bearer {KEY[:-1]}\ud800",
    "Bearer eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl",
    f"Bearer {hash_of(KEY)}",
    basic(KEY),
    basic(f":{KEY}:"),
    basic(f"sbc-1:{KEY}:"),
    basic(f"sbc-1::{KEY}"),
    basic(f"sbc-1:x:{KEY}"),
    basic(f"{KEY}:sbc-1"),
    basic(f"sbc-1:{KEY}\n"),
    basic(b"sbc-1:\xff\xfe" + KEY.encode()),
    basic(b"\xff:" + KEY.encode()),
    basic(f"sbc-1:{KEY}")[:-1] + "!",
    "Basic ====",
    "Basic é",
    "Basic \ud800",
    basic(f"sbc-1:{KEY}").replace("Basic ", "Basic") + " ",
    f"Bearer {KEY}" + " " * 8192,
    basic("x" * 8192 + f":{KEY}"),
    "B" * 8192,
    "Bearer " + "ck_" * 4096,
]


@pytest.mark.parametrize("header", HOSTILE)
def test_a_header_in_no_valid_form_is_no_key(header: str) -> None:
    assert state_of(header) is KeyState.MALFORMED


@given(st.text(max_size=600) | st.text("Bearsic ck_:-=\t", max_size=80))
def test_no_other_text_is_ever_accepted(header: str) -> None:
    assert state_of(header) is KeyState.MALFORMED


@given(st.binary(max_size=300))
def test_no_bytes_behind_basic_are_ever_accepted(data: bytes) -> None:
    assert state_of(basic(data)) is KeyState.MALFORMED


def test_the_longest_valid_header_is_read() -> None:
    header = basic(f"{LONGEST}:{KEY}")
    assert len(header) < MAX_HEADER / 2
    assert state_of(header, replace(STORED, settings=KeySettings(LONGEST))) is KeyState.ACCEPTED


@pytest.mark.parametrize("name", ["", "sbc-2", "SBC-1", "sbc-1 ", " sbc-1", "sbc-1\x00", "ёлка", "x" * 200])
def test_the_right_key_with_another_name_is_refused(name: str) -> None:
    assert state_of(basic(f"{name}:{KEY}")) is KeyState.OTHER_NAME


def test_a_key_that_no_one_created_is_unknown() -> None:
    assert state_of(f"Bearer {OTHER}") is KeyState.UNKNOWN
    assert state_of(f"Bearer {KEY}", None) is KeyState.UNKNOWN
    assert judge(Credentials(hash_of(OTHER), None), STORED) is KeyState.UNKNOWN, "another item than the one asked for"


def test_a_revoked_key_is_refused_with_and_without_its_name() -> None:
    revoked = replace(STORED, revoked_at="2026-11-23T11:00:00.000Z")
    for header in (f"Bearer {KEY}", basic(f"sbc-1:{KEY}")):
        assert state_of(header, revoked) is KeyState.REVOKED


def test_hashes_and_names_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[object, object]] = []

    def compare(one: object, two: object) -> bool:
        compared.append((one, two))
        return one == two

    monkeypatch.setattr("calling_credit.connectors.key.compare_digest", compare)
    assert state_of(basic(f"sbc-1:{KEY}")) is KeyState.ACCEPTED
    assert compared == [(STORED.key_hash, STORED.key_hash), (b"sbc-1", b"sbc-1")]


def test_credentials_hold_the_hash_and_never_the_key() -> None:
    credentials = read_credentials(basic(f"sbc-1:{KEY}"))
    assert credentials == Credentials(hash_of(KEY), "sbc-1")
    assert KEY not in repr(credentials)
    assert KEY not in repr(STORED)


@pytest.mark.parametrize("name", ["sbc-1", "a", "0", "SBC.east_2", LONGEST])
def test_a_name_that_basic_can_carry_is_valid(name: str) -> None:
    assert parse_settings(name) == KeySettings(name, "", DEFAULT_PER_MINUTE)


@pytest.mark.parametrize("name", ["", "-a", ".a", "a:b", "a b", "a#b", "a/b", "é", "a\n", LONGEST + "x", "ck_$"])
def test_a_name_that_basic_cannot_carry_is_invalid(name: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        parse_settings(name)
    assert refused.value.code == "invalid_id"


@pytest.mark.parametrize(
    "time_zone", ["EST5EDT6", "New_York", "america", "../etc", "posix/UTC", "localtime", "x" * 300]
)
def test_a_zone_is_an_iana_name(time_zone: str) -> None:
    assert parse_settings("sbc-1", "America/New_York").zone == "America/New_York"
    with pytest.raises(InvalidValue) as refused:
        parse_settings("sbc-1", time_zone)
    assert refused.value.code == "invalid_time_zone"


@pytest.mark.parametrize("number", ["0", "-1", "60001", "6e2", "1.5", "many", " 5", "\u0665", "9" * 5000])
def test_requests_a_minute_are_a_whole_number_within_bounds(number: str) -> None:
    assert [parse_settings("sbc-1", "", text).per_minute for text in ("", "1", "60000")] == [600, 1, 60_000]
    with pytest.raises(InvalidValue) as refused:
        parse_settings("sbc-1", "", number)
    assert refused.value.code == "invalid_field"


def test_an_item_of_a_key_never_used_is_read() -> None:
    item = {"key_hash": "h", "name": "sbc-1", "zone": "", "per_minute": 600, "created_at": "t", "created_by": "x"}
    assert from_item(item) == ConnectorKey("h", KeySettings("sbc-1"), "t")


def test_names_and_keys_have_partitions_of_their_own() -> None:
    assert key_of_hash("h") == ("CONNECTOR_KEY#h", "CONNECTOR_KEY")
    assert key_of_name("sbc-1")[0] == NAMES_PK
    for name in ("0", "z" * 64, "~x"):
        assert NAME_RANGE[0] <= key_of_name(name)[1]
    assert key_of_name("z" * 64)[1] <= NAME_RANGE[1]
