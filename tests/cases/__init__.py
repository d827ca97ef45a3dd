"""The test vectors, as code: each module gives the cases of some formats.

``scripts/vectors.py`` writes them to tests/vectors, where every verifier reads them. What a case
expects stands here in words and codes; nothing is computed by the code under test.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

Case = dict[str, Any]


def valid(name: str, why: str, **inputs: Any) -> Case:
    """A case that has to be accepted; ``inputs`` may hold what comes out as well."""
    return {"name": name, "why": why, **inputs, "valid": True, "error_code": None}


def invalid(name: str, why: str, code: str, **inputs: Any) -> Case:
    """A case that has to be refused with ``code``."""
    return {"name": name, "why": why, **inputs, "valid": False, "error_code": code}


def document(form: str, cases: Sequence[Case]) -> bytes:
    """A vector file: one case a line, so that a change shows as the cases it touches."""
    names = [case["name"] for case in cases]
    if len(set(names)) != len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise ValueError(f"{form}: two cases named {twice}")
    lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases)
    head = json.dumps({"format": form, "count": len(cases)}, ensure_ascii=False)
    return f'{head[:-1]}, "cases": [\n{lines}\n]}}\n'.encode()


def inputs(text: str | bytes) -> dict[str, str]:
    """Bytes as a case holds them: readable where they are UTF-8, otherwise as hex."""
    data = text.encode("utf-8") if isinstance(text, str) else text
    try:
        return {"text": data.decode("utf-8")}
    except UnicodeDecodeError:
        return {"hex": data.hex()}
