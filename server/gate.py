"""Which hosts and browser pages may call at all, and which requests come from this server's own pages."""

from __future__ import annotations

import ipaddress
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web

from roocode_server.models.error import PermissionDenied
from roocode_server.models.settings import ServerSettings

SAFE: Final = frozenset({"GET", "HEAD"})
"""Methods that change nothing. Source: RFC 9110, 9.2.1."""


class Gate:
    """Which hosts and which browser pages may call at all; checked for every request at every door.

    A page that a browser has open can send requests to this machine. It is let in if it comes from this
    server itself or from a listed origin. On loopback the `Host` must name this machine, so that a foreign
    name that is made to point here (DNS rebinding) does not count as this server.
    """

    def __init__(self, settings: ServerSettings) -> None:
        self._hosts = {host.lower() for host in settings.allowed_hosts}
        self._own: str | None = None
        self._own_host: str | None = None
        self.is_behind_tls = False
        """Whether the world reaches this server over TLS alone, as `public_url` says."""
        if settings.public_url:
            public = urlsplit(settings.public_url)
            self._own_host = public.netloc.lower()
            self._hosts.add(self._own_host)
            self.is_behind_tls = public.scheme == "https"
            self._own = f"{public.scheme}://{public.netloc}".lower()
        self._origins = {origin.rstrip("/").lower() for origin in settings.allowed_origins}
        self._is_loopback = is_loopback(settings.host)

    def check(self, request: web.Request) -> None:
        """Raises: PermissionDenied."""
        host = request.host.lower()
        if not self._accepts_host(host):
            raise PermissionDenied("Requests for this Host are not accepted; see server.allowed_hosts")
        origin = request.headers.get("Origin")
        if origin is not None and not self._accepts_origin(origin.lower(), host):
            raise PermissionDenied("Requests from this Origin are not accepted; see server.allowed_origins")

    def allows_cross_origin(self, origin: str) -> bool:
        """Whether a page of another origin may read answers."""
        return "*" in self._origins or origin.lower() in self._origins

    def is_own_page(self, request: web.Request) -> bool:
        """Whether a page of this server sent the request, as the browser says, so that its cookies count.

        Other ports of the same host are the same site to a browser, and get its `SameSite` cookies too.
        Browsers name the `Origin` with everything that changes something and with WebSockets; they leave out
        `Sec-Fetch-Site` where the page came over plain HTTP from another machine.
        Source: W3C, Fetch Metadata Request Headers.
        """
        site = request.headers.get("Sec-Fetch-Site")
        if site is not None:
            return site == "same-origin"
        origin = request.headers.get("Origin")
        if origin is not None:
            return self._is_own(origin.lower(), request.host.lower())
        return request.method in SAFE and "Upgrade" not in request.headers

    def _accepts_host(self, host: str) -> bool:
        name = _without_port(host)
        if host in self._hosts or name in self._hosts or "*" in self._hosts:
            return True
        return is_loopback(name) if self._is_loopback else not self._hosts

    def _accepts_origin(self, origin: str, host: str) -> bool:
        return self._is_own(origin, host) or self.allows_cross_origin(origin)

    def _is_own(self, origin: str, host: str) -> bool:
        if host == self._own_host:
            return origin == self._own
        return origin == self._own or origin.partition("://")[2] == host


def base_url(request: web.Request, public_url: str | None) -> str:
    """The URL under which a caller reaches this server, without a trailing `/`."""
    return (public_url or f"{request.scheme}://{request.host}").rstrip("/")


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine's own."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host.partition("]")[0] + "]" if "]" in host else ""
    return host.partition(":")[0]
