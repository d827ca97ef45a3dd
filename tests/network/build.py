"""Building evmd, the program of a validator: once, kept outside the tree by what it is made of."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from verifier.errors import ConfigurationError

SOURCE = Path(__file__).resolve().parent / "evmd"
MADE_OF = ("go.mod", "go.sum", "main.go")
OLDEST_GO = (1, 23)


def cache_folder(environment: Mapping[str, str]) -> Path:
    """Where built programs are kept, by the rules of the XDG base directories."""
    base = environment.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "tem"


def evmd_path(cache: Path) -> Path:
    """Where the program made of today's source stands, or would."""
    digest = sha256(b"".join(sha256((SOURCE / name).read_bytes()).digest() for name in MADE_OF))
    return cache / f"evmd-{digest.hexdigest()[:16]}"


def build(cache: Path) -> Path:
    """Build the program unless it is there; takes some four minutes, most of them a download.

    Raises ConfigurationError: ``go_missing``, ``evmd_not_built``.
    """
    target = evmd_path(cache)
    if target.exists():
        return target
    go = _go()
    cache.mkdir(parents=True, exist_ok=True)
    unfinished = cache / f"{target.name}.{os.getpid()}"
    print("building evmd from its Go modules: some four minutes, once …", flush=True)
    command = [go, "build", "-mod=readonly", "-trimpath", "-buildvcs=false"]
    command += ["-ldflags=-s -w -checklinkname=0", "-o", str(unfinished), "."]
    try:
        subprocess.run(command, cwd=SOURCE, check=True)  # noqa: S603
        unfinished.rename(target)
    except subprocess.CalledProcessError as error:
        raise ConfigurationError(
            "evmd_not_built",
            f"`go build` in {SOURCE} failed, see above. It fetches Go modules: `go env GOPROXY` "
            "has to name a proxy that can be reached. Running it again goes on where it stopped.",
            "go",
        ) from error
    finally:
        unfinished.unlink(missing_ok=True)
    return target


def _go() -> str:
    go = shutil.which("go")
    if go is None:
        raise ConfigurationError("go_missing", _needed("There is no `go` in PATH."), "PATH")
    said = subprocess.run([go, "version"], capture_output=True, text=True, check=True).stdout  # noqa: S603
    found = re.search(r"go(\d+)\.(\d+)", said)
    if found is None or (int(found[1]), int(found[2])) < OLDEST_GO:
        raise ConfigurationError("go_missing", _needed(f"{go} is {said.strip()}."), "PATH")
    return go


def _needed(found: str) -> str:
    return f"{found} The test network is built by Go {OLDEST_GO[0]}.{OLDEST_GO[1]} or newer."
