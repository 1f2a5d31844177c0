"""Addresses that servers of Pulso listen on, and those at which this machine reaches them."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable, Mapping
from contextlib import suppress

from schemas.errors import PulsoError

ANY_ADDRESS = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # nosec B104 # noqa: S104 - compared
"""Addresses that stand for all of this machine, and the one at which the machine itself reaches such a server."""

LOOPBACK = ("localhost", "127.0.0.1", "::1")


class AddressError(PulsoError, ValueError):
    """No server can listen on an address; the message says why and what to set."""


def host_in_url(host: str) -> str:
    """Return a host as it stands in a URL: an IPv6 address in brackets.

    >>> host_in_url("fd00::2"), host_in_url("127.0.0.1")
    ('[fd00::2]', '127.0.0.1')
    """
    return f"[{host}]" if ":" in host else host


def local_host(bind: str) -> str:
    """Return the host at which this machine reaches a server that listens on `bind`, as it stands in a URL.

    >>> [local_host(bind) for bind in ("0.0.0.0", "::", "192.0.2.7", "fd00::2", "localhost")]
    ['127.0.0.1', '[::1]', '192.0.2.7', '[fd00::2]', 'localhost']
    """
    return host_in_url(ANY_ADDRESS.get(bind, bind))


def listening_socket(bind: str, port: int, *, backlog: int = 128) -> socket.socket:
    """Return a socket that listens on an address or name of this machine; `::` includes IPv4.

    Raises:
        OSError: the address is not one of this machine, or the port is taken.
    """
    family = address_family(bind)
    dual_stack = bind == "::" and socket.has_dualstack_ipv6()
    return socket.create_server((bind, port), family=family, backlog=backlog, dualstack_ipv6=dual_stack)


def check_bind(bind: str) -> None:
    """Check that a server can listen on an address.

    Raises:
        AddressError: the address is not one of this machine.
    """
    try:
        listening_socket(bind, 0).close()
    except (OSError, UnicodeError) as error:
        raise AddressError(
            f"PULSO_BIND={bind}: no server can listen there ({error}); give an address of this machine without a port, "
            "0.0.0.0 for all of them, or :: for all of them with IPv6"
        ) from error


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Return whether a server could listen on this port of `host` now."""
    try:
        listening_socket(host, port).close()
    except (OSError, UnicodeError):
        return False
    return True


def direct_connections(environment: Mapping[str, str], hosts: Iterable[str] = ()) -> dict[str, str]:
    """Return the variables that keep connections to this machine, and to `hosts`, away from proxies.

    Args:
        environment: its NO_PROXY, in any case, stays in force.
        hosts: further names and addresses.

    >>> direct_connections({"no_proxy": "intern.example", "HTTP_PROXY": "http://proxy:3128"}, ["10.0.0.7"])["NO_PROXY"]
    'intern.example,localhost,127.0.0.1,::1,10.0.0.7'
    """
    given = [one.strip() for name in ("no_proxy", "NO_PROXY") for one in environment.get(name, "").split(",")]
    value = ",".join(dict.fromkeys(one for one in (*given, *LOOPBACK, *hosts) if one))
    return {"NO_PROXY": value, "no_proxy": value}


def is_private(host: str) -> bool:
    """Return whether a host is an address of a local network or of this machine, which no proxy reaches.

    >>> [is_private(host) for host in ("192.168.1.7", "::1", "localhost", "cameras.example.org", "8.8.8.8")]
    [True, True, True, False, False]
    """
    with suppress(ValueError):
        address = ipaddress.ip_address(host)
        return address.is_private or address.is_loopback or address.is_link_local
    return host == "localhost" or host.endswith(".localhost")


def address_family(bind: str) -> socket.AddressFamily:
    """Return the family of an address; that of a name's first address.

    Raises:
        OSError: the name has no address.
    """
    with suppress(ValueError):
        return socket.AF_INET6 if ipaddress.ip_address(bind).version == 6 else socket.AF_INET
    found = socket.getaddrinfo(bind, 0, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    return found[0][0]
