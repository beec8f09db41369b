"""Behind a proxy: real requests over sockets, from a trusted address and from another one of this machine."""

import logging
import threading
import time

import httpx2
import pytest
import uvicorn

from data.errors import InputError
from tests.web.conftest import PASSWORD
from ui.page_http import listen
from ui.web.application import bare_app
from ui.web.auth import COOKIE
from ui.web.serving import server_config, trusted_proxies
from ui.web.settings import WebSettings

PROXY, OTHER = "127.0.0.2", "127.0.0.1"


@pytest.fixture
def visit(desk):
    """Return a function that gives a client whose connections come from an address; the server trusts PROXY only."""
    server = uvicorn.Server(server_config(bare_app(desk, WebSettings(address_failures=2)), f"{PROXY},10.9.0.0/16"))
    clients = []
    with listen("127.0.0.1", 0) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            assert thread.is_alive(), "the server did not start"
            time.sleep(0.02)
        port = listener.getsockname()[1]

        def client(source, **headers):
            transport = httpx2.HTTPTransport(local_address=source)
            sent = {name.replace("_", "-"): value for name, value in headers.items()}
            made = httpx2.Client(transport=transport, base_url=f"http://127.0.0.1:{port}", headers=sent, timeout=60)
            clients.append(made)
            return made

        yield client
        for one in clients:
            one.close()
        server.should_exit = True
        thread.join(15)


def login(client, name="nobody", password="wrong"):
    return client.post("/login", data={"username": name, "password": password})


def test_people_behind_a_trusted_proxy_have_their_own_addresses(visit, caplog):
    one, two = (visit(PROXY, X_Forwarded_For=address) for address in ("10.1.2.3", "10.1.2.4"))
    assert [login(one, f"x{number}").status_code for number in range(3)] == [401, 401, 429]
    with caplog.at_level(logging.INFO, "rongcuo.web"):
        assert login(two, "x").status_code == 401
    assert caplog.records[-1].fields["address"] == "10.1.2.4"
    chained = visit(PROXY, X_Forwarded_For="10.1.2.4, 10.1.2.3, 10.9.0.1")  # said by the visitor, seen by the first proxy
    assert login(chained, "y").status_code == 429


def test_nobody_else_is_believed_about_an_address(visit):
    answers = [login(visit(OTHER, X_Forwarded_For=f"10.1.2.{number}"), f"x{number}").status_code for number in range(3)]
    assert answers == [401, 401, 429]


def test_behind_https_the_cookie_is_kept_to_https(visit):
    forwarded = {"X_Forwarded_For": "10.1.2.3", "X_Forwarded_Proto": "https"}
    assert "Secure" in login(visit(PROXY, **forwarded), "li", PASSWORD).headers["set-cookie"]
    cookie = login(visit(OTHER, **forwarded), "li", PASSWORD).headers["set-cookie"]
    assert cookie.startswith(COOKIE) and "Secure" not in cookie


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "rongcuo.example"}, 403),
        ({"X_Forwarded_For": "10.1.2.3"}, 403),
        ({"X_Real_IP": "10.1.2.3"}, 403),
        ({"Via": "1.1 proxy"}, 403),
    ],
)
def test_figures_are_not_open_through_a_proxy_on_this_machine(visit, headers, status):
    assert visit(OTHER, **headers).get("/metrics").status_code == status


def test_proxies_are_addresses_and_networks():
    assert trusted_proxies(" 172.30.0.10, fd00::/8,,::1 ") == ["172.30.0.10", "fd00::/8", "::1"] and trusted_proxies("") == []
    for wrong in ("*", "proxy", "172.30.0.10/24", "1.2.3"):
        with pytest.raises(InputError, match="不是一个地址或网段"):
            trusted_proxies(f"127.0.0.1,{wrong}")
