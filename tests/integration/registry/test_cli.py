"""The command `tem`: what it prints, writes and exits with."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from registry.app import create_app
from registry.cli import app
from registry.serving import listening, serving
from tests.integration.registry.conftest import PASSPHRASE, World
from tests.integration.registry.requests import certificate
from verifier import proof, qr

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def passphrase_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("passphrase") / "passphrase"
    path.write_bytes(PASSPHRASE + b"\n")
    return path


@pytest.fixture(scope="module")
def tem(world: World, passphrase_file: Path) -> Run:
    """Runs a command in the world's installation."""
    environment = {
        "TEM_DATA": str(world.settings.data),
        "TEM_DATABASE": world.settings.database,
        "TEM_HOST": world.settings.host,
        "TEM_PASSPHRASE_FILE": str(passphrase_file),
        "TEM_TRUST": str(world.settings.trust_file),
        "TEM_RPC": " ".join(world.here.contracts.node.network.rpcs),
        "TEM_LANGUAGE": "en",
    }

    def run(*arguments: str | Path, **changed: str | None) -> Result:
        return CliRunner().invoke(app, list(map(str, arguments)), env={**environment, **changed})

    return run


@pytest.fixture(scope="module")
def code(tem: Run, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A certificate that is anchored."""
    path = tmp_path_factory.mktemp("request") / "request.json"
    path.write_text(json.dumps(certificate("V26.1000")))
    result = tem("issue", path, "--body", "did:web:body.test", "--wait")
    assert result.exit_code == 0, result.stderr
    answer = json.loads(result.stdout)
    assert answer["anchored"]
    found: str = answer["code"]
    return found


def test_a_certificate_from_request_to_verdict(
    tem: Run, code: str, tmp_path: Path, world: World
) -> None:
    for kind in ("tem", "pdf", "png"):
        written = tem("export", code, "--to", kind, "-o", tmp_path / f"record.{kind}")
        assert written.exit_code == 0, written.stderr
    whole = proof.parse((tmp_path / "record.tem").read_bytes())
    assert len(whole.disclosures) == 7
    assert qr.read((tmp_path / "record.pdf").read_bytes()) == (tmp_path / "record.tem").read_bytes()
    with listening("127.0.0.1", 0) as listener, serving(create_app(world.here.services), listener):
        at = ("--registry", f"http://127.0.0.1:{listener.getsockname()[1]}")
        for source in (tmp_path / "record.tem", tmp_path / "record.pdf"):
            assert tem("verify", source).exit_code == 0
        assert tem("verify", code, *at).exit_code == 0
        pictured = tem("verify", tmp_path / "record.png", *at)
        assert (pictured.exit_code, "tem.test, which was not asked" in pictured.stderr) == (0, True)
        page = json.loads(tem("verify", tmp_path / "record.pdf", "--json").stdout)
        assert (page["verdict"], page["page_compared"]) == ("valid", False)
        unknown = tem("verify", "0" * 26, *at, "--json")
        assert (unknown.exit_code, json.loads(unknown.stdout)["lookup"]) == (4, "not_found")


def test_a_report_is_read_in_two_languages(tem: Run, code: str, tmp_path: Path) -> None:
    tem("export", code, "--to", "tem", "-o", tmp_path / "record.tem")
    english = tem("verify", tmp_path / "record.tem").stdout
    assert "valid" in english
    assert "Bến Thành" in english
    assert "Place of verification" in english
    vietnamese = tem("verify", tmp_path / "record.tem", "--language", "vi").stdout
    assert "Hợp lệ" in vietnamese
    locale = tem("verify", tmp_path / "record.tem", TEM_LANGUAGE=None, LC_ALL="vi_VN.UTF-8")
    assert "Hợp lệ" in locale.stdout


def test_a_snapshot_serves_without_the_chain(tem: Run, code: str, tmp_path: Path) -> None:
    tem("export", code, "--to", "tem", "-o", tmp_path / "record.tem")
    written = tem("snapshot", "-o", tmp_path / "snapshot")
    assert written.exit_code == 0, written.stderr
    key = written.stdout.strip()
    offline = ("--snapshot", tmp_path / "snapshot", "--snapshot-key")
    assert tem("verify", tmp_path / "record.tem", *offline, key, TEM_RPC=None).exit_code == 0
    stranger = "tem.test/snapshot+00000000+" + key.split("+", 2)[2]
    refused = tem("verify", tmp_path / "record.tem", *offline, stranger)
    assert (refused.exit_code, "note_key_hash" in refused.stderr) == (2, True)
    changed = (tmp_path / "snapshot").read_bytes().replace(b"body.test", b"xxxx.test", 1)
    (tmp_path / "snapshot").write_bytes(changed)
    refused = tem("verify", tmp_path / "record.tem", *offline, key)
    assert (refused.exit_code, "note_signature_invalid" in refused.stderr) == (2, True)
    missing = tem("verify", tmp_path / "record.tem", *offline[:2])
    assert (missing.exit_code, "snapshot_key_missing" in missing.stderr) == (2, True)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "json_syntax"),
        (b"{}", "member_missing"),
        (b"\x00\x01\x02", "json_syntax"),
        (b'{"tem": 2}', "version_unknown"),
        (b"x" * (proof.MAX_BYTES + 1), "file_too_large"),
    ],
)
def test_what_is_no_proof_file_gets_a_verdict(
    tem: Run, tmp_path: Path, content: bytes, code: str
) -> None:
    (tmp_path / "file").write_bytes(content)
    result = tem("verify", tmp_path / "file", "--json")
    report = json.loads(result.stdout)
    assert report["checks"][0]["code"] == code
    expected = "unverifiable" if code == "version_unknown" else "not_genuine"
    assert report["verdict"] == expected
    assert result.exit_code == report["exit_code"]


@pytest.mark.parametrize(
    ("arguments", "changed", "code"),
    [
        (["no-such-file.tem"], {}, "source_unknown"),
        (["."], {}, "file_unreadable"),
        (["0" * 26], {}, "registry_missing"),
        (["0" * 26 + "1"], {"TEM_REGISTRY": "http://127.0.0.1:9"}, "code_check"),
        (["EMPTY"], {"TEM_TRUST": None}, "trust_missing"),
        (["EMPTY"], {"TEM_TRUST": "no-such-file"}, "file_unreadable"),
        (["EMPTY"], {"TEM_TRUST": "EMPTY"}, "trust_invalid"),
        (["EMPTY"], {"TEM_RPC": None}, "rpc_missing"),
        (["EMPTY"], {"TEM_RPC": "ftp://x"}, "rpc_address"),
        (["EMPTY"], {"TEM_RPC": "http://a http://b http://c"}, "rpc_addresses"),
        (["PNG"], {}, "picture_damaged"),
        (["PDF"], {}, "pdf_damaged"),
    ],
)
def test_wrong_use_of_verify(
    tem: Run, tmp_path: Path, arguments: list[str], changed: dict[str, str | None], code: str
) -> None:
    files = {"EMPTY": b"", "PNG": qr.PNG, "PDF": qr.PDF}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    given = [str(tmp_path / a) if a in files else a for a in arguments]
    environment = {
        name: str(tmp_path / value) if value in files else value for name, value in changed.items()
    }
    result = tem("verify", *given, **environment)
    assert (result.exit_code, f"[{code}]" in result.stderr) == (2, True), result.stderr
    assert result.stderr.count("\n") == 1


def test_a_registry_that_is_away_gives_no_verdict(tem: Run) -> None:
    result = tem("verify", "0" * 26, "--json", "--registry", "http://127.0.0.1:9")
    assert result.exit_code == 4
    assert json.loads(result.stdout)["lookup"] == "registry_unreachable"


def test_a_chain_that_is_away_is_no_forgery(tem: Run, code: str, tmp_path: Path) -> None:
    tem("export", code, "--to", "tem", "-o", tmp_path / "record.tem")
    result = tem("verify", tmp_path / "record.tem", "--json", TEM_RPC="http://127.0.0.1:9")
    report = json.loads(result.stdout)
    assert (result.exit_code, report["verdict"]) == (4, "unverifiable")
    assert report["checks"][2]["code"] == "chain_unreachable"


def test_requests_that_are_refused(tem: Run, tmp_path: Path, code: str) -> None:
    path = tmp_path / "bad.json"
    body = ("--body", "did:web:body.test")
    cases: list[tuple[bytes, tuple[str, ...], int, list[str]]] = [
        (b"{", body, 1, ["json_syntax"]),
        (json.dumps(certificate(fields={"made": "26", "kind": "x"})).encode(), body, 1,
         ["field_pattern", "/fields/made", "field_enum", "/fields/kind"]),
        (json.dumps(certificate("genesis")).encode(), body, 1, ["number_taken"]),
        (json.dumps(certificate()).encode(), (), 2, ["issuer_missing", "did:web:other.test"]),
        (json.dumps(certificate()).encode(), ("--body", "did:web:x.test"), 1,
         ["organisation_unknown"]),
    ]  # fmt: skip
    for content, arguments, exit_code, words in cases:
        path.write_bytes(content)
        result = tem("issue", path, *arguments)
        assert result.exit_code == exit_code, result.stderr
        assert all(word in result.stderr for word in words), result.stderr
        assert "Traceback" not in result.output


def test_exports_that_are_refused(tem: Run, code: str, tmp_path: Path) -> None:
    for name, output, exit_code, reason in (
        ("0" * 26, tmp_path / "x", 1, "not_found"),
        ("0" * 25, tmp_path / "x", 1, "code_length"),
        (code, tmp_path / "no-folder" / "x", 2, "file_unwritable"),
    ):
        result = tem("export", name, "--to", "tem", "-o", output)
        assert (result.exit_code, f"[{reason}]" in result.stderr) == (exit_code, True)


def test_the_passphrase_comes_from_a_file_or_descriptor(
    tem: Run, code: str, tmp_path: Path
) -> None:
    export = ("export", code, "--to", "tem", "-o", tmp_path / "record.tem")
    reading, writing = os.pipe()
    os.write(writing, PASSPHRASE + b"\r\nignored")
    os.close(writing)
    assert tem("--passphrase-fd", str(reading), *export, TEM_PASSPHRASE_FILE=None).exit_code == 0
    (tmp_path / "wrong").write_text("wrong")
    (tmp_path / "empty").write_text("\n")
    for changed, reason in (
        (str(tmp_path / "wrong"), "passphrase_wrong"),
        (str(tmp_path / "empty"), "passphrase_missing"),
        (str(tmp_path / "nowhere"), "passphrase_missing"),
        (None, "passphrase_missing"),
    ):
        result = tem(*export, TEM_PASSPHRASE_FILE=changed)
        assert (result.exit_code, f"[{reason}]" in result.stderr) == (2, True), result.stderr


def test_api_keys_are_made_and_revoked(tem: Run) -> None:
    made = tem("apikey", "create", "did:web:body.test", "--label", "laboratory")
    assert made.exit_code == 0
    key = made.stdout.strip()
    assert key.startswith("tem_")
    assert tem("apikey", "revoke", key.split("_")[1]).exit_code == 0
    assert "[api_key_unknown]" in tem("apikey", "revoke", "0" * 16).stderr
    assert "[organisation_unknown]" in tem("apikey", "create", "did:web:x.test").stderr
    assert "[did_invalid]" in tem("apikey", "create", "body.test").stderr
    for label in ("a\0b", "a\nb", "a\udcffb"):  # not even SQLite takes the last one
        refused = tem("apikey", "create", "did:web:body.test", "--label", label)
        assert (refused.exit_code, "[label_invalid]" in refused.stderr) == (1, True)


def test_settings_that_cannot_work_are_named(tem: Run, code: str, tmp_path: Path) -> None:
    export = ("export", code, "--to", "tem", "-o", tmp_path / "x")
    for changed in ({"TEM_HOST": "a" * 25}, {"TEM_PORT": "x"}, {"TEM_DATABASE": "mysql://x"}):
        result = tem(*export, **changed)
        assert result.exit_code == 2
        assert result.stderr.startswith("tem: ")


def test_a_port_that_is_taken(tem: Run) -> None:
    with listening("127.0.0.1", 0) as taken:
        result = tem("serve", TEM_PORT=str(taken.getsockname()[1]))
    assert (result.exit_code, "[listen_failed]" in result.stderr) == (2, True)


def test_every_command_explains_itself(tem: Run) -> None:
    commands = [
        ("verify",), ("serve",), ("issue",), ("export",), ("snapshot",), ("found", "root"),
        ("found", "accreditor"), ("found", "body"), ("apikey", "create"), ("apikey", "revoke"),
    ]  # fmt: skip
    for command in commands:
        result = tem(*command, "--help")
        assert result.exit_code == 0
        assert "Example:" in result.stdout, command
