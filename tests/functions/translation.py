"""Translate the template into plain CloudFormation, without AWS, and compare two translations property by property.

Write the translation of a release with `python -m tests.functions.translation TEMPLATE OUTPUT.json.gz`.
"""

import copy
import gzip
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from boto3 import Session
from ministack.services.cloudformation import language_extensions
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from tests.harness.template import fold, read_template

LOCAL_CODE = ("CodeUri", "ContentUri")


def expand(template: dict[str, Any]) -> dict[str, Any]:
    """Apply AWS::LanguageExtensions as the emulator does, whose rules were measured on an AWS account."""
    expanded = language_extensions.apply(copy.deepcopy(template), {})
    folded: dict[str, Any] = fold(expanded, expanded.pop("Mappings", {}))
    return folded


def translate(template: dict[str, Any]) -> dict[str, Any]:
    """Apply both transforms of a template, in the order in which CloudFormation applies them."""
    expanded = expand(template)
    for resource in expanded["Resources"].values():
        for name in LOCAL_CODE:  # The translator accepts only code that has been uploaded.
            if name in resource["Properties"]:
                resource["Properties"][name] = f"s3://code/{resource['Properties'][name].strip('/')}"
    translator = Translator({}, Parser(), boto_session=Session(region_name="us-east-1"))
    translated: dict[str, Any] = json.loads(json.dumps(translator.translate(expanded, {})))
    return translated


def differences(before: Any, after: Any) -> dict[str, tuple[Any, Any]]:
    """Return the values before and after of each path that was added, removed, or changed, types included."""
    old, new = dict(leaves(before)), dict(leaves(after))
    return {
        path: (old.get(path), new.get(path))
        for path in sorted(old.keys() | new.keys())
        if json.dumps(old.get(path)) != json.dumps(new.get(path)) or (path in old) != (path in new)
    }


def leaves(node: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each value that holds no other values, with its path, such as `Resources/Api/Properties/Name`."""
    if not node or not isinstance(node, dict | list):
        yield path, node
        return
    parts = node.items() if isinstance(node, dict) else enumerate(node)
    for name, part in parts:
        yield from leaves(part, f"{path}/{name}" if path else str(name))


def read_translation(path: Path) -> dict[str, Any]:
    """Read the translation of a release."""
    translation: dict[str, Any] = json.loads(gzip.decompress(path.read_bytes()))
    return translation


def main(template: Path, output: Path) -> None:
    """Write the translation of a template, with the same bytes for the same template."""
    translation = translate(read_template(template.read_text(encoding="utf-8")))
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_bytes(gzip.compress(json.dumps(translation, sort_keys=True).encode(), mtime=0))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
