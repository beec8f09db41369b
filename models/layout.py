"""The folder of an encoder: its files, and the manifest that says what they are.

    e5-small-zh/                        untrained: built by models.build_encoder, what training starts from
      manifest.json                     format, name, digest, source, licence, sizes, prompts, sha256 of each file
      model.onnx                        token vectors, for onnxruntime
      tokenizer.json                    unigram tokenizer, for both
      model.safetensors, *.json, 1_*/   the same weights for sentence-transformers: training, other backends
    rongcuo-zh/                         trained and shipped: models.training, then models.compact
      attention.npz                     its clause attention
      (no safetensors)                  the ONNX file holds 8-bit weights
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from data.errors import ModelError, reason

__all__ = [
    "BASE_NAME", "DEFAULT_NAME", "FORMAT", "WEIGHTS", "Manifest", "check_file", "file_digests", "read_manifest", "remedy", "seal",
]  # fmt: skip

FORMAT = 1
BASE_NAME = "e5-small-zh"
DEFAULT_NAME = "rongcuo-zh"
WEIGHTS = Path(__file__).with_name("weights")
MANIFEST = "manifest.json"
ONNX = "model.onnx"
TOKENIZER = "tokenizer.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a folder of weights holds; `digest` is over the files and the prompts, `files` maps names to sha256."""

    name: str
    source: str
    licence: str
    dim: int
    max_tokens: int
    vocabulary: int
    parameters: int
    prompts: Mapping[str, str]
    precision: str = "fp32"
    files: Mapping[str, str] = field(default_factory=dict)
    digest: str = ""
    format: int = FORMAT


def seal(folder: Path, draft: Manifest) -> Manifest:
    """Write the manifest of a finished folder and return it: `draft` with the digests of the files that lie there."""
    files = file_digests(folder)
    made_of = json.dumps([draft.format, draft.max_tokens, dict(draft.prompts), files], sort_keys=True)
    manifest = replace(draft, files=files, digest=hashlib.sha256(made_of.encode()).hexdigest())
    text = json.dumps(asdict(manifest), ensure_ascii=False, indent=1)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8", newline="\n")
    return manifest


def file_digests(folder: Path) -> dict[str, str]:
    """Return the sha256 of each file in `folder` but the manifest, by its relative path, in order of path."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != MANIFEST:
            with path.open("rb") as file:
                found[path.relative_to(folder).as_posix()] = hashlib.file_digest(file, "sha256").hexdigest()
    return found


def remedy(folder: Path) -> str:
    """Return what to do, in Chinese, where the model in `folder` is missing or damaged: who made it can make it again."""
    place = folder.resolve()
    if place == (WEIGHTS / DEFAULT_NAME).resolve():
        return "它随程序提供，请重新安装程序"
    if place == (WEIGHTS / BASE_NAME).resolve():
        return "请运行 python -m models.build_encoder --force"
    return f"请检查路径，换上完好的副本或重新训练，或改用默认模型 {DEFAULT_NAME}"


def check_file(folder: Path, manifest: Manifest, name: str) -> None:
    """Raise ModelError unless the file of that name is the one that the manifest was sealed over."""
    try:
        with (folder / name).open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"编码模型 {folder} 的 {name} 读不出来（{reason(error)}），请检查路径和权限。") from error
    if found != manifest.files.get(name, found):
        raise ModelError(f"编码模型 {folder} 的 {name} 与清单不符，可能已损坏；{remedy(folder)}。")


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of `folder`.

    Raises ModelError where there is none, it cannot be read, has another format version, or a file that it names is gone.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise ModelError(f"没有找到编码模型 {folder}，{remedy(folder)}。")
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        found = fields.get("format")
        if found != FORMAT:
            raise ModelError(f"编码模型 {folder} 的格式版本是 {found}，程序需要 {FORMAT}，{remedy(folder)}。")
        manifest = Manifest(**fields)
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise ModelError(f"编码模型 {folder} 的 {MANIFEST} 已损坏，{remedy(folder)}。") from error
    if missing := [name for name in manifest.files if not (folder / name).is_file()]:
        raise ModelError(f"编码模型 {folder} 缺少文件 {'、'.join(missing)}，{remedy(folder)}。")
    return manifest
