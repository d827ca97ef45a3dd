"""The sentences that lay persons read, in Vietnamese and English, by code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files

LANGUAGES = ("vi", "en")

_TEXTS: Mapping[str, Mapping[str, Mapping[str, str]]] = json.loads(
    files("verifier").joinpath("sentences.json").read_text("utf-8")
)


def render(code: str, group: str, language: str, values: Mapping[str, str]) -> str:
    """The sentence for ``code`` in ``group`` (headline, pass, fail or unknown).

    A code without a sentence of its own gets the group's general one, which names the code.
    """
    texts = _TEXTS[group]
    reason = _TEXTS["reason"].get(values.get("reason", ""), {}).get(language, "")
    filled = {**values, "reason": reason, "code": code}
    return (texts.get(code) or texts[""])[language].format_map(filled)
