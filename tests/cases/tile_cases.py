"""A log's published files: their names, and bundles of entries."""

from __future__ import annotations

from tests.cases import Case, invalid, valid

_ONE = b"\x00\x01a"
_TWO = b"\x00\x02bc"
_PAST_256 = "256 entries were asked for, and one more is there"


def bundle_cases() -> list[Case]:
    """``bundle`` in hex, and how many entries it has to hold."""
    good: tuple[tuple[str, str, bytes, list[bytes]], ...] = (
        ("no entry", "nothing, for a bundle of none", b"", []),
        ("one entry", "its length, then the entry", _ONE, [b"a"]),
        ("two entries", "one after the other", _ONE + _TWO, [b"a", b"bc"]),
        ("an empty entry", "a length of 0", b"\x00\x00" + _ONE, [b"", b"a"]),
        ("an entry that looks like one more", "lengths decide, not what stands in an entry",
         b"\x00\x03" + _ONE, [_ONE]),
        ("a long entry", "its length is 01 00", b"\x01\x00" + b"z" * 256, [b"z" * 256]),
        ("256 entries", "a full bundle", _ONE * 256, [b"a"] * 256),
    )  # fmt: skip
    bad = (
        ("no bytes", "one entry is missing", "bundle_truncated", b"", 1),
        ("an entry too few", "the second is missing", "bundle_truncated", _ONE, 2),
        ("half a length", "a length is two bytes", "bundle_truncated", _ONE + b"\x00", 2),
        ("length without entry", "the entry is missing", "bundle_truncated", b"\x00\x01", 1),
        ("entry cut short", "a byte is missing", "bundle_truncated", _ONE + _TWO[:-1], 2),
        ("largest length", "65,535 bytes are missing", "bundle_truncated", b"\xff\xff", 1),
        ("little-endian length", "lengths are big-endian", "bundle_truncated", b"\x01\x00a", 1),
        ("four-byte length", "a length is two bytes", "bundle_trailing", b"\0\0\0\x01a", 1),
        ("an entry too many", "only one was asked for", "bundle_trailing", _ONE + _TWO, 1),
        ("a byte behind the last", "nothing may follow", "bundle_trailing", _ONE + b"\x00", 1),
        ("a byte, and no entry", "nothing may follow", "bundle_trailing", b"\x00", 0),
        ("257 entries", _PAST_256, "bundle_trailing", _ONE * 257, 256),
        ("a line break at the end", "nothing may follow", "bundle_trailing", _ONE + b"\n", 1),
        ("length one too small", "the rest belongs to no entry", "bundle_trailing",
         b"\x00\x00a", 1),
    )  # fmt: skip
    return [
        *(valid(name, why, bundle=data.hex(), count=len(entries),
                entries=[entry.hex() for entry in entries]) for name, why, data, entries in good),
        *(invalid(name, why, code, bundle=data.hex(), count=count)
          for name, why, code, data, count in bad),
    ]  # fmt: skip


def edge_cases() -> list[Case]:
    """``size`` of a log, and the names of its narrow tiles, the highest level first; the narrow
    bundle, if there is one, has the name of the last with ``entries`` instead of 0."""
    sizes: tuple[tuple[int, str, list[str]], ...] = (
        (1, "one leaf", ["tile/0/000.p/1"]),
        (255, "one narrow tile", ["tile/0/000.p/255"]),
        (256, "a full tile is no narrow one; its root stands alone", ["tile/1/000.p/1"]),
        (257, "and the next has begun", ["tile/1/000.p/1", "tile/0/001.p/1"]),
        (512, "two full tiles", ["tile/1/000.p/2"]),
        (65_535, "the last before a second level", ["tile/1/000.p/255", "tile/0/255.p/255"]),
        (65_536, "a full tile of level 1", ["tile/2/000.p/1"]),
        (70_000, "three levels", ["tile/2/000.p/1", "tile/1/001.p/17", "tile/0/273.p/112"]),
        (255_999, "three digits", ["tile/2/000.p/3", "tile/1/003.p/231", "tile/0/999.p/255"]),
        (256_001, "four digits: groups of three, x before all but the last",
         ["tile/2/000.p/3", "tile/1/003.p/232", "tile/0/x001/000.p/1"]),
        (256 * 1_234_067 + 8, "seven digits",
         ["tile/3/000.p/18", "tile/2/018.p/212", "tile/1/x004/820.p/147",
          "tile/0/x001/x234/067.p/8"]),
        (2**40 - 1, "the largest log",
         ["tile/4/000.p/255", "tile/3/255.p/255", "tile/2/x065/535.p/255",
          "tile/1/x016/x777/215.p/255", "tile/0/x004/x294/x967/295.p/255"]),
    )  # fmt: skip
    return [valid(f"{size} leaves", why, size=size, files=files) for size, why, files in sizes]
