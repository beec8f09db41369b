"""What other processes do in the tests: python -m tests.publishing.child ACTION LIBRARY."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

from data.errors import RongcuoError
from retrieval.publish import STEPS, publish
from retrieval.releases import current_number
from retrieval.shelf import Shelf
from tests.publishing.samples import base_matcher, first, order, second

STORY = "突发事件里临机决断，关阀晚了十分钟"


def say(*words: object) -> None:
    print(*words, flush=True)


def die_everywhere(library: Path) -> None:
    """Publish once, then die by kill -9 at each step of a second publication; say what serves after a restart."""
    matcher = base_matcher(library)
    publish(library, [first()], matcher, order(0))
    for step in STEPS:
        child = os.fork()
        if not child:
            publish(library, [first(), second()], matcher, order(current_number(library)), step=killer(step))
            os._exit(3)
        _, status = os.waitpid(child, 0)
        shelf = Shelf(library, matcher)
        found = shelf().match(STORY).matches[0].clause.id
        left = sorted(path.name for path in (library / "versions").iterdir())
        say(step, os.WTERMSIG(status), shelf().version, found, ",".join(left))


def killer(at: str):  # noqa: ANN201
    def step(name: str) -> None:
        if name == at:
            os.kill(os.getpid(), signal.SIGKILL)
            time.sleep(60)

    return step


def compete(library: Path) -> None:
    """Publish at the same moment as another process, on the same version; say what came of it."""
    matcher, base = base_matcher(library), current_number(library)
    say("ready")
    sys.stdin.readline()
    try:
        say("published", publish(library, [first(), second()], matcher, order(base)).number)
    except RongcuoError as error:
        say(type(error).__name__, error)


if __name__ == "__main__":
    {"die_everywhere": die_everywhere, "compete": compete}[sys.argv[1]](Path(sys.argv[2]))
