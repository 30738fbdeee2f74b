"""The numbers of a prefix that no longer prefix covers."""

from calling_credit.rates.deck_states import covered_prefixes


def test_a_prefix_is_covered_by_its_ten_longer_ones() -> None:
    assert covered_prefixes(["44", *(f"44{digit}" for digit in range(10))]) == {"44"}
    assert covered_prefixes(f"4{number:02d}" for number in range(100)) == {"4", *(f"4{digit}" for digit in range(10))}
    assert covered_prefixes(["44", *(f"44{digit}" for digit in range(9))]) == set()
    assert covered_prefixes(f"1212{digit}" for digit in range(2, 10)) == {"1212"}
