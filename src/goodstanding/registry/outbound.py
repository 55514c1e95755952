"""Whereto this platform may connect: one guard for whatever calls an address that somebody configured.

A name is resolved once, its addresses are looked at, and the request goes to the one that was looked at, so that a name
that resolves anew cannot lead elsewhere.
"""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx


class OutboundError(Exception):
    """An address that may not be called or is not known; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Pinned:
    """A URL bound to the address that was checked: what to ask, the header ``host``, and httpx's extensions."""

    url: httpx.URL
    host: str
    extensions: dict[str, str]


def pinned(url: str, *, private: bool) -> Pinned:
    """Bind a URL to one checked address.

    Args:
        url: http or https.
        private: whether loopback and private addresses are allowed too.

    Raises:
        OutboundError: the host is not known, leads to an address that is not public, or the port is none.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise OutboundError(f"the address has no valid port: {error}") from error
    address = _address_of(host, port, private=private)
    return Pinned(httpx.URL(url).copy_with(host=address, port=port), parts.netloc, {"sni_hostname": host})


def _address_of(host: str, port: int, *, private: bool) -> str:
    try:
        found = {info[4][0] for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError) as error:
        raise OutboundError(f"the host {host} is not known: {error}") from error
    addresses = sorted(str(item) for item in found)
    if not private:
        for text in addresses:
            if not _is_public(text):
                raise OutboundError(f"{host} leads to {text}, which is not a public address")
    return addresses[0]


def _is_public(text: str) -> bool:
    address = ipaddress.ip_address(text.split("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if inner is not None:
            address = inner
        elif address in ipaddress.ip_network("64:ff9b::/96"):
            address = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.is_global and not address.is_multicast
