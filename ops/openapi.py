"""Writes the published forms of the declared contract (`make openapi`): docs/openapi.yaml, its copy for the page's
function, and docs/api-errors.md.
"""

import json
from pathlib import Path
from typing import Any, Final

import yaml

from ops.contract.answers import codes_of
from ops.contract.document import ROUTES, document
from ops.contract.problem_codes import EXPLANATIONS

ROOT: Final = Path(__file__).resolve().parents[1]


class _Dumper(yaml.SafeDumper):
    """Writes every schema in full, without YAML anchors."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML names it
        """Write every node in full."""
        return True


def as_yaml() -> str:
    """Return the content of docs/openapi.yaml."""
    text: str = yaml.dump(document(), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=118)
    return f"# Written by `make openapi` from ops/contract. Do not edit.\n{text}"


def as_json() -> str:
    """Return the answer of `GET /openapi.json`."""
    return json.dumps(document(), ensure_ascii=False, separators=(",", ":")) + "\n"


def as_table() -> str:
    """Return the content of docs/api-errors.md."""
    routes: dict[str, list[str]] = {}
    for route in ROUTES:
        for code in codes_of(route):
            routes.setdefault(code, []).append(f"`{route.key}`")
    everywhere = {code for code, keys in routes.items() if len(keys) > 8}
    lines = [
        "# Error codes of the HTTP API",
        "",
        "Written by `make openapi` from `ops/contract`. Do not edit.",
        "",
        "Every error is a problem document (RFC 9457, `application/problem+json`):",
        "`{type, title, status, code, detail}`. `code` is stable. `detail` says in words what to do.",
        "",
        "| code | status | meaning | what to do | routes |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| `{problem.code}` | {problem.status} | {problem.meaning} | {problem.remedy} | "
        f"{'most' if problem.code in everywhere else ', '.join(routes[problem.code])} |"
        for problem in EXPLANATIONS
    ]
    return "\n".join(lines) + "\n"


FILES: Final = {
    ROOT / "docs" / "openapi.yaml": as_yaml,
    ROOT / "docs" / "api-errors.md": as_table,
    ROOT / "functions" / "billing_page" / "openapi.json": as_json,
}
"""The generated files and their content."""


def main() -> None:
    """Write all generated files."""
    for path, text in FILES.items():
        path.write_text(text(), encoding="utf-8")


if __name__ == "__main__":
    main()
