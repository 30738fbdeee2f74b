"""The line of a call decides the country that it is priced from."""

import pytest

from calling_credit.rates.pricing import RatedCall, origin_of, rate_call
from tests.domain.examples import call, deck


@pytest.mark.parametrize(
    ("line", "caller", "origin"),
    [
        ("+14165550100", "+442071838750", "CA"),
        ("+14165550100", None, "CA"),
        (None, "+442071838750", "GB"),
        (None, None, "ZZ"),
    ],
)
def test_the_origin_is_the_country_of_the_line(line: str | None, caller: str | None, origin: str) -> None:
    book = deck({}, {"origin": origin, "rate_per_minute": "0.50"}) if origin != "ZZ" else deck({})
    rated = rate_call(call(), book, origin_of(line, caller))
    assert isinstance(rated, RatedCall)
    assert rated.origin == origin
    assert rated.row.origin == ("*" if origin == "ZZ" else origin)
