"""`make publish-tax` checks the whole table, shows which rates change, asks, and stores it."""

import sys
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError

from calling_credit.tax.bucket import TABLE_KEY, read_table
from ops import publish_tax
from ops.stack import FoundStack
from ops.terminal import CommandError
from tests.functions.tax_bench import FIFTEEN, HEADER, TWENTY
from tests.harness.table import BUCKET
from tests.harness.world import World

pytestmark = pytest.mark.dynamodb


@pytest.fixture(autouse=True)
def found(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command finds the stack of the tests, which has no table yet."""
    outputs = {"TableName": world.stack.table_name, "DeckBucketName": BUCKET}
    stack = FoundStack("staging", False, outputs, boto3.Session(), None)
    monkeypatch.setattr(publish_tax, "find_stack", lambda: stack)
    boto3.client("s3").delete_object(Bucket=BUCKET, Key=TABLE_KEY)


def publish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, table: str, *options: str) -> int:
    """Run the command; its exit code."""
    path = tmp_path / "rates.csv"
    path.write_text(table, encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["make", str(path), *options])
    return publish_tax.main()


def stored() -> str:
    """The published table; empty without one."""
    try:
        return read_table(boto3.client("s3"), BUCKET).decode()
    except ClientError:
        return ""


def test_a_table_is_published_with_the_rates_that_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert publish(tmp_path, monkeypatch, FIFTEEN, "--yes") == 0
    assert stored() == FIFTEEN
    assert "Payments are not taxed until the parameter Tax is table." in capsys.readouterr().out
    assert publish(tmp_path, monkeypatch, f"{TWENTY}GB,*,20,2999-01-01\n", "--yes") == 0
    words = capsys.readouterr().out.split()
    assert words[words.index("NY") :][:5] == ["NY", "15", "%", "20", "%"]
    assert words[words.index("GB") :][:6] == ["GB", "*", "2999-01-01T00:00:00.000Z", "none", "20", "%"]
    assert publish(tmp_path, monkeypatch, TWENTY, "--yes") == 0
    said = capsys.readouterr().out
    assert "No rate in force changes." in said
    words = said.split()
    assert words[words.index("GB") :][:6] == ["GB", "*", "2999-01-01T00:00:00.000Z", "20", "%", "none"]
    assert publish(tmp_path, monkeypatch, TWENTY, "--yes") == 0
    assert "later" not in capsys.readouterr().out


def test_a_file_with_a_fault_is_refused_as_a_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert publish(tmp_path, monkeypatch, FIFTEEN, "--yes") == 0
    assert publish(tmp_path, monkeypatch, f"{HEADER}GB,*,20,2026-01-01\nUK,*,20,2026-01-01\n", "--yes") == 1
    assert "Line 3: 'UK' is no ISO 3166 country" in capsys.readouterr().out
    assert stored() == FIFTEEN


def test_a_row_that_applies_to_no_one_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert publish(tmp_path, monkeypatch, f"{FIFTEEN}US,NYC,4.5,2026-01-01\n", "--yes") == 1
    assert "US,NYC is no place" in capsys.readouterr().out
    assert stored() == ""


def test_nothing_is_published_without_a_confirmation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert publish(tmp_path, monkeypatch, FIFTEEN) == 1
    assert stored() == ""


def test_a_damaged_published_table_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    boto3.client("s3").put_object(Bucket=BUCKET, Key=TABLE_KEY, Body=b"damaged")
    assert publish(tmp_path, monkeypatch, FIFTEEN, "--yes") == 0
    assert stored() == FIFTEEN


def test_a_missing_file_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["make", "/nowhere/rates.csv"])
    with pytest.raises(CommandError, match="cannot be read"):
        publish_tax.main()
