"""Connectors to the bodies that hold what the law would ask an applicant for: configured in one file.

The setting CONNECTORS names a YAML file (docs/reference/connectors.md). Each connector answers for one material, for
records of some kinds or authorities; the first one that fits is asked. There are two: a folder of documents, and HTTP.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import quote, urlsplit

import httpx
import yaml
from django.conf import settings
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from goodstanding.registry.models import Record
from goodstanding.registry.outbound import OutboundError, pinned

from .evidence import EXTENSIONS, FILE_LIMIT

_TIMEOUT: Final = httpx.Timeout(5.0)
#: Seconds for a whole answer; a server that drips is not waited for.
_PATIENCE: Final = 20.0
_PLACES: Final = frozenset({"code", "document_no", "material", "record"})


class ConnectorError(Exception):
    """A holder that could not be asked or answered nonsense; said in both languages, without what was asked for.

    ``away``: it does not answer at all, so that nothing else need be asked of it now.
    """

    def __init__(self, en: str, zh: str, *, away: bool = False) -> None:
        super().__init__(en)
        self.en, self.zh, self.away = en, zh, away


class ConnectorsRefused(Exception):
    """The file of connectors is not right; the sentence says where and why."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: a material about a record of the entity with a unified social credit code."""

    material: str
    code: str
    document_no: str
    record: str

    def values(self) -> dict[str, str]:
        """The places of a path or an address, by name."""
        return {name: getattr(self, name) for name in _PLACES}


class Connector(BaseModel):
    """One line of the file: for which material and records, who holds it, and how it is asked for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    material: str = Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")
    holder_en: str = Field(min_length=1, max_length=200)
    holder_zh: str = Field(min_length=1, max_length=200)
    #: Kinds of record; all of them where none is named.
    kinds: tuple[str, ...] = ()
    #: Codes of the authorities that made the record; all of them where none is named.
    authorities: tuple[str, ...] = ()
    file: str = ""
    http: str = ""
    #: Names of environment variables that hold a secret, so that none lies in the file.
    bearer: str = ""
    hmac: str = ""

    @model_validator(mode="after")
    def _is_one_of_two(self) -> Connector:
        if bool(self.file) == bool(self.http):
            raise ValueError("give `file` or `http`, one of the two")
        if self.file and (self.bearer or self.hmac):
            raise ValueError("`bearer` and `hmac` belong to `http`")
        if self.material == "commitment_letter":
            raise ValueError("the commitment is the applicant's own word; nobody else holds it")
        unknown = set(re.findall(r"\{([^}]*)\}", self.file + self.http)) - _PLACES
        if unknown:
            raise ValueError(f"unknown places {sorted(unknown)}; there are {sorted(_PLACES)}")
        (self.file + self.http).format_map(dict.fromkeys(_PLACES, ""))  # a brace too many is said now
        if self.file and not Path(self.file.partition("{")[0]).is_absolute():
            raise ValueError("`file` must begin with the full path of a folder")
        if "{code}" not in self.file + self.http:
            raise ValueError("name {code}, or everybody would get the same document")
        return self

    def serves(self, *, material: str, record: Record) -> bool:
        """Whether it is to be asked for a material about a record."""
        return (
            material == self.material
            and (not self.kinds or record.kind in self.kinds)
            and (not self.authorities or record.authority.code in self.authorities)
        )


class Connectors(BaseModel):
    """The whole file. Only hosts named in it are asked; at an address of an inner network, only ``private`` ones."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    hosts: dict[str, Literal["public", "private"]] = Field(default_factory=dict)
    connectors: tuple[Connector, ...] = ()

    @model_validator(mode="after")
    def _asks_named_hosts_only(self) -> Connectors:
        for connector in self.connectors:
            parts = urlsplit(connector.http)
            if connector.http and parts.hostname not in self.hosts:
                raise ValueError(f"the host {parts.hostname!r} is not among `hosts`")
            if connector.http and ("{" in parts.netloc or "@" in parts.netloc):
                raise ValueError("the host is fixed and carries no secret")
            safe = {"https"} | ({"http"} if self.hosts.get(parts.hostname or "") == "private" else set())
            if connector.http and parts.scheme not in safe:
                raise ValueError(f"{connector.http} must begin with {' or '.join(sorted(safe))}")
        return self

    def fetch(self, connector: Connector, wanted: Wanted) -> bytes | None:
        """Ask the holder. Returns the document, or None where it says that there is none. Raises ConnectorError."""
        if connector.file:
            return _from_folder(connector, wanted)
        return _by_http(connector, wanted, private=self.hosts[_host(connector)] == "private")


