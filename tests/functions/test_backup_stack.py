"""The stack of backups, asserted on its template; no emulator deploys it."""

from typing import Any

from tests.harness.template import ROOT, read_template

STACK = read_template((ROOT / "stacks" / "backup.yaml").read_text(encoding="utf-8"))
RESOURCES: dict[str, Any] = STACK["Resources"]
NOTHING = {"Ref": "AWS::NoValue"}


def test_the_vault_is_locked_and_outlives_its_stack() -> None:
    vault = RESOURCES["Vault"]
    assert vault["DeletionPolicy"] == vault["UpdateReplacePolicy"] == "Retain"
    lock = vault["Properties"]["LockConfiguration"]
    assert lock["MinRetentionDays"] == STACK["Parameters"]["BackupDays"]["MinValue"]
    assert lock["ChangeableForDays"] == {"Fn::If": ["IsImmutable", {"Ref": "LockGraceDays"}, NOTHING]}


def test_backups_are_copied_only_if_a_vault_is_named() -> None:
    [rule] = RESOURCES["Plan"]["Properties"]["BackupPlan"]["BackupPlanRule"]
    condition, [copy], otherwise = rule["CopyActions"]["Fn::If"]
    assert (condition, otherwise) == ("CopiesBackups", NOTHING)
    assert copy["DestinationBackupVaultArn"] == {"Ref": "BackupCopyVaultArn"}
    assert STACK["Parameters"]["BackupCopyVaultArn"]["Default"] == ""
    assert rule["Lifecycle"] == copy["Lifecycle"] == {"DeleteAfterDays": {"Ref": "BackupDays"}}


def test_the_plan_selects_the_ledger_table_alone() -> None:
    selection = RESOURCES["Selection"]["Properties"]["BackupSelection"]
    assert selection["Resources"] == [{"Ref": "TableArn"}]


def test_a_vault_in_another_region_needs_no_plan() -> None:
    assert {name for name, one in RESOURCES.items() if one.get("Condition") != "BacksUp"} == {"Vault"}
    assert STACK["Conditions"]["BacksUp"] == {"Fn::Equals": [{"Ref": "VaultOnly"}, "false"]}
