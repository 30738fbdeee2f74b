"""Gives the emulator the transform of nested stacks: CloudFormation expands the loops of a nested template as those of
its parent, while the emulator reads a nested template as it is written.
"""

from typing import Any

from ministack.services.cloudformation import engine, language_extensions


def expand(template: dict[str, Any]) -> dict[str, Any]:
    """Apply AWS::LanguageExtensions to a template that declares it; return any other one unchanged."""
    declared = template.get("Transform") or []
    names = [declared] if isinstance(declared, str) else list(declared)
    if language_extensions.TRANSFORM not in names:
        return template
    expanded = {**language_extensions.apply(template, {}), "Transform": names}
    expanded["Transform"].remove(language_extensions.TRANSFORM)
    return expanded


def install() -> None:
    """Let nested stacks read their templates with their loops expanded.

    A nested stack looks the parser up when it is deployed. All other operations have looked it up before, and apply the
    transform themselves.
    """
    parse = engine._parse_template  # noqa: SLF001 - the emulator's own parser
    engine._parse_template = lambda body: expand(parse(body))  # noqa: SLF001
