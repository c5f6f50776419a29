"""Decide which addresses may be called, so that a registered URL cannot reach what only this machine may reach."""

import ipaddress
import os
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings

from coordination.adapters.ports import AgentFailed

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

SECRET_PREFIX = "AGENT_SECRET_"
_REFERENCE = re.compile(r"\$\{env:([^}]*)\}")
# Where clouds hand out their machines' credentials, besides the link-local 169.254.0.0/16 and fe80::/10.
_METADATA = frozenset(map(ipaddress.ip_address, ("100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254")))
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Target:
    """A URL whose host has been looked up and found fit to be called."""

    host: str
    address: str


def target_of(url: str) -> Target:
    """Return where a URL leads; raises AgentFailed if it may not be called.

    Whoever calls it must connect to `address` itself: a second look-up of the name might answer differently.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise AgentFailed("bad-address", "The address must start with http:// or https:// and name a host.")
    if parts.username or parts.password:
        raise AgentFailed("bad-address", "Credentials belong in a header (${env:AGENT_SECRET_…}), not in the address.")
    try:
        found = socket.getaddrinfo(parts.hostname, parts.port, type=socket.SOCK_STREAM)
    except (OSError, ValueError) as error:
        raise AgentFailed("unreachable", f"There is no host {parts.hostname}.", retryable=True) from error
    addresses = [str(item[4][0]) for item in found]
    for address in addresses:
        _check(ipaddress.ip_address(address.partition("%")[0]), parts.hostname)
    return Target(parts.hostname, addresses[0])


def filled(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers with every ${env:NAME} filled in; raises AgentFailed for a name that may not be used.

    Only variables that begin with AGENT_SECRET_ are handed out: whoever writes a manifest must not be able to send
    this server's own secrets to an address of their choice.
    """
    return {name: _REFERENCE.sub(lambda match: secret(match[1]), value) for name, value in headers.items()}


def secret(name: str) -> str:
    """Return the value of a secret that agents may use; raises AgentFailed."""
    if not name.startswith(SECRET_PREFIX):
        raise AgentFailed(
            "secret-refused", f"Agents may only use variables that begin with {SECRET_PREFIX}; not {name}."
        )
    value = os.environ.get(name, "")
    if not value:
        raise AgentFailed("secret-missing", f"The environment variable {name} is not set.")
    return value


def _check(address: Address, host: str) -> None:
    real = _inner(address)
    if real.is_link_local or real in _METADATA or real.is_multicast or real.is_unspecified:
        raise AgentFailed("address-refused", f"{host} leads to {real}, which agents may never call.")
    # On by default: agents mostly run beside this server. A server for many tenants turns it off.
    if not settings.AGENT_PRIVATE_ADDRESSES and not real.is_global:
        raise AgentFailed("address-refused", f"{host} leads to {real}, and AGENT_PRIVATE_ADDRESSES is off.")


def _inner(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 address wraps, if it does."""
    if isinstance(address, ipaddress.IPv6Address):
        if address in _NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        return address.ipv4_mapped or address.sixtofour or address
    return address
