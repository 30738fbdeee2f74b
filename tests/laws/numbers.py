"""The numbers of lines: each line has numbers of its own, and one of another line is refused."""

from tests.laws.driver import Driver

AREAS = ("+1415", "+1212", "+1416")
"""The area codes of lines."""


def number_for(driver: Driver, account: str, line: str) -> str:
    """A number of `acct_<n>`'s `line_<m>`. Sometimes the line asks for one of another line first, and is refused."""
    if driver.rng.random() < 0.1:
        refuse_a_taken_number(driver, account, line)
    return f"{driver.rng.choice(AREAS)}{200 + int(account[5:])}{int(line[5:]):04d}"


def refuse_a_taken_number(driver: Driver, account: str, line: str) -> None:
    """Ask for the number of another line: 409, and nothing changes."""
    own = (f"ACCOUNT#{account}", f"LINE#{line}")
    lines = {key: item for key, item in driver.model.items.items() if key[1].startswith("LINE#") and key != own}
    if lines:
        driver.settle("create or configure a line")
        taken = driver.rng.choice([item["number"] for _, item in sorted(lines.items())])
        body = {"number": taken, "user_id": "user_1"}
        refused = driver.operate("PUT", f"/accounts/{account}/lines/{line}", body)
        assert (refused.status, refused.code) == (409, "number_taken")
        driver.settle("create or configure a line", unchanged=True)