def connectors() -> Connectors:
    """The connectors of this installation; none where the file is not there. A changed file holds after a new start.

    Raises:
        ConnectorsRefused: the file is not right.
    """
    return _read(settings.CONNECTORS)


@lru_cache(maxsize=8)
def _read(path: str) -> Connectors:
    try:
        text = Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        return Connectors()
    try:
        return TypeAdapter(Connectors).validate_python(yaml.safe_load(text) or {})
    except (yaml.YAMLError, ValidationError) as error:
        raise ConnectorsRefused(f"{path}: {error}") from error


def _from_folder(connector: Connector, wanted: Wanted) -> bytes | None:
    """The file that lies where the connector says, and nowhere else."""
    values = wanted.values()
    if any(value in ("", ".", "..") or re.search(r"[/\\\x00]", value) for value in values.values()):
        raise ConnectorError(
            "the record's document number cannot be the name of a file",
            "该信息的文书号不能作为文件名",
        )
    root = Path(connector.file.partition("{")[0])
    root = root if connector.file[len(str(root)) : len(str(root)) + 1] == "/" else root.parent
    path = Path(connector.file.format_map(values))
    tried = [path.with_suffix(f".{end}") for end in EXTENSIONS] if path.suffix == ".*" else [path]
    try:
        if not root.is_dir():
            raise ConnectorError("its folder is not there", "其文件目录不存在")
        found = next((item for item in tried if item.is_file()), None)
        if found is None:
            return None
        if not found.resolve().is_relative_to(root.resolve()):
            raise ConnectorError("the document lies outside of its folder", "该文件不在指定目录内")
        with found.open("rb") as file:
            return _small(file.read(FILE_LIMIT + 1))
    except OSError as error:
        raise ConnectorError(
            f"its folder cannot be read ({type(error).__name__})",
            f"无法读取其文件目录（{type(error).__name__}）",
        ) from error


def _by_http(connector: Connector, wanted: Wanted, *, private: bool) -> bytes | None:
    """What a GET answers: 200 with the document; 204 or 404 where there is none."""
    url = connector.http.format_map({name: quote(value, safe="") for name, value in wanted.values().items()})
    try:
        target = pinned(url, private=private)
        with (
            httpx.Client(timeout=_TIMEOUT, follow_redirects=False, trust_env=False) as client,
            client.stream(
                "GET",
                target.url,
                headers={
                    "host": target.host,
                    "accept-encoding": "identity",
                    **_credentials(connector, target.url),
                },
                extensions=target.extensions,
            ) as answer,
        ):
            if answer.status_code in (204, 404):
                return None
            if answer.status_code != 200:
                raise ConnectorError(
                    f"it answered with status {answer.status_code}", f"其返回状态 {answer.status_code}"
                )
            return _small(_body(answer))
    except OutboundError as error:
        raise ConnectorError(
            f"it may not be asked: {error}", f"不能访问其地址：{error}", away=True
        ) from error
    except httpx.HTTPError as error:
        raise ConnectorError(
            f"it does not answer ({type(error).__name__})",
            f"其没有响应（{type(error).__name__}）",
            away=True,
        ) from error


def _body(answer: httpx.Response) -> bytes:
    until, parts, size = time.monotonic() + _PATIENCE, [], 0
    for part in answer.iter_raw():
        parts.append(part)
        size += len(part)
        if size > FILE_LIMIT:
            break
        if time.monotonic() > until:
            raise ConnectorError("it answers too slowly", "其响应过慢", away=True)
    return b"".join(parts)


def _small(content: bytes) -> bytes:
    if len(content) > FILE_LIMIT:
        raise ConnectorError(
            f"its document exceeds {FILE_LIMIT // 1024 // 1024} MB",
            f"其文件超过 {FILE_LIMIT // 1024 // 1024} MB",
        )
    return content


def _credentials(connector: Connector, url: httpx.URL) -> Mapping[str, str]:
    """The headers that say who asks. A signature covers method, path with query, and the time in seconds."""
    headers: dict[str, Any] = {}
    if connector.bearer:
        headers["authorization"] = f"Bearer {_secret(connector.bearer)}"
    if connector.hmac:
        at = str(int(time.time()))
        said = f"GET\n{url.raw_path.decode('ascii')}\n{at}"
        signature = hmac.new(_secret(connector.hmac).encode(), said.encode(), hashlib.sha256).hexdigest()
        headers |= {"goodstanding-timestamp": at, "goodstanding-signature": f"hmac-sha256={signature}"}
    return headers


def _secret(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise ConnectorError(
            f"this installation has no secret for it (the variable {name} is empty)",
            f"本系统未配置访问凭据（环境变量 {name} 为空）",
        )
    return value


def _host(connector: Connector) -> str:
    return urlsplit(connector.http).hostname or ""
