"""What the server sends beside the page, and where it listens; needs no browser."""

import socket
import urllib.error
import urllib.request

import pytest

from data.errors import InputError
from ui.page_http import listen, rewrite


def fetch(address, **headers):
    with urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=10) as answer:
        return answer.headers, answer.read().decode()


def test_the_page_names_no_other_host(server):
    headers, html = fetch(server, **{"Accept-Encoding": "gzip, br"})
    assert 'lang="zh-CN"' in html and "og:image" not in html and "huggingface" not in html.lower()
    assert "default-src 'self'" in headers["Content-Security-Policy"] and headers["Referrer-Policy"] == "no-referrer"
    assert int(headers["Content-Length"]) == len(html.encode())
    assert html.index("<style>") < html.index("window.gradio_config")


@pytest.mark.parametrize(
    "path", ["docs", "redoc", "openapi.json", "gradio_api/openapi.json", "gradio_api/upload", "gradio_api/proxy=http://127.0.0.1/"]
)
def test_what_the_page_does_not_use_is_closed(server, path):
    with pytest.raises(urllib.error.HTTPError) as caught:
        fetch(server + path)
    assert caught.value.code == 404
    caught.value.close()


def test_rewrite_changes_only_what_it_should():
    preview = b'<meta property="og:image"\n content="https://x"/>'
    html = b'<html\n\tlang="en"><head>%s<meta name="viewport" content="a"></head></html>'
    wanted = b'<html\n\tlang="zh-CN"><head><style></style><meta name="viewport" content="a"></head></html>'
    assert rewrite(html % preview, b"<style></style>") == wanted


def test_a_port_in_use_is_one_chinese_sentence():
    with listen("127.0.0.1", 0) as taken, pytest.raises(InputError, match="已被占用，.*换一个端口。$"):
        listen("127.0.0.1", taken.getsockname()[1])


@pytest.mark.parametrize(
    ("host", "message"), [("203.0.113.7", "不是这台机器的地址"), ("no such host", "无法识别"), ("..", "无法识别")]
)
def test_a_bad_host_is_one_chinese_sentence(host, message):
    with pytest.raises(InputError, match=message) as caught:
        listen(host, 0)
    assert str(caught.value).endswith("。")


def test_listening_takes_connections():
    with listen("localhost", 0) as listener, socket.create_connection(listener.getsockname()[:2], timeout=5):
        pass
