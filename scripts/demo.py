"""One certificate through every part of Tem, and every verdict: `make demo`.

Runs the product's own code: a registry served over HTTP, an embedded chain, the verifier. Nothing
is left running, and the exit code says whether everything came out as it must.
"""

from __future__ import annotations

import argparse
import json
import shutil
import socket
import sys
import time
from calendar import monthrange
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import httpx
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from rich.console import Console
from rich.table import Table

from anchor import tree
from anchor.chain.node import Node
from anchor.clock import system_clock
from anchor.errors import ContractRefused
from anchor.sender import Sender
from registry import chain, settings
from registry.app import create_app
from registry.certificates import pdf, qrcodes
from registry.keyring import Keyring, LocalSigner
from registry.organisations import access, founding
from registry.organisations.founding import Body
from registry.organisations.store import Organisation
from registry.running import Installation, anchoring, database, installation
from registry.serving import listening, serving
from registry.settings import Settings
from verifier import lookup, proof, qr, statement, verify
from verifier.chain_view import Status, StatusReason
from verifier.encoding import canonical_json, parse_json
from verifier.merkle import leaf_hash, perfect_root
from verifier.names import VIETNAM
from verifier.report import Report
from verifier.view.live import LiveChain

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "examples" / "verification.json"
PASSPHRASE = b"only for the demonstration"

AUTHORITY = ("did:web:authority.example", "Ủy ban Tiêu chuẩn Đo lường Chất lượng Quốc gia")
ACCREDITOR = ("did:web:accreditor.example", "Văn phòng Công nhận Chất lượng")
SCOPE = "verification/scales"
BODY = Body(
    "did:web:body.example",
    "Trung tâm Kỹ thuật Tiêu chuẩn Đo lường Chất lượng",
    "tem.example/body",
    [SCOPE],
)
OTHER = Body("did:web:other.example", "Phòng Kiểm định Khác", "tem.example/other", [])


@dataclass
class Story:
    """What came out, beside what had to."""

    console: Console
    rows: list[tuple[str, str, str, bool]] = field(default_factory=list)

    def judged(self, case: str, report: Report, verdict: str, code: str) -> None:
        """Note a verdict and the code of the check that decided it."""
        found = (report.verdict.value, report.deciding.code)
        self.note(case, *found, found == (verdict, code))
        if found != (verdict, code):
            codes = ", ".join(check.code for check in report.checks)
            self.console.print(f"    expected {verdict}, {code}; the checks: {codes}")

    def note(self, case: str, outcome: str, code: str, good: bool) -> None:
        """Note any other outcome."""
        self.rows.append((case, outcome, code, good))
        self.console.print(f"  {'✓' if good else '✗'} {case}: {outcome}")

    def show(self) -> bool:
        """Print the table; whether all is well."""
        table = Table("", "case", "outcome", "why", title="What came out", title_justify="left")
        for case, outcome, code, good in self.rows:
            mark, style = ("✓", "") if good else ("✗", "bold red")
            table.add_row(mark, case, outcome, code, style=style)
        self.console.print(table)
        return all(good for *_, good in self.rows)


