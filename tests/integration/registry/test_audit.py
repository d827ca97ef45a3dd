"""What an installation publishes and anchors passes an audit, and what is changed does not."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from registry.app import create_app
from registry.certificates.schemas import CertificateRequest
from registry.serving import listening, serving
from tests.integration.registry.conftest import World
from tests.integration.registry.requests import certificate
from tests.static_logs import flip
from verifier import published
from verifier.audit import Terms, audit
from verifier.audit_report import Audit
from verifier.chain_view import ChainView
from verifier.view.live import LiveChain

_numbers = count(5000)


def issue(world: World, records: int) -> None:
    """Issue records, publish and anchor them."""
    for _ in range(records):
        request = CertificateRequest.model_validate(certificate(f"V26.{next(_numbers)}"))
        world.here.services.certificates.issue(world.body, request, None)
    world.here.worker.anchor_newest(world.body.log.log)


@pytest.fixture
def view(world: World) -> Callable[[], ChainView]:
    rpcs = world.here.contracts.node.network.rpcs
    return lambda: LiveChain(world.here.trust, rpcs).view()


def audits(source: str, view: ChainView) -> dict[bytes | None, Audit]:
    with published.find(source) as logs:
        runs = [audit(one.log, one.place, one.name, Terms(view, view.block().time)) for one in logs]
    return {run.log: run for run in runs}


def test_a_registry_from_its_folder_and_its_address(
    world: World, view: Callable[[], ChainView]
) -> None:
    issue(world, 3)
    issue(world, 2)
    app = create_app(world.here.services)
    with listening("127.0.0.1", 0) as listener, serving(app, listener):
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        for source in (str(world.settings.public_folder), url):
            runs = audits(source, view())
            run = runs[world.body.log.log]
            assert (run.result, run.findings.shown, run.unchecked) == ("clean", [], {})
            assert (run.did, run.outlook is not None) == (world.body.did, True)


def test_a_copy_that_was_changed_or_is_behind(
    world: World, view: Callable[[], ChainView], tmp_path: Path
) -> None:
    issue(world, 1)
    log = world.body.log.log
    copy = tmp_path / "logs" / log.hex()
    shutil.copytree(world.settings.public_folder / "logs" / log.hex(), copy)
    assert audits(str(tmp_path), view())[log].result == "clean"
    issue(world, 1)
    assert audits(str(tmp_path), view())[log].findings.counts == {"behind_chain": 1}
    bundles = (copy / "tile" / "entries").rglob("*.p/*")
    flip(max(bundles, key=lambda path: int(path.name)))
    codes = audits(str(tmp_path), view())[log].findings.counts
    assert codes == {"behind_chain": 1, "entries_differ": 1}
