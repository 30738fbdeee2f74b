"""A check that every item of a table says by which schema it was written."""

from calling_credit.dynamodb.schema import SCHEMA, SCHEMA_NAME
from tests.harness.table import Stack


def check_schemas(stack: Stack) -> None:
    """Every stored item carries today's number, except records of Powertools, whose layout belongs to that library."""
    without = {
        (item["PK"].split("#")[0], item["SK"].split("#")[0])
        for item in stack.stored_items()
        if item.get(SCHEMA_NAME) != SCHEMA and not (item["PK"] == "MAIL" and not item["SK"].startswith("limit#"))
    }
    assert without == set(), without