def main() -> int:
    """Run the story; 0 if everything came out as it must."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--output", type=Path, default=ROOT / "demo-output")
    output: Path = parser.parse_args().output
    console, started = Console(width=120, highlight=False), time.monotonic()
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir(parents=True)
    story = Story(console)
    with listening("127.0.0.1", 0) as listener:
        url = f"http://localhost:{listener.getsockname()[1]}"
        given = settings.load(
            data=output / "data", host=url.removeprefix("http://"), rpc=(), chain_port=0
        )
        tell(story, given, listener, url, output)
    good = story.show()
    console.print(f"Everything is in {output} · {time.monotonic() - started:.0f} s")
    return 0 if good else 1


def tell(story: Story, given: Settings, listener: socket.socket, url: str, output: Path) -> None:
    """The whole story: founding, issuing, verifying, and what goes wrong."""
    keyring = Keyring(given.keys, PASSPHRASE)
    with database(given) as engine, chain.reachable(given) as network:
        story.console.print(f"[bold]Chain[/] {network.rpcs[0]}, deploying the contracts …")
        founding.found_root(engine, Node(network), keyring, *AUTHORITY, given.trust_file)
        with installation(given, keyring) as here:
            body, other = found(story.console, here)
            judge = judging(here)
            with serving(create_app(here.services), listener):
                genuine = issue_and_verify(story, here, given, body, url, output, judge)
                forge(story, genuine, judge)
                overstep(story, here, other, url, judge)
            suspend(story, here, body, genuine, judge)
            rewrite(story, here, body, genuine)
    story.console.print("[bold]Chain stopped[/]")
    story.judged("chain stopped", judge(genuine), "unverifiable", "chain_unreachable")


Judge = Callable[[bytes], Report]


def judging(here: Installation) -> Judge:
    """A verifier that asks the live chain and trusts nothing else."""
    live = LiveChain(here.trust, here.contracts.node.network.rpcs)
    return lambda data: verify(data, live.view(), int(time.time()))


def found(console: Console, here: Installation) -> tuple[Organisation, Organisation]:
    """An accreditor, a body with scope and key, and one without any scope."""
    console.print("[bold]Founding[/] accreditor, body, and a body without scope …")
    here.founding.accreditor(*ACCREDITOR, ["verification"])
    return here.founding.body(BODY, ACCREDITOR[0]), here.founding.body(OTHER, ACCREDITOR[0])


def issue(here: Installation, body: Organisation, url: str) -> str:
    """Issue the example over HTTP, dated today; returns its short code."""
    request = json.loads(EXAMPLE.read_text("utf-8"))
    today = datetime.now(VIETNAM).date()
    last = monthrange(today.year + 1, today.month)[1]
    request["fields"]["valid_until"] = f"{today.year + 1}-{today.month:02}-{last:02}"
    key = access.create(here.engine, body.did, "demonstration", system_clock())
    answer = httpx.post(
        f"{url}/api/v1/certificates",
        json=request,
        headers={"Authorization": f"Bearer {key}"},
        timeout=30,
    )
    answer.raise_for_status()
    code: str = answer.json()["code"]
    return code


def issue_and_verify(
    story: Story,
    here: Installation,
    given: Settings,
    body: Organisation,
    url: str,
    output: Path,
    judge: Judge,
) -> bytes:
    """From a request over HTTP to paper and back; returns the proof file."""
    story.console.print("[bold]Issuing[/] one verification certificate …")
    code = issue(here, body, url)
    here.worker.publish()
    waiting = judge(lookup.fetch(url, code))
    story.judged("not yet anchored", waiting, "unverifiable", "not_yet_anchored")
    with anchoring(here, given.anchor_interval):
        here.worker.anchor_newest(body.log.log)
    data, _ = here.services.proofs.whole(code)
    leaf = leaf_hash(proof.parse(data).statement)
    picture = qrcodes.png(qrcodes.content(given.host, leaf))
    page = pdf.render(data, body.name, given.host)
    for name, content in (
        ("certificate.tem", data),
        ("qr.png", picture),
        ("certificate.pdf", page),
    ):
        (output / name).write_bytes(content)
    story.judged("proof file", judge(data), "valid", "in_force_ok")
    link = qr.read(picture)
    looked_up = lookup.fetch(url, link.code) if isinstance(link, qr.CodeLink) else b""
    story.judged("QR code read and looked up", judge(looked_up), "valid", "in_force_ok")
    attached = qr.read(page)
    story.note("proof file inside the PDF", "the same bytes", "", attached == data)
    return data


def forge(story: Story, genuine: bytes, judge: Judge) -> None:
    """A field changed after signing, and a signature by a key that is nobody's."""
    file = proof.parse(genuine)
    claims = parse_json(file.claims, "claims")
    changed = canonical_json({**claims, "serial": "ANOTHER-SCALE"})
    forged = replace(file, claims=changed).encode()
    story.judged("a changed field", judge(forged), "not_genuine", "claims_hash_differs")
    stranger = LocalSigner(generate_private_key(SECP256R1()))
    header = replace(statement.parse(file.statement).header, kid=stranger.kid).encode()
    payload = sha256(file.claims).digest()
    signature = stranger.sign(statement.to_be_signed(header, payload))
    signed = replace(file, statement=statement.assemble(header, payload, signature))
    story.judged("a stranger's key", judge(signed.encode()), "not_genuine", "key_unknown")


def overstep(story: Story, here: Installation, other: Organisation, url: str, judge: Judge) -> None:
    """A body that was never accredited issues, with its own registered key, into its own log."""
    code = issue(here, other, url)
    here.worker.anchor_newest(other.log.log)
    report = judge(lookup.fetch(url, code))
    story.judged("a body without the scope", report, "not_authorised", "accreditation_none")


def suspend(
    story: Story, here: Installation, body: Organisation, genuine: bytes, judge: Judge
) -> None:
    """The body suspends its own certificate, with a reason."""
    leaf = leaf_hash(proof.parse(genuine).statement)
    own = here.founding.administration(body.did)
    act = (Status.SUSPENDED, StatusReason.INVESTIGATION)
    own.set_status(body.log.log, leaf, *act, f"suspend {leaf.hex()}")
    own.settle()
    report = judge(genuine)
    story.judged("suspended", report, "not_in_force", "suspended")
    said = report.deciding.sentence("en")
    named = report.deciding.values["reason"] == "investigation" and "since" in said
    story.note("… with date and reason", said, report.deciding.values["reason"], named)


def rewrite(story: Story, here: Installation, body: Organisation, genuine: bytes) -> None:
    """The body's own operator tries to anchor a log in which the certificate never was."""
    log, old = body.log.log, proof.parse(genuine).size
    leaves = [leaf_hash(f"another history, entry {n}".encode()) for n in range(old + 1)]
    root = tree.root(old + 1, reader(leaves))
    consistency = tree.consistency_proof(old, old + 1, reader(leaves))
    call = here.contracts.log_anchor.anchor(log, old, old + 1, root, consistency)
    sender = Sender(here.engine, here.contracts.node, here.keyring.operator())
    try:
        sender.perform(call, f"rewrite {log.hex()}")
    except ContractRefused as refusal:
        good = refusal.code == "not_consistent"
        story.note("a root that rewrites the log", "refused by the contract", refusal.code, good)
    else:
        story.note("a root that rewrites the log", "accepted by the contract", "", good=False)


def reader(leaves: Sequence[bytes]) -> tree.ReadNode:
    """The nodes of a tree over these leaf hashes."""
    return lambda level, index: perfect_root(
        b"".join(leaves[index << level : (index + 1) << level])
    )


if __name__ == "__main__":
    sys.exit(main())
