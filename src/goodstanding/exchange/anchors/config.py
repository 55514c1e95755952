"""Which anchors an installation uses: one YAML file (docs/reference/anchors.md)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from goodstanding.exchange.errors import ExchangeError

from .base import Anchor
from .chain import Chain
from .line_file import LineFile
from .timestamps import TimeStamps


class _Common(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")
    #: Seconds between two checkpoints that are anchored there.
    every: int = Field(default=3_600, ge=1)


class TimeStampAuthority(_Common):
    """An authority that answers RFC 3161 requests, and the file with the root certificates that it is trusted by."""

    kind: Literal["rfc3161"]
    url: str = Field(pattern=r"^https?://")
    certificates: Path

    def made(self, folder: Path) -> Anchor:
        """The anchor; files are looked for from ``folder``."""
        return TimeStamps(url=self.url, certificates=_bytes(folder / self.certificates))


class EvmContract(_Common):
    """A contract on an EVM chain: the node's address, the chain's number, and the file of the owner's key."""

    kind: Literal["evm"]
    url: str = Field(pattern=r"^https?://")
    chain: int = Field(ge=1)
    contract: str = Field(default="", pattern=r"^(0x[0-9a-fA-F]{40})?$")
    key: Path | None = None

    def made(self, folder: Path) -> Chain:
        """The anchor; files are looked for from ``folder``."""
        key = "" if self.key is None else _bytes(folder / self.key).decode("ascii", "replace").strip()
        if key and not re.fullmatch(r"(0x)?[0-9a-fA-F]{64}", key):
            raise ExchangeError(
                "anchor.config", place=f"{folder / (self.key or '')}: not a key of 64 hex digits"
            )
        return Chain(url=self.url, chain=self.chain, contract=self.contract, key=key)


class FileOfLines(_Common):
    """A file on another disk."""

    kind: Literal["file"]
    path: Path

    def made(self, folder: Path) -> Anchor:
        """The anchor; a relative path is looked for from ``folder``."""
        return LineFile(path=folder / self.path)


class Anchors(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    anchors: tuple[
        Annotated[TimeStampAuthority | EvmContract | FileOfLines, Field(discriminator="kind")], ...
    ] = ()

    @model_validator(mode="after")
    def _names_each_once(self) -> Anchors:
        names = [one.id for one in self.anchors]
        if len(set(names)) != len(names):
            raise ValueError("two anchors have one id")
        return self


@dataclass(frozen=True, slots=True)
class Configured:
    """An anchor with its id and the seconds between two checkpoints."""

    id: str
    every: int
    anchor: Anchor


def read(path: str | Path) -> tuple[Configured, ...]:
    """The anchors that a file names, ready to be used; none where it is not there.

    Raises:
        ExchangeError: anchor.config, with the place.
    """
    folder = Path(path).parent
    return tuple(Configured(one.id, one.every, one.made(folder)) for one in parse(path).anchors)


def parse(path: str | Path) -> Anchors:
    """What a file of anchors says, without the keys and certificates that it names.

    Raises:
        ExchangeError: anchor.config, with the place.
    """
    file = Path(path)
    try:
        text = file.read_text("utf-8")
    except FileNotFoundError:
        return Anchors()
    except (OSError, UnicodeDecodeError) as error:
        raise ExchangeError("anchor.config", place=f"{file}: {error}") from error
    try:
        return Anchors.model_validate(yaml.safe_load(text) or {})
    except (yaml.YAMLError, ValidationError) as error:
        raise ExchangeError("anchor.config", place=f"{file}: {error}") from error


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ExchangeError("anchor.config", place=f"{path}: {error.strerror}") from error
