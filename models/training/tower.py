"""The network that is trained: BERT whose lower layers stay as they are, and the clause attention on top of it.

The states below the first trained layer do not change, so they are computed once per text and kept; with half of the layers
frozen an epoch costs a third. Dropout is off and attention is the eager kind: on a CPU both are several times faster to train.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import BertModel

from models.attention import ClauseAttention

__all__ = ["States", "Tower", "grouped_by_length", "padded"]

_HIDDEN = -1e9  # added to the logits of padding


@dataclass(frozen=True, slots=True)
class States:
    """States of some texts, float32 (texts, tokens, dim), and their mask (texts, tokens), 1 for a token and 0 for padding."""

    values: Tensor
    mask: Tensor

    def mean(self) -> Tensor:
        """Return the unit mean over each text's tokens, (texts, dim)."""
        sums = (self.values * self.mask[..., None]).sum(1)
        return functional.normalize(sums / self.mask.sum(1, keepdim=True), dim=-1)


class Tower(nn.Module):
    """A BERT folder, its layers from `frozen` on trainable, and the head that lets clauses weigh tokens."""

    def __init__(self, folder: Path, *, frozen: int) -> None:
        """Load the weights; `frozen` is the number of lower layers (and the word vectors) that stay as they are."""
        super().__init__()
        self.bert = BertModel.from_pretrained(folder, attn_implementation="eager", local_files_only=True)
        self.bert.train(False)  # no dropout
        self.frozen = frozen
        for name, value in self.bert.named_parameters():
            layer = int(name.split(".")[2]) if name.startswith("encoder.layer.") else -1
            value.requires_grad_(layer >= frozen)
        dim = self.bert.config.hidden_size
        head = ClauseAttention.load(folder)
        before = head or ClauseAttention(np.eye(dim, dtype=np.float32), 20.0, 0.5)
        self.view = nn.Parameter(torch.from_numpy(before.view))
        self.sharpness = nn.Parameter(torch.tensor(before.sharpness))
        self.whole = nn.Parameter(torch.tensor(before.whole).logit())  # before the sigmoid
        # Of the pointwise loss, whose temperature is 0.05: untrained cosines lie around 0.85, trained ones of no match around 0.
        self.slope = nn.Parameter(torch.tensor(1.0))
        self.offset = nn.Parameter(torch.tensor(-17.0 if head is None else -3.0))

    @torch.no_grad()
    def lower(self, ids: Sequence[Sequence[int]]) -> list[Tensor]:
        """Return the states below the first trained layer, per text float32 (tokens, dim)."""
        found: list[Tensor] = [torch.empty(0)] * len(ids)
        for places in grouped_by_length(ids, 32):
            rows, mask = padded([ids[i] for i in places])
            states = self._run(0, self.frozen, self.bert.embeddings(rows), mask)
            for line, place in enumerate(places):
                found[place] = states[line, : len(ids[place])].clone()
        return found

    def upper(self, lower: Sequence[Tensor]) -> States:
        """Run the trained layers over texts whose lower states are given."""
        values = nn.utils.rnn.pad_sequence(list(lower), batch_first=True)
        lengths = torch.tensor([len(states) for states in lower])
        mask = (torch.arange(values.shape[1])[None] < lengths[:, None]).float()
        return States(self._run(self.frozen, self.bert.config.num_hidden_layers, values, mask), mask)

    def documents(self, lower: Sequence[Tensor]) -> Tensor:
        """Return the unit vectors of texts, (texts, dim), encoded in groups of like length."""
        found: list[Tensor] = [torch.empty(0)] * len(lower)
        for places in grouped_by_length(lower, 24):
            for vector, place in zip(self.upper([lower[i] for i in places]).mean(), places, strict=True):
                found[place] = vector
        return torch.stack(found)

    def whole_pass(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Return the unit vectors of padded texts (see `padded`), (texts, dim), through frozen and trained layers."""
        with torch.no_grad():
            lower = self._run(0, self.frozen, self.bert.embeddings(ids), mask)
        return States(self._run(self.frozen, self.bert.config.num_hidden_layers, lower, mask), mask).mean()

    def score(self, narratives: States, clauses: Tensor) -> Tensor:
        """Return the similarity of each narrative with each clause, (texts, clauses); see `ClauseAttention.score`."""
        return self.look(narratives, clauses)[0]

    def look(self, narratives: States, clauses: Tensor) -> tuple[Tensor, Tensor]:
        """Return the similarities, (texts, clauses), and how much each clause looks at each token, (texts, clauses, tokens)."""
        units = functional.normalize(narratives.values, dim=-1)
        logits = self.sharpness * torch.einsum("btd,cd->bct", units, clauses @ self.view)
        weights = (logits + (1 - narratives.mask)[:, None] * _HIDDEN).softmax(-1)
        seen = functional.normalize(torch.einsum("bct,btd->bcd", weights, narratives.values), dim=-1)
        share = torch.sigmoid(self.whole)
        return share * (narratives.mean() @ clauses.T) + (1 - share) * (seen * clauses).sum(-1), weights

    def attention(self) -> ClauseAttention:
        """Return the head for use without torch."""
        view = self.view.detach().numpy().astype(np.float32)
        return ClauseAttention(view, float(self.sharpness.detach()), float(torch.sigmoid(self.whole.detach())))

    def layers(self) -> list[nn.Parameter]:
        """Return the trained weights of the layers."""
        return [value for value in self.bert.encoder.parameters() if value.requires_grad]

    def head(self) -> list[nn.Parameter]:
        """Return the weights above the layers."""
        return [self.view, self.sharpness, self.whole, self.slope, self.offset]

    def _run(self, first: int, last: int, states: Tensor, mask: Tensor) -> Tensor:
        hidden = ((1 - mask) * _HIDDEN)[:, None, None, :]
        for layer in self.bert.encoder.layer[first:last]:
            states = layer(states, hidden)
            states = states[0] if isinstance(states, tuple) else states
        return states


def padded(ids: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    """Return int64 ids and float32 mask, (texts, longest); padding has id 1 and mask 0."""
    longest = max(map(len, ids))
    rows = torch.ones(len(ids), longest, dtype=torch.long)
    mask = torch.zeros(len(ids), longest)
    for line, text in enumerate(ids):
        rows[line, : len(text)] = torch.tensor(text)
        mask[line, : len(text)] = 1
    return rows, mask


def grouped_by_length(texts: Sequence[Sequence[int] | Tensor], size: int) -> list[list[int]]:
    """Return places of `texts` in groups of at most `size` of like length, shortest first; no text gives no group."""
    order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
    return [order[start : start + size] for start in range(0, len(order), size)]
