"""A file as the answer."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from starlette.responses import Response

__all__ = ["download", "file_answers"]

_KINDS = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/x-ndjson; charset=utf-8",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def download(file: tuple[str, bytes]) -> Response:
    """Return a file to be saved under its name; no cache keeps it."""
    name, content = file
    headers = {
        "content-disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
    }
    return Response(content, media_type=_KINDS[name.rpartition(".")[2]], headers=headers)


def file_answers(*kinds: str) -> dict[int | str, dict[str, Any]]:
    """Return how the interface description shows files of these kinds."""
    binary = {"schema": {"type": "string", "format": "binary"}}
    return {200: {"description": "文件", "content": {_KINDS[kind].partition(";")[0]: binary for kind in kinds}}}
