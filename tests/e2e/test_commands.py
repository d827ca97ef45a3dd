"""A registry founded and served by commands alone, as an operator does it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.e2e.test_demo import processes_that_name
from tests.integration.registry.requests import certificate

TEM = Path(sys.executable).with_name("tem")


@pytest.fixture
def environment(tmp_path: Path, empty_url: str) -> dict[str, str]:
    (tmp_path / "passphrase").write_text("a passphrase for tests\n")
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("TEM_")},
        "TEM_DATA": str(tmp_path / "data"),
        "TEM_DATABASE": empty_url,
        "TEM_PASSPHRASE_FILE": str(tmp_path / "passphrase"),
        "TEM_PORT": "0",
        "TEM_CHAIN_PORT": "0",
        "TEM_LANGUAGE": "en",
    }


@contextmanager
def served(environment: dict[str, str]) -> Iterator[tuple[str, str]]:
    """`tem serve`, until SIGTERM: its address and that of the chain."""
    process = subprocess.Popen(  # noqa: S603
        [TEM, "serve"], env=environment, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    said = ""
    try:
        for line in process.stderr:
            said += line
            if found := re.search(r"Serving (http://\S+)", line):
                chain = re.search(r"Chain (http://\S+)", said)
                assert chain, said
                yield found[1], chain[1]
                break
        else:
            raise AssertionError(said)
    finally:
        process.send_signal(signal.SIGTERM)
        said += process.stderr.read()
        process.stderr.close()
        assert process.wait() == 128 + signal.SIGTERM, said
    assert "Traceback" not in said


def test_from_nothing_to_a_verdict(tmp_path: Path, environment: dict[str, str]) -> None:
    def tem(*arguments: str, **changed: str) -> str:
        result = subprocess.run(  # noqa: S603
            [TEM, *arguments], env={**environment, **changed}, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert result.returncode == 0, result.stderr
        return result.stdout.strip()

    tem("found", "root", "--did", "did:web:root.test", "--name", "Root")
    tem("found", "accreditor", "--did", "did:web:boa.test", "--name", "Bureau",
        "--scope", "verification")  # fmt: skip
    tem("found", "body", "--did", "did:web:body.test", "--name", "Body",
        "--origin", "tem.test/body", "--accreditor", "did:web:boa.test",
        "--scope", "verification/scales")  # fmt: skip
    key = tem("apikey", "create", "did:web:body.test")
    trust = {"TEM_TRUST": str(tmp_path / "data" / "trust.json")}
    with served(environment) as (url, chain):
        answer = httpx.post(
            f"{url}/api/v1/certificates",
            json=certificate(),
            headers={"Authorization": f"Bearer {key}"},
        )
        code = answer.json()["code"]
        tem("issue", str(write(tmp_path, certificate("V26.2"))), "--wait")
        judged = json.loads(tem("verify", code, "--json", **trust, TEM_REGISTRY=url, TEM_RPC=chain))
    assert judged["verdict"] == "valid"
    assert processes_that_name(tmp_path) == []


def write(folder: Path, request: object) -> Path:
    path = folder / "request.json"
    path.write_text(json.dumps(request))
    return path
