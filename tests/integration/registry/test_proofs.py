"""Proof files over HTTP: found by code or leaf, and showing only what whoever asks may see."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from sqlmodel import select

from anchor.database import writing
from anchor.models import EntryRow, LogRow
from anchor.publishing import Publisher
from anchor.store import Entry, append
from registry.keyring import Keyring
from registry.records.models import RecordRow
from tests.integration.registry.conftest import BODY, NOW, TRUST, Service
from tests.integration.registry.requests import certificate
from verifier import checkpoint, merkle, proof, record
from verifier.proof import ProofFile


@pytest.fixture
def issued(service: Service) -> dict[str, str]:
    for number in ("V26.1", "V26.2", "V26.3"):
        answer = service.http.post(
            "/api/v1/certificates",
            json=certificate(number),
            headers={"Authorization": f"Bearer {service.key}"},
        )
    found: dict[str, str] = answer.json()
    return found


def get(service: Service, code: str, key: str | None = None) -> httpx.Response:
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    return service.http.get(f"/api/v1/proofs/{code}", headers=headers)


def parsed(answer: httpx.Response) -> ProofFile:
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/tem+json"
    return proof.parse(answer.content)


def test_a_record_is_found_by_every_name(service: Service, issued: dict[str, str]) -> None:
    code, leaf = issued["code"], issued["leaf"]
    typed = f"{code[:5].lower()}-{code[5:]}{issued['check']}"
    files = {get(service, name).content for name in (code, typed, leaf, leaf.upper())}
    assert len(files) == 1


def test_what_is_not_published_has_no_checkpoint_to_contradict(
    service: Service, issued: dict[str, str]
) -> None:
    """A checkpoint is a promise: it is made only of what stands in a second place."""
    file = parsed(get(service, issued["code"]))
    assert (file.index, file.size, file.checkpoint) == (3, 4, None)


def test_a_proof_leads_to_its_signed_checkpoint(
    service: Service, issued: dict[str, str], keyring: Keyring, tmp_path: Path
) -> None:
    Publisher(service.engine, tmp_path, lambda _: keyring.checkpoint(BODY.did)).publish(
        service.body.log.log
    )
    with writing(service.engine) as session:  # what comes later is not published yet
        append(session, service.body.log.log, [Entry(b"later", NOW)], NOW)
    file = parsed(get(service, issued["code"]))
    assert (file.origin, file.index, file.size) == ("tem.test/body", 3, 4)
    assert (file.chain_id, file.anchor) == (f"eip155:{TRUST.chain_id}", TRUST.log_anchor)
    leaf = merkle.leaf_hash(file.statement)
    root = merkle.root_from_path(leaf, file.index, file.size, file.path)
    signed = checkpoint.parse(file.checkpoint or "")
    assert (signed.origin, signed.size, signed.root) == (file.origin, 4, root)


def test_strangers_see_public_fields_only(service: Service, issued: dict[str, str]) -> None:
    for key in (None, service.other_key):
        answer = get(service, issued["code"], key)
        compared = record.compare(record.decode(answer.content))
        assert compared.disclosures == ()
        assert len(compared.claims.hidden) == 7
        assert "Bến Thành".encode() not in file_text(answer)


def file_text(answer: httpx.Response) -> bytes:
    file = proof.parse(answer.content)
    return file.claims + b"".join(item.encode() for item in file.disclosures)


def test_the_issuer_sees_all(service: Service, issued: dict[str, str]) -> None:
    answer = get(service, issued["code"], service.key)
    compared = record.compare(record.decode(answer.content))
    assert len(compared.disclosures) == len(compared.claims.hidden) == 7
    assert answer.headers["Vary"] == "Authorization"


def test_an_erased_field_breaks_nothing(service: Service, issued: dict[str, str]) -> None:
    with writing(service.engine) as session:
        row = session.exec(select(RecordRow).where(RecordRow.sub == "V26.3")).one()
        row.disclosures = "~".join(row.disclosures.split("~")[1:])
        session.add(row)
    answer = get(service, issued["code"], service.key)
    assert len(record.compare(record.decode(answer.content)).disclosures) == 6


def test_the_log_s_own_entry_has_a_proof(service: Service) -> None:
    leaf = service.body.log.root.hex()
    file = parsed(get(service, leaf))
    compared = record.compare(record.decode(file.encode()))
    assert compared.claims.members["vct"] == "urn:tem:log:genesis:1"


@pytest.mark.parametrize(
    ("code", "status", "problem"),
    [
        ("0" * 26, 404, "not_found"),
        ("0" * 64, 404, "not_found"),
        ("0" * 25, 400, "code_length"),
        ("U" * 26, 400, "code_symbol"),
        ("Z" * 26, 400, "code_overflow"),
        ("0" * 26 + "1", 400, "code_check"),
        ("0" * 65, 422, "request_string_too_long"),
        ("%20", 400, "code_length"),
        ("..%2f..%2fetc", 404, "path_unknown"),
    ],
)
def test_codes_that_lead_nowhere(service: Service, code: str, status: int, problem: str) -> None:
    answer = get(service, code)
    assert (answer.status_code, answer.json()["code"]) == (status, problem)


def test_a_wrong_key_is_said_and_not_ignored(service: Service, issued: dict[str, str]) -> None:
    assert get(service, issued["code"], "tem_wrong").status_code == 401


def test_records_that_share_a_code_are_all_named(service: Service, issued: dict[str, str]) -> None:
    with writing(service.engine) as session:
        for index, last in ((1, "01"), (2, "02")):
            row = session.exec(
                select(EntryRow).where(EntryRow.log == 1, EntryRow.index == index)
            ).one()
            row.leaf = bytes.fromhex("00" * 31 + last)
            session.add(row)
    answer = get(service, "0" * 26)
    assert (answer.status_code, answer.json()["code"]) == (300, "several")
    assert answer.json()["leaves"] == ["00" * 31 + "01", "00" * 31 + "02"]
    # One record, whose leaf was made up here: nothing is proven about it.
    assert get(service, "00" * 31 + "02").json()["code"] == "log_damaged"


def test_a_qr_code_leads_to_the_proof(service: Service, issued: dict[str, str]) -> None:
    path = issued["links"]["qr"].removeprefix("HTTPS://TEM.TEST")
    answer = service.http.get(path, follow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (307, issued["links"]["proof"])
    assert parsed(service.http.get(path, follow_redirects=True)).index == 3


@pytest.mark.parametrize("what", ["leaf", "root", "statement"])
def test_a_damaged_log_gives_out_no_proof(
    service: Service, issued: dict[str, str], what: str
) -> None:
    """Whoever holds it would be told that the record is not genuine."""
    with writing(service.engine) as session:
        if what == "root":
            row = session.exec(select(LogRow).where(LogRow.log == service.body.log.log)).one()
            row.root = bytes(32)
        else:
            index = 2 if what == "leaf" else 3
            query = select(EntryRow).where(EntryRow.log == service.body.log.number)
            entry = session.exec(query.where(EntryRow.index == index)).one()
            setattr(entry, what, bytes(32) if what == "leaf" else entry.statement + b"\0")
    answer = get(service, issued["code"])
    assert (answer.status_code, answer.json()["code"]) == (503, "log_damaged")
    assert "restore a backup" in answer.json()["detail"]
