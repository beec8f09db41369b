"""Chinese word segmentation with the lexicon of this field, and the terms that lexical search counts.

jieba is imported here only, through a `Tokenizer` object of our own: the module-level functions share one global
dictionary with everything else in the process.
"""

from __future__ import annotations

import functools
import logging
import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.schema import Span
from models.dictionary import LEXICON, cache_path, load_table, prefix_table, read_lexicon, save_table

__all__ = ["STOPWORDS", "Segmenter", "Token", "load_segmenter"]

# Function words that say nothing about what happened. Negations (不 没 未 无) are not among them: they do.
STOPWORDS = frozenset(
    "的 了 在 是 和 与 及 或 等 对 将 把 被 由 于 以 为 其 该 此 这 那 之 也 都 就 还 又 很 而 但 并 且 着 过 到 从 向 给 让 使 "
    "我 你 他 她 它 我们 你们 他们 她们 它们 自己 一个 这个 那个 这些 那些 以及 或者 并且 而且 但是 因为 所以 如果 "
    "吗 呢 吧 啊 呀 哦 嗯 地 得 所 上 下 里 中 后 前 时 来 去 说".split()
)
BIGRAM_MARK = "~"
# Full-width letters, digits and signs, and the ideographic space, one character to one, so that offsets stay.
_NARROW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_KEPT = 8  # texts whose terms are kept


@dataclass(frozen=True, slots=True)
class Token:
    """One piece of a text: a word, a number, a punctuation mark or white space; ``text`` is as it was written."""

    text: str
    span: Span


class Segmenter:
    """Cuts text into words; loads its dictionary at first use (once per object) and is safe to share between threads."""

    def __init__(self, lexicon: Path = LEXICON) -> None:
        self._lexicon = lexicon
        self._lock = threading.Lock()
        self._jieba: Any = None
        # a long narrative takes half a second to cut, and a report compares every clause with it
        self._cut = functools.lru_cache(maxsize=_KEPT)(self._cut_terms)

    def tokens(self, text: str) -> list[Token]:
        """Return the pieces of `text` in order; their spans cover it without gap or overlap; empty text gives []."""
        found: list[Token] = []
        start = 0
        # jieba takes full-width letters and digits one by one; narrowed, ＣＯＤ is a word and ３．５ a number.
        for piece in self._tokenizer().cut(text.translate(_NARROW)):
            end = start + len(piece)
            found.append(Token(text[start:end], Span(start, end)))
            start = end
        return found

    def terms(self, text: str) -> list[str]:
        """Return the index terms of `text` in document order, repeats kept; empty text gives []. See `term_spans`."""
        return [term for term, _ in self.term_spans(text)]

    def term_spans(self, text: str) -> list[tuple[str, Span]]:
        """Return each index term with its span: words, and the character bigrams of runs of Han words.

        Words are lower-cased and half-width, without punctuation, white space and stop words. Bigrams (``~偷排``) make a
        match possible where two texts were cut apart differently, and carry a mark so that they are counted apart from
        words: a two-character word yields both ``受理`` and ``~受理``, so a word found as a word counts twice as much
        as the same characters found inside 容缺受理. A stop word ends a run: a bigram with 的 in it tells nothing.
        The last few texts are kept.
        """
        return list(self._cut(text))

    def _cut_terms(self, text: str) -> list[tuple[str, Span]]:
        found: list[tuple[str, Span]] = []
        run: list[Token] = []
        for token in self.tokens(text):
            term = _term(token.text)
            if term:
                found.append((term, token.span))
            if term and _is_han(token.text):
                run.append(token)
                continue
            found.extend(_bigrams(run))
            run = []
        found.extend(_bigrams(run))
        return sorted(found, key=lambda pair: (pair[1].start, -pair[1].end, pair[0].startswith(BIGRAM_MARK)))

    def _tokenizer(self) -> Any:  # noqa: ANN401  (jieba has no types)
        with self._lock:
            if self._jieba is None:
                self._jieba = _load_jieba(self._lexicon)
        return self._jieba


@functools.cache
def load_segmenter() -> Segmenter:
    """Return the segmenter of this process: the dictionary takes about 80 MB, so it is loaded once."""
    return Segmenter()


def _load_jieba(lexicon: Path) -> Any:  # noqa: ANN401
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # jieba 0.42 has invalid escapes and looks for pkg_resources
        import jieba
    jieba.setLogLevel(logging.CRITICAL)  # it reports each load on stderr
    tokenizer = jieba.Tokenizer()
    cache = cache_path(jieba.__version__, lexicon)
    table = load_table(cache)
    if table is None:
        with tokenizer.get_dict_file() as source:
            table = prefix_table(source.read())
        _use(tokenizer, table)
        for word, frequency in read_lexicon(lexicon):
            tokenizer.add_word(word, frequency or tokenizer.suggest_freq(word))
        table = (tokenizer.FREQ, tokenizer.total)
        save_table(table, cache)
    _use(tokenizer, table)
    return tokenizer


def _use(tokenizer: Any, table: tuple[dict[str, int], int]) -> None:  # noqa: ANN401
    tokenizer.FREQ, tokenizer.total = table
    tokenizer.initialized = True


def _term(piece: str) -> str:
    """Return the index term of a piece, "" for punctuation, white space and stop words."""
    term = piece.translate(_NARROW).lower()
    return term if term not in STOPWORDS and any(map(str.isalnum, term)) else ""


def _is_han(piece: str) -> bool:
    """Tell whether all characters are Han: the basic block, extension A, compatibility forms and the planes beyond."""
    return all("\u3400" <= c <= "\u9fff" or "\uf900" <= c <= "\ufaff" or "\U00020000" <= c <= "\U000323af" for c in piece)


def _bigrams(run: list[Token]) -> Iterator[tuple[str, Span]]:
    """Yield the marked bigrams of a run of adjacent tokens; a run of fewer than two characters yields none."""
    if not run:
        return
    characters = "".join(token.text for token in run)
    start = run[0].span.start
    for offset in range(len(characters) - 1):
        yield BIGRAM_MARK + characters[offset : offset + 2], Span(start + offset, start + offset + 2)
