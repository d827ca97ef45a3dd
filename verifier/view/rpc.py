"""JSON-RPC to one node, or to two that have to agree."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import orjson
from web3 import HTTPProvider
from web3.types import RPCEndpoint, RPCResponse

from verifier.errors import ChainUnavailable, ConfigurationError

MAX_ADDRESSES = 2


class JsonRpc(HTTPProvider):
    """web3's provider, with a JSON parser that no depth of an answer brings down."""

    @staticmethod
    def decode_rpc_response(raw_response: bytes) -> RPCResponse:
        """The answer; raises orjson's JSONDecodeError, which is json's as well."""
        answer: RPCResponse = orjson.loads(raw_response)
        return answer

    @classmethod
    def to(cls, address: str, timeout: float) -> JsonRpc:
        """A connection that follows no redirect and repeats nothing by itself."""
        settings = {"timeout": timeout, "allow_redirects": False}
        return cls(address, settings, exception_retry_configuration=None)


class Rpc:
    """One or two JSON-RPC addresses (http or https).

    With two, every question goes to both: different answers are a contradiction, never a choice.
    """

    def __init__(self, addresses: Sequence[str], timeout: float) -> None:
        """``timeout`` in seconds, for each request; raises ConfigurationError."""
        if not 0 < len(addresses) <= MAX_ADDRESSES:
            raise ConfigurationError("rpc_addresses", "One or two RPC addresses.", "rpc")
        for address in addresses:
            if not address.startswith(("http://", "https://")):
                raise ConfigurationError("rpc_address", f"{address!a} is not http(s).", "rpc")
        self._providers = [JsonRpc.to(address, timeout) for address in addresses]

    def request(self, method: str, params: list[Any]) -> Any:
        """The result of one call, on which all addresses agree.

        Raises ChainUnavailable: ``chain_unreachable`` or ``chain_contradiction``.
        """
        first, *others = self.each(method, params)
        if any(other != first for other in others):
            raise ChainUnavailable("chain_contradiction", f"Two answers to {method}.", "rpc")
        return first

    def each(self, method: str, params: list[Any]) -> list[Any]:
        """The result of one call at every address; raises ChainUnavailable."""
        return [_ask(provider, method, params) for provider in self._providers]


def _ask(provider: HTTPProvider, method: str, params: list[Any]) -> Any:
    address = provider.endpoint_uri
    try:
        response: Any = provider.make_request(RPCEndpoint(method), params)
    except (OSError, json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ChainUnavailable(
            "chain_unreachable", f"{address} does not answer: {type(error).__name__}.", "rpc"
        ) from error
    if not isinstance(response, dict) or response.get("result") is None:
        said = response.get("error") if isinstance(response, dict) else response
        raise ChainUnavailable("chain_unreachable", f"{address}: {str(said)[:200]}", "rpc")
    return response["result"]
