"""How uvicorn serves the application, and whom it believes about where a request comes from.

A proxy in front writes the visitor's address into X-Forwarded-For and the visitor's protocol into X-Forwarded-Proto. Both are
believed where the connection itself comes from a trusted proxy, or anybody could say to be somebody else: the address is what
wrong passwords are counted by and what the log shows, and over https the cookie of a login is kept to https.
"""

from __future__ import annotations

import ipaddress

import uvicorn
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp

from data.errors import InputError
from ui.web.gate import host_name, is_loopback
from ui.web.settings import THIS_MACHINE

__all__ = ["asked_here", "server_config", "trusted_proxies"]

_FORWARDED = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")


def trusted_proxies(written: str) -> list[str]:
    """Return addresses and networks written with commas between them, in their plain form; "" gives none.

    Raises InputError naming what is neither; "*" is not taken, because everybody would be believed.
    """
    found = []
    for part in filter(None, (part.strip() for part in written.split(","))):
        try:
            found.append(str(ipaddress.ip_network(part) if "/" in part else ipaddress.ip_address(part)))
        except ValueError as error:
            example = "172.30.0.10 或 172.30.0.0/24，多个之间用逗号隔开"
            raise InputError(f"信任的代理“{part}”不是一个地址或网段，请写成 {example}（--trusted-proxies）。") from error
    return found


def server_config(app: ASGIApp, proxies: str = THIS_MACHINE) -> uvicorn.Config:
    """Return how to serve `app` behind these proxies. Raises InputError as `trusted_proxies`."""
    trusted = trusted_proxies(proxies)
    config = uvicorn.Config(
        app, ws="none", log_config=None, access_log=False, server_header=False, forwarded_allow_ips=trusted
    )
    config.timeout_graceful_shutdown = 2  # an open page holds a connection that never ends by itself
    return config


def asked_here(connection: HTTPConnection, address: str) -> bool:
    """Tell whether a request comes from this machine itself, and not from elsewhere through a proxy that runs on it.

    A proxy that does not tell the visitor's address betrays itself by other headers, or by the host's name that it passes on.
    """
    passed_on = any(name in connection.headers for name in _FORWARDED)
    return is_loopback(address) and is_loopback(host_name(connection)) and not passed_on
