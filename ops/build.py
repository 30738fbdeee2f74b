"""Builds the application with `sam build`, then compiles its Python, because Lambda's package is read-only and would
compile the same files at every cold start. Knows nothing of where the result is deployed.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, Final

ROOT: Final = Path(__file__).resolve().parent.parent
BUILD_DIR: Final = ROOT / ".aws-sam" / "build"


class BuildError(Exception):
    """The application could not be built; the message says why."""


def sam_program() -> str:
    """The `sam` that is installed beside this interpreter, else the one on the PATH."""
    beside = Path(sys.executable).with_name("sam")
    return str(beside) if beside.exists() else "sam"


def sam_build(
    config_env: str,
    build_dir: Path,
    *,
    parameters: Iterable[str] = (),
    cwd: Path = ROOT,
    env: Mapping[str, str] | None = None,
    log: IO[str] | None = None,
) -> None:
    """Build every function and the layer into `build_dir`; `cwd` is where sam keeps its cache (`.aws-sam`).

    Raises:
        BuildError: sam said no; its words are in `log`, or on the terminal.
    """
    command = [sam_program(), "build", "--cached", "--parallel", "--config-env", config_env]
    command += ["--config-file", str(ROOT / "samconfig.toml"), "--template-file", str(ROOT / "template.yaml")]
    command += ["--build-dir", str(build_dir)]
    overrides = list(parameters)
    if overrides:
        command += ["--parameter-overrides", " ".join(overrides)]
    done = subprocess.run(
        command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False, text=True
    )
    if done.returncode:
        raise BuildError("sam build failed.")


def compile_build(build_dir: Path, python: str) -> None:
    """Ship compiled Python of the interpreter that will run it; the sources stay, for tracebacks.

    The compiled files are not checked against their sources' times, which a zip archive does not keep faithfully.

    Raises:
        BuildError: a source file does not compile.
    """
    for stale in build_dir.rglob("__pycache__"):
        shutil.rmtree(stale)
    folders = sorted(str(folder) for folder in build_dir.iterdir() if folder.is_dir())
    command = [python, "-m", "compileall", "-q", "-j", "0", "--invalidation-mode", "unchecked-hash", *folders]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BuildError(f"The build does not compile: {done.stdout.strip()[-500:]}")


def runtime_of(config_env: str) -> str:
    """The Lambda runtime that an environment asks for: its own parameter, else the template's default.

    Raises:
        BuildError: samconfig.toml knows no such environment.
    """
    environments = tomllib.loads((ROOT / "samconfig.toml").read_text())
    if config_env not in environments:
        raise BuildError(f"samconfig.toml knows no environment {config_env}.")
    overrides = environments[config_env].get("global", {}).get("parameters", {}).get("parameter_overrides", "")
    found = re.search(r"\bRuntime=(\S+)", overrides) or re.search(
        r"^  Runtime:\n(?:    .*\n)*?    Default: (\S+)", (ROOT / "template.yaml").read_text(), re.MULTILINE
    )
    if found is None:
        raise BuildError("template.yaml has no default for its parameter Runtime.")
    return found[1]


def python_of(runtime: str) -> str:
    """The interpreter of a runtime.

    Raises:
        BuildError: it is not on the PATH, or does not run.
    """
    python = shutil.which(runtime)
    if python is None or subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode:
        raise BuildError(f"Building needs a working {runtime} on the PATH; or run: sam build --use-container")
    return python


def main() -> int:
    """`python -m ops.build ENVIRONMENT`, behind `make build`."""
    parser = argparse.ArgumentParser(prog="make build", description="Build the application for an environment.")
    parser.add_argument("environment", help="CONFIG_ENV: an environment of samconfig.toml, such as staging")
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
