"""Names a release by the SHA-256 of what is built, and writes it into the built template: SAM publishes a version of a
function when this hash changes, and moves the alias `live` to it. SAM's own rule misses a change of the layer alone.
"""

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

ALIAS: Final = "live"
"""The alias through which every request, message, and schedule reaches a function."""
FUNCTION: Final = re.compile(
    r"^  \w+:\n    Type: AWS::Serverless::Function\n(?:    .*\n|\n)*?    Properties:\n", re.MULTILINE
)
STAMP: Final = re.compile(rb"^      AutoPublishCodeSha256: [0-9a-f]{64}\n", re.MULTILINE)
TEMPLATE: Final = "template.yaml"
DESCRIBED: Final = re.compile(r"(?:^| )([0-9a-f]{64})$")


def release_of(build: Path, settings: Iterable[str] = ()) -> str:
    """Return the SHA-256 of a build's files, of its template, and of the settings that it is deployed with.

    Compiled modules do not count: they follow from their sources. The name of the release in the template does not
    count either, so that a finished build can be compared with its name. Times, modes, and the place of the build do
    not matter.
    """
    digest = hashlib.sha256("\0".join(settings).encode())
    for path in sorted(path for path in build.rglob("*") if path.is_file() and path.suffix != ".pyc"):
        text = path.read_bytes()
        content = hashlib.sha256(STAMP.sub(b"", text) if path == build / TEMPLATE else text).hexdigest()
        digest.update(f"{path.relative_to(build).as_posix()}\0{content}\n".encode())
    return digest.hexdigest()


def stamp(template: str, release: str) -> str:
    """Return the text of a template in which every function has the hash of the release as a literal."""
    return FUNCTION.sub(lambda found: f"{found[0]}      AutoPublishCodeSha256: {release}\n", template)


def described_release(description: str) -> str:
    """Return the release that SAM appended to a function's description; empty if there is none."""
    found = DESCRIBED.search(description)
    return found[1] if found else ""
