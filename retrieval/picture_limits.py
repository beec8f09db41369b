"""The limits by which a status is chosen, fitted on statuses that two passes gave, and what they agree with.

    python -m retrieval.picture_limits [--checked FILE] [--out FILE]

Labels would be too strict a measure for conditions: a clause is listed where it is worth listing, a condition is supported by
less. Run it again whenever the encoder or the combination changes.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from data.errors import ModelError, RongcuoError

__all__ = ["LIMITS", "Limits", "main", "read_limits"]

LIMITS = Path(__file__).with_name("picture.json")


@dataclass(frozen=True, slots=True, order=True)
class Limits:
    """Probabilities from which on a condition is supported, a ground or an exclusion is, and the opposite clause counts.

    `word` is what words of one side add to the logit of a condition, `against` how many more words must oppose than agree until
    they contradict by themselves. `cases` is how many narratives these rest on, `encoder` with which encoder.
    """

    supported: float
    ground: float
    contrary: float
    word: float
    against: int
    cases: int
    encoder: str


@cache
def read_limits(path: Path = LIMITS) -> Limits:
    """Return the limits in `path`. Raises ModelError: the file is missing or broken."""
    try:
        return Limits(**json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise ModelError(f"案件图的界限文件 {path} 读不出来，请重新取得，或运行 python -m retrieval.picture_limits。") from error


def main() -> int:
    """Fit the limits and write them; 2 after one Chinese line on stderr where a file cannot be used."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checked", type=Path, default=None)
    parser.add_argument("--out", type=Path, default=LIMITS)
    arguments = parser.parse_args()
    from retrieval.loading import open_matcher
    from retrieval.picture_fit import fit_limits, report

    try:
        matcher = open_matcher()
        limits, held_out = fit_limits(matcher, arguments.checked)
        arguments.out.write_text(json.dumps(asdict(limits), indent=1) + "\n", encoding="utf-8", newline="\n")
        sys.stdout.write(report(limits, held_out))
    except RongcuoError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
