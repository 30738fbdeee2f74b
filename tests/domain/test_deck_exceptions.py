"""The example deck has rows for what libphonenumber does not know: other countries, and billed exchanges."""

import pytest

from calling_credit.numbering import country_of
from tests.domain.test_rates_csv import rows_by_prefix


@pytest.mark.parametrize(
    ("number", "country", "destination"),
    [
        ("+76001234567", "KZ", "Kazakhstan"),
        ("+77171234567", "KZ", "Kazakhstan - Landline"),
        ("+390549886377", "SM", "San Marino - Landline"),
        ("+390543886377", "IT", "Italy - Landline"),
        ("+64508123456", "NZ", "New Zealand - Toll Free"),
        ("+645088123", "NZ", "New Zealand - Premium"),
        ("+12129761234", "US", "United States - Premium"),
        ("+14165551212", "CA", "Canada - Directory Assistance"),
        ("+14165551213", "CA", "Canada"),
    ],
)
def test_exceptions_have_rows_of_their_own(number: str, country: str, destination: str) -> None:
    prefixes = (number[1:length] for length in range(len(number), 1, -1))
    row = next(rows_by_prefix()[prefix] for prefix in prefixes if prefix in rows_by_prefix())
    assert (row["country"], row["destination"], country_of(number)) == (country, destination, country)
