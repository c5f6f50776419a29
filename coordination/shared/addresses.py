"""Decide which addresses may be called, so that a registered URL cannot reach what only this machine may reach."""

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Where clouds hand out their machines' credentials, besides the link-local 169.254.0.0/16 and fe80::/10.
_METADATA = frozenset(map(ipaddress.ip_address, ("100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254")))
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Target:
    """A URL whose host has been looked up and found fit to be called."""

    host: str
    address: str


class AddressRefused(Exception):
    """A URL may not be called, or its host is not known at the moment."""

    def __init__(self, code: str, message: str, *, retryable: bool = False) -> None:
        """Say why, in a stable code and in words."""
        super().__init__(message)
        self.code, self.message, self.retryable = code, message, retryable


def target_of(url: str, *, private: bool | None = None) -> Target:
    """Return where a URL leads; raises AddressRefused if it may not be called.

    `private` says whether it may lead into our own network; without it, whether agents may be there.

    Whoever calls it must connect to `address` itself: a second look-up of the name might answer differently.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise AddressRefused("bad-address", f"This is not an address: {error}.") from error
    if parts.scheme not in ("http", "https") or not host:
        raise AddressRefused("bad-address", "The address must start with http:// or https:// and name a host.")
    if parts.username or parts.password:
        message = "Credentials belong in a header (${env:AGENT_SECRET_…}), not in the address."
        raise AddressRefused("bad-address", message)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, ValueError) as error:
        raise AddressRefused("unreachable", f"There is no host {host}.", retryable=True) from error
    addresses = [str(item[4][0]) for item in found]
    for address in addresses:
        _check(ipaddress.ip_address(address.partition("%")[0]), host, private)
    return Target(host, addresses[0])


def _check(address: Address, host: str, private: bool | None) -> None:
    real = _inner(address)
    if real.is_link_local or real in _METADATA or real.is_multicast or real.is_unspecified:
        raise AddressRefused("address-refused", f"{host} leads to {real}, which agents may never call.")
    if private is False and not real.is_global:
        raise AddressRefused("address-refused", f"{host} leads to {real}, which is not a public address.")
    # On by default: agents mostly run beside this server. A server for many tenants turns it off.
    if private is None and not settings.AGENT_PRIVATE_ADDRESSES and not real.is_global:
        raise AddressRefused("address-refused", f"{host} leads to {real}, and AGENT_PRIVATE_ADDRESSES is off.")


def _inner(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 address wraps, if it does."""
    if isinstance(address, ipaddress.IPv6Address):
        if address in _NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        return address.ipv4_mapped or address.sixtofour or address
    return address
