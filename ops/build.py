"""Builds the application with `sam build`, compiles its Python, because Lambda's package is read-only and would compile
the same files at every cold start, and names the release in the built template. Does not know where it is deployed.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ops.project import ROOT
from ops.release import release_of, stamp
from ops.sources import commit_of, uncommitted_files

BUILD_DIR: Final = ROOT / ".aws-sam" / "build"
RELEASE_FILE: Final = ROOT / ".aws-sam" / "release.json"
"""What was built last: the release, the commit of its sources (empty if some differ from it), and its target."""


class BuildError(Exception):
    """The application cannot be built; the message says why."""


def sam_program() -> str:
    """Return the `sam` installed beside this interpreter, or the one on the PATH."""
    return program("sam")


def program(name: str) -> str:
    """Return a program installed beside this interpreter, or the one on the PATH."""
    beside = Path(sys.executable).with_name(name)
    return str(beside) if beside.exists() else name


def sam_build(config_env: str, build_dir: Path, parameters: Sequence[str] = (), python: str = sys.executable) -> None:
    """Build every function and the layer into `build_dir`; `parameters` are `Name=value` of the template. sam finds the
    interpreter of the runtime, `python`, on the PATH.

    Raises:
        BuildError: sam failed; its messages are on the terminal.
    """
    command = [sam_program(), "build", "--cached", "--parallel", "--config-env", config_env]
    command += ["--config-file", str(ROOT / "samconfig.toml"), "--template-file", str(ROOT / "template.yaml")]
    command += ["--build-dir", str(build_dir)]
    if parameters:
        command += ["--parameter-overrides", " ".join(parameters)]
    path = os.pathsep.join([str(Path(python).parent), os.environ.get("PATH", os.defpath)])
    environment = os.environ | {"PATH": path}
    if subprocess.run(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, check=False).returncode:
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


def name_release(build_dir: Path, settings: str) -> str:
    """Write the release into the template of a build; return it.

    `settings` is the text of samconfig.toml. It counts, because a version keeps the environment variables with which it
    was published; as a whole, because one build is deployed to several environments.

    Raises:
        BuildError: a function of the template cannot be found.
    """
    template = build_dir / "template.yaml"
    text, release = template.read_text(encoding="utf-8"), release_of(build_dir, [settings])
    stamped = stamp(text, release)
    if stamped.count(release) != text.count("Type: AWS::Serverless::Function\n"):
        raise BuildError(f"{template} is not written as expected, so a function would keep its old version.")
    template.write_text(stamped, encoding="utf-8")
    return release


def is_release(build_dir: Path, settings: str, release: str) -> bool:
    """Whether a build holds exactly what `name_release` named."""
    template = build_dir / "template.yaml"
    if not template.exists() or f"AutoPublishCodeSha256: {release}\n" not in template.read_text(encoding="utf-8"):
        return False
    return release_of(build_dir, [settings]) == release


def settings_of(config_env: str) -> str:
    """Return the template's parameters of an environment, as samconfig.toml writes them.

    Raises:
        BuildError: samconfig.toml has no such environment.
    """
    environments = tomllib.loads((ROOT / "samconfig.toml").read_text())
    if config_env not in environments:
        raise BuildError(f"samconfig.toml has no environment {config_env}.")
    return str(environments[config_env].get("global", {}).get("parameters", {}).get("parameter_overrides", ""))


def runtime_of(config_env: str) -> str:
    """Return the Lambda runtime of an environment: its own parameter, or the template's default.

    Raises:
        BuildError: samconfig.toml has no such environment.
    """
    return _parameter_of(config_env, "Runtime")


def target_of(config_env: str) -> str:
    """Return what a build for an environment runs on, such as "python3.13 arm64": its libraries fit nothing else.

    Raises:
        BuildError: samconfig.toml has no such environment.
    """
    return f"{runtime_of(config_env)} {_parameter_of(config_env, 'Architecture')}"


def _parameter_of(config_env: str, name: str) -> str:
    overrides = settings_of(config_env)
    match = re.search(rf"\b{name}=(\S+)", overrides) or re.search(
        rf"^  {name}:\n(?:    .*\n)*?    Default: (\S+)", (ROOT / "template.yaml").read_text(), re.MULTILINE
    )
    if match is None:
        raise BuildError(f"template.yaml has no default for its parameter {name}.")
    return match[1]


def python_of(runtime: str) -> str:
    """Return the interpreter of a runtime: the one on the PATH, or one that uv keeps and, if need be, downloads.

    Raises:
        BuildError: there is none that runs, and uv has none.
    """
    python = shutil.which(runtime)
    if python is not None and not subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode:
        return python
    uv, version = program("uv"), runtime.removeprefix("python")
    try:
        subprocess.run([uv, "python", "install", "--quiet", version], capture_output=True, text=True, check=True)
        command = [uv, "python", "find", "--managed-python", version]
        found = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError) as error:
        reason = str(getattr(error, "stderr", None) or error).strip()[-300:]
        raise BuildError(
            f"The build needs a working {runtime}: none is on the PATH, and uv could not install it ({reason})."
            f" Install {runtime}, or run: sam build --use-container"
        ) from error
    return str(Path(found).with_name(runtime))


def main() -> int:
    """Run `python -m ops.build ENVIRONMENT`, behind `make build`."""
    parser = argparse.ArgumentParser(prog="make build", description="Build the application for an environment.")
    parser.add_argument("environment", help="CONFIG_ENV: an environment in samconfig.toml, such as staging")
    environment = parser.parse_args().environment
    RELEASE_FILE.unlink(missing_ok=True)  # A build that fails must not be deployed under the name of the last one.
    try:
        python = python_of(runtime_of(environment))
        sam_build(environment, BUILD_DIR, python=python)
        compile_build(BUILD_DIR, python)
        release = name_release(BUILD_DIR, (ROOT / "samconfig.toml").read_text(encoding="utf-8"))
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    commit = "" if uncommitted_files() else commit_of()
    RELEASE_FILE.write_text(json.dumps({"release": release, "commit": commit, "target": target_of(environment)}))
    print(f"Built release {release[:12]} into {BUILD_DIR}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
