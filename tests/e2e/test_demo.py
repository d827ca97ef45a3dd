"""The demonstration comes out as it must, and leaves nothing running."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from verifier import qr

ROOT = Path(__file__).resolve().parents[2]


def processes_that_name(folder: Path) -> list[str]:
    """Command lines of running processes that mention ``folder``."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(folder) in command and entry.parent.name != str(os.getpid()):
            found.append(command)
    return found


def test_the_demonstration(tmp_path: Path) -> None:
    output = tmp_path / "output"
    command = [sys.executable, "-m", "scripts.demo", "--output", str(output)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
    assert result.returncode == 0, result.stdout + result.stderr
    for word in ("valid", "not_genuine", "not_authorised", "not_in_force", "unverifiable"):
        assert word in result.stdout
    assert str(output) in result.stdout
    attached = qr.read((output / "certificate.pdf").read_bytes())
    assert attached == (output / "certificate.tem").read_bytes()
    assert isinstance(qr.read((output / "qr.png").read_bytes()), qr.CodeLink)
    assert processes_that_name(output) == []
