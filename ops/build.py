"""Builds the application with `sam build` and compiles its Python: Lambda's package is read-only, so it would compile
the same files at every cold start. Does not know where the result is deployed.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ops.project import ROOT

BUILD_DIR: Final = ROOT / ".aws-sam" / "build"


class BuildError(Exception):
    """The application cannot be built; the message says why."""


def sam_program() -> str:
    """Return the `sam` installed beside this interpreter, or the one on the PATH."""
    beside = Path(sys.executable).with_name("sam")
    return str(beside) if beside.exists() else "sam"


def sam_build(config_env: str, build_dir: Path, parameters: Sequence[str] = ()) -> None:
    """Build every function and the layer into `build_dir`; `parameters` are `Name=value` of the template.

    Raises:
        BuildError: sam failed; its messages are on the terminal.
    """
    command = [sam_program(), "build", "--cached", "--parallel", "--config-env", config_env]
    command += ["--config-file", str(ROOT / "samconfig.toml"), "--template-file", str(ROOT / "template.yaml")]
    command += ["--build-dir", str(build_dir)]
    if parameters:
        command += ["--parameter-overrides", " ".join(parameters)]
    if subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, check=False).returncode:
        raise BuildError("sam build failed.")


def compile_build(build_dir: Path, python: str) -> None:
    """Compile the Python in every folder of a build for the interpreter that will run it, and keep the sources for
    tracebacks.

    The compiled files are not checked against the times of their sources, because a zip archive does not keep times
    exactly.

    Raises:
        BuildError: a source file does not compile.
    """
    for stale in build_dir.rglob("__pycache__"):
        shutil.rmtree(stale)
    folders = sorted(str(folder) for folder in build_dir.iterdir() if folder.is_dir())
    command = [python, "-m", "compileall", "-q", "-j", "0", "--invalidation-mode", "unchecked-hash", *folders]
    process = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if process.returncode:
        raise BuildError(f"The build does not compile: {process.stdout.strip()[-500:]}")


def runtime_of(config_env: str) -> str:
    """Return the Lambda runtime of an environment: its own parameter, or the template's default.

    Raises:
        BuildError: samconfig.toml has no such environment.
    """
    environments = tomllib.loads((ROOT / "samconfig.toml").read_text())
    if config_env not in environments:
        raise BuildError(f"samconfig.toml has no environment {config_env}.")
    overrides = environments[config_env].get("global", {}).get("parameters", {}).get("parameter_overrides", "")
    match = re.search(r"\bRuntime=(\S+)", overrides) or re.search(
        r"^  Runtime:\n(?:    .*\n)*?    Default: (\S+)", (ROOT / "template.yaml").read_text(), re.MULTILINE
    )
    if match is None:
        raise BuildError("template.yaml has no default for its parameter Runtime.")
    return match[1]


def python_of(runtime: str) -> str:
    """Return the interpreter of a runtime.

    Raises:
        BuildError: it is not on the PATH, or does not run.
    """
    python = shutil.which(runtime)
    if python is None or subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode:
        raise BuildError(f"The build needs a working {runtime} on the PATH. Or run: sam build --use-container")
    return python


def main() -> int:
    """Run `python -m ops.build ENVIRONMENT`, behind `make build`."""
    parser = argparse.ArgumentParser(prog="make build", description="Build the application for an environment.")
    parser.add_argument("environment", help="CONFIG_ENV: an environment in samconfig.toml, such as staging")
    environment = parser.parse_args().environment
    try:
        python = python_of(runtime_of(environment))
        sam_build(environment, BUILD_DIR)
        compile_build(BUILD_DIR, python)
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"Built into {BUILD_DIR}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
