"""By what a status is chosen: weights for conditions, limits for grounds and exclusions.

    python -m retrieval.picture_limits [--train FILE] [--checked FILE] [--out FILE] [--stories FILE]

Labels would be too strict a measure for conditions: a clause is listed where it is worth listing, a condition is supported by
less. So a logistic regression is fitted on statuses of training narratives and checked on those that two passes gave to others.
Run it again whenever the encoder or the combination changes.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from data.conditions import CHECKED, TRAIN
from data.errors import ModelError, RongcuoError
from retrieval.picture_story import STORIES

__all__ = ["LIMITS", "Limits", "main", "read_limits"]

LIMITS = Path(__file__).with_name("picture.json")


@dataclass(frozen=True, slots=True)
class Limits:
    """The probability from which on a ground or an exclusion is supported, and the weights by which a condition gets its status.

    `against` is how many more words must oppose than agree until an exclusion, or a condition that has no probability, is
    contradicted. `weights` are those of `retrieval.picture.features` per status (supported, not stated, contradicted),
    `offsets` belong to them. `cases` is how many narratives they rest on, `encoder` with which encoder.
    """

    ground: float
    against: int
    weights: tuple[tuple[float, ...], ...]
    offsets: tuple[float, ...]
    cases: int
    encoder: str

    def save(self, path: Path = LIMITS) -> None:
        """Write the numbers as JSON."""
        fields = asdict(self) | {"weights": [[round(value, 4) for value in row] for row in self.weights]}
        fields["offsets"] = [round(value, 4) for value in self.offsets]
        lines = ",\n".join(f" {json.dumps(name)}: {json.dumps(value)}" for name, value in fields.items())
        path.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8", newline="\n")


@cache
def read_limits(path: Path = LIMITS) -> Limits:
    """Return the limits in `path`. Raises ModelError: the file is missing or broken."""
    try:
        fields = json.loads(path.read_text("utf-8"))
        return Limits(**fields | {"weights": tuple(map(tuple, fields["weights"])), "offsets": tuple(fields["offsets"])})
    except (OSError, ValueError, TypeError, KeyError) as error:
        message = f"“逐条对照”的界限文件 {path} 读不出来，请重新取得，或运行 python -m retrieval.picture_limits。"
        raise ModelError(message) from error


def main() -> int:
    """Fit the limits and write them; 2 after one Chinese line on stderr where a file cannot be used."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", type=Path, default=TRAIN)
    parser.add_argument("--checked", type=Path, default=CHECKED)
    parser.add_argument("--out", type=Path, default=LIMITS)
    parser.add_argument("--stories", type=Path, default=STORIES)
    arguments = parser.parse_args()
    from retrieval.loading import open_matcher
    from retrieval.picture_fit import agreement, fit_limits, report

    try:
        matcher = open_matcher()
        limits, leaning = fit_limits(matcher, arguments.train)
        limits.save(arguments.out)
        leaning.save(arguments.stories)
        sys.stdout.write(report(limits, agreement(matcher, arguments.checked, limits, leaning)))
    except RongcuoError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
