"""The registry's settings: one object, built by an entry point and passed down.

Every setting is an environment variable with the prefix ``TEM_`` (``TEM_DATA``, ``TEM_HOST`` …).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from verifier.errors import ConfigurationError

MAX_HOST = 24
"""Longer names make the QR code larger than version 3, too large for a stamp."""

_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?")
_NODE_MODULES = Path(__file__).resolve().parent.parent / "node_modules"


class Settings(BaseSettings):
    """What differs between one installation and the next."""

    model_config = SettingsConfigDict(env_prefix="TEM_", frozen=True)

    data: Path = Field(Path("data"), description="Folder of database, keys and embedded chain.")
    database: str = Field("", description="Database URL; SQLite in the data folder if empty.")
    host: str = Field("localhost:8480", description="Host name in QR codes, at most 24 characters.")
    listen: str = Field("127.0.0.1", description="Address that the server listens on.")
    port: int = Field(8480, ge=0, le=65535, description="Port that it listens on; 0: any.")
    public: Path | None = Field(None, description="Folder of published files; public in TEM_DATA.")
    passphrase_file: Path | None = Field(None, description="File that holds the key passphrase.")

    trust: Path | None = Field(None, description="Trust file; trust.json in the data folder.")
    rpc: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="RPC addresses of the chain, by spaces; the embedded chain if empty."
    )
    chain_id: int = Field(31337, gt=0, description="Chain id.")
    chain_port: int = Field(8545, ge=0, le=65535, description="Embedded chain's port; 0: any.")
    finality: str = Field("finalized", description="Tag of the newest block that is final.")
    gas_price: int = Field(0, ge=0, description="Gas price in wei.")
    node_modules: Path = Field(_NODE_MODULES, description="Where the embedded chain's program is.")
    anchor_interval: float = Field(1.0, gt=0, description="Seconds between rounds of anchoring.")

    @field_validator("rpc", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return tuple(value.split()) if isinstance(value, str) else value

    @field_validator("host")
    @classmethod
    def _fits_a_code(cls, value: str) -> str:
        if len(value) > MAX_HOST:
            raise ValueError(f"{len(value)} characters; a QR code has room for {MAX_HOST}")
        if not _HOST.fullmatch(value):
            raise ValueError("expected a host name in lower case, perhaps with a port")
        return value

    @property
    def database_url(self) -> str:
        """The database to open."""
        return self.database or f"sqlite:///{self.data / 'tem.db'}"

    @property
    def trust_file(self) -> Path:
        """The file with the chain, the contracts and the root organisation."""
        return self.trust or self.data / "trust.json"

    @property
    def public_folder(self) -> Path:
        """The folder of the published tiles, entries and checkpoints."""
        return self.public or self.data / "public"

    @property
    def keys(self) -> Path:
        """The folder of key files."""
        return self.data / "keys"

    @property
    def chain(self) -> Path:
        """The folder of the embedded chain."""
        return self.data / "chain"


def load(**given: Any) -> Settings:
    """The settings from the environment, and above it those that are ``given``.

    Raises ConfigurationError (``setting_invalid``) that names the setting.
    """
    try:
        return Settings(**given)
    except ValidationError as error:
        first = error.errors()[0]
        name = "TEM_" + str(first["loc"][0]).upper()
        said = first["msg"].removeprefix("Value error, ")
        raise ConfigurationError("setting_invalid", f"{name}: {said}.", name) from error
