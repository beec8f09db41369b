"""Writes the dequantised, trimmed weights as a sentence-transformers model (BertModel, mean pooling, unit length)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from models.layout import TOKENIZER
from models.protocols import Vectors
from models.q4 import Q4File
from models.trim import build_tokenizer

if TYPE_CHECKING:
    from transformers import BertModel

__all__ = ["MAX_TOKENS", "PROMPTS", "bert_weights", "write_checkpoint"]

MAX_TOKENS = 512
PROMPTS = {"query": "query: ", "document": "passage: "}

# Tensors of a layer in the file, and the module of BertModel's layer that they belong to.
_DENSE = {
    "q": "attention.self.query", "k": "attention.self.key", "v": "attention.self.value",
    "ao": "attention.output.dense", "fi": "intermediate.dense", "fo": "output.dense",
}  # fmt: skip
_NORMS = {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}


def bert_weights(source: Q4File, pieces: Sequence[int]) -> dict[str, Vectors]:
    """Return BertModel's state, by its names, with the word vectors of these pieces only."""
    hidden = source.sizes.hidden
    state = {
        "embeddings.word_embeddings.weight": source.tensor("emb.word", hidden, pieces),
        "embeddings.position_embeddings.weight": source.tensor("emb.pos", hidden),
        "embeddings.token_type_embeddings.weight": source.tensor("emb.type", hidden),
        "embeddings.LayerNorm.weight": source.tensor("emb.ln.w"),
        "embeddings.LayerNorm.bias": source.tensor("emb.ln.b"),
    }
    for layer in range(source.sizes.layers):
        for short, module in _DENSE.items():
            columns = source.sizes.feed_forward if short == "fo" else hidden
            state[f"encoder.layer.{layer}.{module}.weight"] = source.tensor(f"l{layer}.{short}.w", columns)
            state[f"encoder.layer.{layer}.{module}.bias"] = source.tensor(f"l{layer}.{short}.b")
        for short, module in _NORMS.items():
            state[f"encoder.layer.{layer}.{module}.weight"] = source.tensor(f"l{layer}.{short}.w")
            state[f"encoder.layer.{layer}.{module}.bias"] = source.tensor(f"l{layer}.{short}.b")
    return state


def build_bert(source: Q4File, state: Mapping[str, Vectors]) -> BertModel:
    """Return a transformers BertModel in evaluation mode with this state; raises RuntimeError where names do not fit."""
    import torch
    from transformers import BertConfig, BertModel

    sizes = source.sizes
    config = BertConfig(
        vocab_size=len(state["embeddings.word_embeddings.weight"]),
        hidden_size=sizes.hidden,
        num_hidden_layers=sizes.layers,
        num_attention_heads=sizes.heads,
        intermediate_size=sizes.feed_forward,
        max_position_embeddings=sizes.positions,
        type_vocab_size=sizes.types,
        layer_norm_eps=sizes.epsilon,
        pad_token_id=1,
    )
    model = BertModel(config)
    tensors = {name: torch.from_numpy(values) for name, values in state.items()}
    # BertModel's own pooler is not used; zeros, since transformers warns at each load of a model without it.
    tensors |= {name: torch.zeros_like(values) for name, values in model.named_parameters() if name.startswith("pooler.")}
    model.load_state_dict(tensors, strict=True)
    model.train(False)
    return model


def write_checkpoint(source: Q4File, pieces: Sequence[int], folder: Path) -> None:
    """Write the model with the vocabulary `pieces` (ids in the full one) into `folder`, which must exist."""
    from models.st_encoder import save_model

    tokenizer = build_tokenizer([source.pieces[i] for i in pieces], source.scores[list(pieces)])
    tokenizer.save(str(folder / TOKENIZER))
    save_model(build_bert(source, bert_weights(source, pieces)), folder, prompts=PROMPTS, max_tokens=MAX_TOKENS)
