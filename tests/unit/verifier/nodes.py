"""A node that answers from the test world's chain over real HTTP, until it is told to misbehave.

It stands in for the chain only to make it lie or fail; against a real chain the views are tested
in tests/integration.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from eth_abi.abi import decode, encode

from tests.chain import state
from verifier.chain_view import NO_ENTRY, Anchor, Entry
from verifier.view.abi import VIEWS, Function
from verifier.view.state import ChainState

NOBODY = bytes(32)
BY_SELECTOR = {function.selector: (name, function) for (_, name), function in VIEWS.items()}


@dataclass(frozen=True)
class Answer:
    """An HTTP answer; with ``hold`` the node keeps silent until it is closed."""

    body: bytes = b""
    status: int = 200
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json"),)
    length: int | None = None
    hold: bool = False
    hang_up: bool = False


Fault = Callable[[str, Any], "Answer | None"]


def result(value: Any) -> Answer:
    """A JSON-RPC answer."""
    return Answer(json.dumps({"jsonrpc": "2.0", "id": 1, "result": value}).encode())


@dataclass
class FakeNode:
    """Serves ``state`` on 127.0.0.1; ``fault`` may answer in its place, and ``fired`` counts how
    often it did."""

    state: ChainState
    fault: Fault = lambda method, params: None
    fired: int = 0
    asked: list[str] = field(default_factory=list)

    def __enter__(self) -> FakeNode:
        self._closing = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def _handler(node) -> type[BaseHTTPRequestHandler]:  # noqa: N805 - the handler has the self
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                node.asked.append(asked["method"])
                answer = node.fault(asked["method"], asked["params"])
                if answer is None:
                    answer = result(node.honest(asked["method"], asked["params"]))
                else:
                    node.fired += 1
                node.send(self, answer)

            def log_message(self, *_: Any) -> None:
                pass

        return Handler

    def send(self, handler: BaseHTTPRequestHandler, answer: Answer) -> None:
        if answer.hold:
            self._closing.wait()
        if answer.hold or answer.hang_up:
            handler.close_connection = True
            return
        handler.send_response(answer.status)
        for name, value in answer.headers:
            handler.send_header(name, value)
        length = len(answer.body) if answer.length is None else answer.length
        handler.send_header("Content-Length", str(length))
        handler.end_headers()
        handler.wfile.write(answer.body)
        handler.close_connection = True

    # ------------------------------------------------------------------------- honest answers

    def honest(self, method: str, params: Any) -> Any:
        """What a node of this chain says."""
        trust, block = self.state.trust, self.state.at_block
        if method == "eth_chainId":
            return hex(trust.chain_id)
        if method == "eth_getBlockByNumber":
            first = params[0] == "0x0"
            digest = trust.genesis if first else block.hash
            number, time = (0, 1) if first else (block.number, block.time)
            return {"number": hex(number), "hash": "0x" + digest.hex(), "timestamp": hex(time)}
        if method == "eth_getLogs":
            return []
        data = bytes.fromhex(params[0]["data"][2:])
        name, function = BY_SELECTOR[data[:4]]
        arguments = decode(function.inputs, data[4:])
        return "0x" + self.answer(name, function, arguments).hex()

    def answer(self, name: str, function: Function, arguments: tuple[Any, ...]) -> bytes:
        """What the contracts' view ``name`` answers, in ABI."""
        return encode(function.outputs, getattr(self, f"_{name}")(*arguments))

    def _root(self) -> Any:
        return [self.state.trust.root]

    def _organisations(self, offset: int, limit: int) -> Any:
        return [[*self.state.organisations][offset : offset + limit]]

    def _keys(self, org: bytes, offset: int, limit: int) -> Any:
        record = self.state.organisations.get(org)
        return [[*(record.keys if record else ())][offset : offset + limit]]

    def _organisation(self, org: bytes) -> Any:
        found = self.state.organisation(org)
        admin = "0x" + "00" * 20
        if found is None:
            return [("", "", 0, NOBODY, admin, 0)]
        return [(found.did, found.name, found.kind, found.sponsor, admin, 1)]

    def _activeAt(self, org: bytes, at: int) -> Any:  # noqa: N802 - the contract's name
        found = self.state.active_at(org, at)
        return [
            (found.exists, found.active, found.registered_at, found.author, _entry(found.entry))
        ]

    def _keyAt(self, org: bytes, kid: bytes, at: int) -> Any:  # noqa: N802
        k = self.state.key_at(org, kid, at)
        parts = (k.state, k.custody, k.start, k.until, k.recorded_at, k.x, k.y)
        return [(*parts, _entry(k.revocation))]

    def _accreditationAt(self, org: bytes, scope: str, at: int) -> Any:  # noqa: N802
        a = self.state.accreditation_at(org, scope, at)
        return [(a.state, a.accreditor, a.scope, _entry(a.accreditation), a.grant_scope,
                 _entry(a.grant))]  # fmt: skip

    def _logInfo(self, log: bytes) -> Any:  # noqa: N802
        found = self.state.log(log)
        if found is None:
            return [(NOBODY, "", 0, 0, 0, 0, 0, NOBODY, False, 0)]
        since = found.repudiated_from
        return [(found.org, found.origin, found.state, 1, 0, 1, found.size, found.root,
                 since is not None, since or 0)]  # fmt: skip

    def _anchorAt(self, log: bytes, size: int) -> Any:  # noqa: N802
        return _anchor(self.state.anchor_at(log, size))

    def _firstAnchorCovering(self, log: bytes, index: int) -> Any:  # noqa: N802
        return _anchor(self.state.first_anchor_covering(log, index))

    def _anchors(self, log: bytes, offset: int, limit: int) -> Any:
        page = self.state.anchors(log)[offset : offset + limit]
        return [[(a.size, a.time, a.block_number, a.root) for a in page]]

    def _checkpointKeys(self, log: bytes, offset: int, limit: int) -> Any:  # noqa: N802
        assert (offset, limit) == (0, 256)
        return [[(key, 1) for key in self.state.checkpoint_keys(log)]]

    def _statusAt(self, log: bytes, leaf: bytes, at: int) -> Any:  # noqa: N802
        s = self.state.status_at(log, leaf, at)
        if s is None:
            return [(NOBODY, NOBODY, 0, 0, 0, 0), []]
        worst = (s.author, s.by, s.status, s.reason, s.effective, s.recorded_at)
        return [worst, [worst]]


def _entry(entry: Entry = NO_ENTRY) -> Any:
    return (entry.act, entry.reason, entry.effective, entry.until, entry.recorded_at, entry.by)


def _anchor(found: Anchor | None) -> Any:
    if found is None:
        return [False, (0, 0, 0, NOBODY)]
    return [True, (found.size, found.time, found.block_number, found.root)]


def at_method(method: str, answer: Answer) -> Fault:
    return lambda asked, params: answer if asked == method else None


def at_view(name: str, answer: Callable[[str], Answer]) -> Fault:
    """A fault in the answer of one view of the contracts; it is given the honest one."""
    ((_, function),) = [(key, f) for key, f in VIEWS.items() if key[1] == name]

    def fault(method: str, params: Any) -> Answer | None:
        if method != "eth_call" or not params[0]["data"].startswith("0x" + function.selector.hex()):
            return None
        return answer(FakeNode(state()).honest(method, params))

    return fault
