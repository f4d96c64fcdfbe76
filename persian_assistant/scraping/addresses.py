"""Connections to public addresses only. The address that is checked is the one that is connected to.

A name is looked up once per connection and the socket is opened to the number found, so a name server that
answers differently the second time (DNS rebinding) gains nothing. Knows nothing of pages.
"""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from persian_assistant.scraping.errors import PageError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], list[str]]

_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def is_public(text: str) -> bool:
    """Whether `text` is the address of a machine on the public internet.

    False for private, loopback, link-local, shared, multicast, reserved and unspecified addresses, also where
    an IPv6 address carries such an IPv4 one (mapped, 6to4, Teredo, NAT64), and for what is no address.
    """
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return all(
        part.is_global
        and not (part.is_multicast or part.is_reserved or part.is_unspecified or part.is_private)
        and not getattr(part, "is_site_local", False)
        for part in [*_carried(address), *([] if address in _NAT64 else [address])]
    )


def _carried(address: Address) -> list[Address]:
    """The IPv4 addresses that packets to an IPv6 address may end at."""
    if isinstance(address, ipaddress.IPv4Address):
        return []
    inner: list[Address] = [part for part in (address.ipv4_mapped, address.sixtofour) if part]
    inner += address.teredo or ()
    if address in _NAT64:
        inner.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return inner


def resolve(host: str, port: int) -> list[str]:
    """The addresses of `host`, in the system's order. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class CheckedAdapter(HTTPAdapter):
    """An adapter of `requests` whose connections go only to addresses that `allowed` lets through.

    Raises PageError from a request to any other, before a byte is sent. `time_limit` bounds a whole request.
    """

    def __init__(self, allowed: Callable[[str], bool] = is_public, resolve: Resolve = resolve) -> None:
        self._allowed, self._resolve = allowed, resolve
        self._watched: list[socket.socket] = []
        self._lock = threading.Lock()
        self._limited, self._expired = False, False
        super().__init__()

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Called by requests: connections are made by the classes below."""
        super().init_poolmanager(*args, **options)
        opener = self._open

        class Plain(HTTPConnection):
            def _new_conn(self) -> socket.socket:
                return opener(self)

        class Encrypted(HTTPSConnection):
            def _new_conn(self) -> socket.socket:
                return opener(self)

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class EncryptedPool(HTTPSConnectionPool):
            ConnectionCls = Encrypted

        self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": EncryptedPool}

    def _open(self, connection: HTTPConnection) -> socket.socket:
        host, port = connection.host.strip("[]"), connection.port
        try:
            addresses = self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise NameResolutionError(host, connection, socket.gaierror(str(error))) from error
        checked = [address for address in addresses if self._allowed(address)]
        if not checked:
            raise PageError("seed.private_address", host=host, address=", ".join(addresses) or "–")
        failure: OSError = OSError()
        timeout: Any = connection.timeout
        for address in checked:
            try:
                sock = socket.create_connection((address, port), timeout)
            except OSError as error:
                failure = error
                continue
            if not self._watch(sock):
                sock.close()
                raise ConnectTimeoutError(connection, "time limit")
            return sock
        if isinstance(failure, TimeoutError):
            raise ConnectTimeoutError(connection, str(failure)) from failure
        raise NewConnectionError(connection, str(failure)) from failure

    def _watch(self, sock: socket.socket) -> bool:
        """Whether there is time left to use `sock`."""
        with self._lock:
            if self._limited and not self._expired:
                # A second handle on the same connection: TLS takes the first one away while it shakes hands.
                self._watched.append(sock.dup())
            return not self._expired

    @contextmanager
    def time_limit(self, seconds: float) -> Iterator[Callable[[], bool]]:
        """Within it, connections are cut after `seconds`, whatever they are doing; yields "was it cut?".

        Time-outs of sockets count silence only: a server that sends a byte now and then never meets them.
        """
        self._limited, self._expired = True, False
        timer = threading.Timer(seconds, self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield lambda: self._expired
        finally:
            timer.cancel()
            with self._lock:
                self._limited = False
                while self._watched:
                    self._watched.pop().close()

    def _cut(self) -> None:
        with self._lock:
            self._expired = True
            for sock in self._watched:
                with suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
