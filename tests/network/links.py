"""The lines between validators: relays of our own, that can be cut and healed.

Each validator reaches each other one through a port of its own. A cut line loses nothing and says
nothing, as a cable that is pulled out: what was sent waits, and comes when the line is healed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from threading import Thread
from types import TracebackType
from typing import Self

CHUNK = 65536

Line = tuple[int, int]
"""Who dials, and who is dialled."""


class Links:
    """Relays for every pair of ``ports``, the peer-to-peer ports by validator.

    ``lines`` maps each line to the port on 127.0.0.1 that the one who dials has to use. These
    ports are given, because nodes keep them in their configuration.
    """

    def __init__(self, ports: Mapping[int, int], lines: Mapping[Line, int]) -> None:
        self._ports, self._lines = dict(ports), dict(lines)
        self._loop = asyncio.new_event_loop()
        self._whole = {line: asyncio.Event() for line in lines}
        self._relays: set[asyncio.Task[None]] = set()
        self._thread = Thread(target=self._loop.run_forever, name="links")

    def cut(self, one: int) -> None:
        """Separate a validator from all others."""
        self.divide([one])

    def divide(self, part: Collection[int]) -> None:
        """Cut every line between the validators in ``part`` and those that are not."""
        self._set({line for line in self._lines if (line[0] in part) == (line[1] in part)})

    def heal(self) -> None:
        """Make every line whole again."""
        self._set(self._lines)

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        self.heal()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _set(self, whole: Collection[Line]) -> None:
        async def change() -> None:
            for line, event in self._whole.items():
                event.set() if line in whole else event.clear()

        asyncio.run_coroutine_threadsafe(change(), self._loop).result()

    async def _listen(self) -> None:
        self._servers = [
            await asyncio.start_server(self._taken(line), "127.0.0.1", port)
            for line, port in self._lines.items()
        ]

    async def _close(self) -> None:
        for server in self._servers:
            server.close()
        for relay in self._relays:
            relay.cancel()
        await asyncio.gather(*self._relays, return_exceptions=True)
        for server in self._servers:
            await server.wait_closed()

    def _taken(self, line: Line) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], None]:
        def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            relay = self._loop.create_task(self._relay(line, reader, writer))
            self._relays.add(relay)
            relay.add_done_callback(self._relays.discard)

        return take

    async def _relay(
        self, line: Line, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Carry one connection until either side ends it."""
        whole = self._whole[line]
        await whole.wait()
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._ports[line[1]])
        except OSError:  # that validator is not running
            writer.close()
            return
        pumps = [
            asyncio.ensure_future(_pump(whole, *way)) for way in ((reader, back), (there, writer))
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            for end in (writer, back):
                end.close()


async def _pump(
    whole: asyncio.Event, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    while data := await reader.read(CHUNK):
        await whole.wait()
        writer.write(data)
        await writer.drain()
