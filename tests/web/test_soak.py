"""The soak's arithmetic, and the soak itself for some seconds; the ten minutes are run by hand."""

import os
from pathlib import Path

import pytest

from tests.web.soak import Sample, grown, main, sample


def samples(memory, threads=20, files=40, count=40):
    return [Sample(n, memory(n / count), threads, files if n < count - 5 else files + 1) for n in range(count)]


def test_only_what_grows_after_warming_up_is_told():
    assert grown(samples(lambda part: 100 if part < 0.2 else 300))[2] == []
    assert grown(samples(lambda part: 300 + 10 * part))[2] == []
    assert grown(samples(lambda part: 300 + 60 * part))[2][0].startswith("memory 3")
    more = [Sample(n, 300, 20 + n // 8, 40 + n) for n in range(40)]
    assert [what.split()[0] for what in grown(more)[2]] == ["threads", "files"]
    with pytest.raises(ValueError, match="too few"):
        grown(more[:7])


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
def test_a_process_is_read():
    found = sample(os.getpid())
    assert found.memory > 20 and found.threads >= 1 and found.files > 2


@pytest.mark.model
@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
def test_users_work_and_the_server_is_watched(capsys):
    main(["--minutes", "0.2", "--users", "3", "--pause", "0.1"])  # too short to tell growth from warming up
    shown = capsys.readouterr().out
    assert "errors {}; lost 0, doubled 0, unknown 0" in shown and shown.count(" threads ") >= 8 and "match" in shown
