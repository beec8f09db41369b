"""`rongcuo serve` as people start it: the real model, its own process, Ctrl+C."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import WEIGHTS
from ui.page_examples import EXAMPLES
from ui.page_http import listen

COMMAND = [sys.executable, "-m", "ui.cli", "serve", "--port"]


def free_port():
    with listen("127.0.0.1", 0) as listener:
        return listener.getsockname()[1]


def test_a_port_in_use_ends_with_one_line():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run([*COMMAND, str(port)], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"rongcuo：端口 {port} 已被占用，请关闭占用它的程序，或用 --port 换一个端口。\n"


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    if not WEIGHTS.exists():
        pytest.skip("the encoder weights are not built (python -m models.build_encoder)")
    port, folder = free_port(), tmp_path_factory.mktemp("served")
    environment = {**os.environ, "RONGCUO_DATABASE_URL": f"sqlite:///{folder / 'store.sqlite3'}"}
    log = (folder / "log").open("w+")
    process = subprocess.Popen([*COMMAND, str(port)], stdout=subprocess.PIPE, stderr=log, text=True, env=environment)
    try:
        line = process.stdout.readline()
        assert line == f"已启动：http://127.0.0.1:{port} （按 Ctrl+C 停止）\n", line + Path(log.name).read_text()
        yield f"http://127.0.0.1:{port}/"
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        assert process.stdout.read() == "已停止。\n"
        lines = [json.loads(line) for line in Path(log.name).read_text().splitlines()]
        assert lines and {line["event"] for line in lines} == {"request"}
        assert not any("采样" in str(line) or "?" in line["path"] for line in lines)
    finally:
        process.kill()
        process.communicate()
        log.close()


@pytest.mark.browser
@pytest.mark.model
def test_the_real_thing_answers_an_example(open_page, served):
    page = open_page(served)
    page.get_by_role("button", name=EXAMPLES[0][0]).click()
    page.wait_for_function("document.querySelector('#rc-story textarea').value")
    page.keyboard.press("Tab")
    page.get_by_label("事情经过").first.press("Control+Enter")
    page.wait_for_selector(".rc-card")
    status = page.locator("#rc-matching .rc-status").first.inner_text()
    assert re.match(r"列出 \d+ 条相近条款：容错情形 \d+ 条、履职尽责 \d+ 条、不予容错 \d+ 条", status)
    names = page.locator(".rc-card h5").all_inner_texts()
    assert names and all("《" in name for name in names)
    assert page.locator(".rc-told").inner_text() == EXAMPLES[0][1]
    assert page.locator(".rc-told mark").count() > 0
    assert page.get_by_label("范围").is_visible()
