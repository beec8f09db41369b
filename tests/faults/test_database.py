"""A database server that is killed and started again."""

import os
import pwd
import signal
import subprocess
import time
from pathlib import Path

import psycopg
import pytest

from data.store.errors import StoreUnavailable
from data.store.store import open_store
from tests.fuzz.targets import said
from tests.store.server import running_server


class Killable:
    """The server of `running_server`, which can be killed and started again on the same files and port."""

    def __init__(self, server):
        self.server = server
        with psycopg.connect(server.url()) as connection:
            self.folder = Path(connection.execute("SHOW data_directory").fetchone()[0])
        quick = Path(f"/proc/{self._pid()}/cmdline").read_bytes().decode().split("\0")[:-1]
        # the tests' servers do not wait for the disk; this one must keep what it said it has kept
        self.arguments = [argument.replace("synchronous_commit=off", "synchronous_commit=on") for argument in quick]
        self.process = None
        self.kill(signal.SIGINT)
        self.start()

    def _pid(self):
        return int((self.folder / "postmaster.pid").read_text().split()[0])

    def kill(self, number=signal.SIGQUIT):
        os.kill(self._pid(), number)
        end = time.monotonic() + 30
        while time.monotonic() < end and (self.folder / "postmaster.pid").exists():
            time.sleep(0.05)
        if self.process is not None:
            self.process.wait(30)

    def start(self):
        account = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        as_user = {} if account is None else {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        self.process = subprocess.Popen(self.arguments, cwd=self.folder.parent, stderr=subprocess.DEVNULL, **as_user)
        end = time.monotonic() + 60
        while True:
            try:
                psycopg.connect(self.server.url(), connect_timeout=5).close()
                return
            except psycopg.OperationalError:
                assert time.monotonic() < end
                time.sleep(0.1)


@pytest.fixture
def killable():
    if not Path("/proc/self/cmdline").exists():
        pytest.skip("needs /proc")
    with running_server() as server:
        found = Killable(server)
        try:
            yield found
        finally:
            if found.process is not None:
                found.process.send_signal(signal.SIGQUIT)
                found.process.wait(30)


def test_a_server_that_is_gone_and_back(killable):
    with open_store(killable.server.url(), wait=5) as store:
        with store.begin("安装程序") as work:
            work.users.add("li", display_name="李", role="inspector")
        killable.kill()
        for _ in range(3):
            with pytest.raises(StoreUnavailable) as error, store.begin("li") as work:
                work.cases.add(region="r", narrative="此时写不进去")
            said(error.value)
            with pytest.raises(StoreUnavailable), store.read() as work:
                work.users.listing()
        killable.start()
        with store.begin("li") as work:
            work.cases.add(region="r", narrative="又能写了")
        with store.read() as work:
            assert work.cases.count() == 1
        assert store.verify().ok


def test_a_server_that_is_killed_in_the_middle_of_writing(killable):
    with open_store(killable.server.url(), wait=5) as store:
        with store.begin("安装程序") as work:
            work.users.add("li", display_name="李", role="inspector")
        with pytest.raises(StoreUnavailable), store.begin("li") as work:
            work.cases.add(region="r", narrative="写到一半")
            killable.kill()
            work.cases.add(region="r", narrative="这时服务器没了")
        killable.start()
        with store.read() as work:
            assert work.cases.count() == 0
        assert store.verify().ok
