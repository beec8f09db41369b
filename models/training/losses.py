"""What is minimised: two losses over the clauses of each regulation, and one over the tokens that a clause looks at."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["listwise", "pointing", "pointwise"]

_NEVER = -1e9


def listwise(scores: Tensor, weights: Tensor, known: Tensor, *, temperature: float) -> Tensor:
    """Return the mean over the narratives with a match of: each match against all clauses that are known to be none.

    `scores`, `weights` (see `targets.weight_of`) and `known` are (narratives, clauses of one regulation). A softmax in which the
    matches do not compete with each other; several matches count by their weights. Zero where no narrative has a match.
    Source: InfoNCE (van den Oord et al. 2018) with several positives, as in Khosla et al. 2020, out of the sum.
    """
    logits = scores / temperature
    others = torch.logsumexp(logits.masked_fill((weights > 0) | ~known, _NEVER), -1, keepdim=True)
    chance = logits - torch.logaddexp(logits, others)
    total = weights.sum(-1)
    per_narrative = -(weights * chance).sum(-1) / total.clamp(min=1e-6)
    matched = total > 0
    return (per_narrative * matched).sum() / matched.sum().clamp(min=1)


def pointwise(logits: Tensor, weights: Tensor, known: Tensor) -> Tensor:
    """Return the mean over the narratives of the summed binary cross-entropy of each known clause.

    It alone sees narratives that nothing applies to, and makes scores comparable between narratives.
    """
    loss = functional.binary_cross_entropy_with_logits(logits, weights, reduction="none")
    return (loss * known).sum(-1).mean()


def pointing(weights: Tensor, marked: Tensor) -> Tensor:
    """Return the mean over clauses with a mark of minus the log of the attention that falls on marked tokens.

    `weights` is (pairs, tokens), each row adding up to 1; `marked` the same shape, True where a token is marked. A row without a
    mark does not count; zero where none has one. Source: supervised attention, as in Liu et al. 2016 (COLING).
    """
    on_marks = (weights * marked).sum(-1)
    counted = marked.any(-1)
    return -(on_marks.clamp(min=1e-6).log() * counted).sum() / counted.sum().clamp(min=1)
