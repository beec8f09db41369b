"""Every refusal of the API as {"error": "<one Chinese sentence>"}; a field that is wrong is named, its value never shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from pydantic_core import ErrorDetails
from starlette.responses import JSONResponse

from ui.web import errors as shared

__all__ = ["add_handlers", "field_sentence"]

_SENTENCES: Mapping[int, str] = {
    **shared.SENTENCES,
    400: "请求内容读不懂，请检查格式后再试。",
    404: "没有这个地址，请对照接口文档 /api/docs 核对。",
    405: "这个地址不支持这种请求方法，请对照接口文档 /api/docs 核对。",
}
_FIELDS: Mapping[str, str] = {
    "missing": "没有填写，请补上",
    "extra_forbidden": "是不认识的字段，请去掉或对照接口文档改正",
    "string_too_long": "最多 {max_length} 个字，请改短",
    "string_too_short": "是空的，请填写",
    "string_type": "应是文字",
    "string_unicode": "里有不完整的字符（单独的代理码位），请改正",
    "string_pattern_mismatch": "不是所要的格式，请对照接口文档改正",
    "int_type": "应是整数",
    "int_parsing": "应是整数",
    "int_parsing_size": "的数值太大",
    "int_from_float": "应是整数",
    "bool_type": "应是 true 或 false",
    "bool_parsing": "应是 true 或 false",
    "greater_than_equal": "不能小于 {ge}",
    "less_than_equal": "不能大于 {le}",
    "literal_error": "的值不对，可选：{expected}",
    "list_type": "应是数组",
    "too_long": "最多 {max_length} 项，请减少",
    "too_short": "至少要有 {min_length} 项",
    "date_type": "应写成 2026-03-02 这样的日期",
    "date_parsing": "应写成 2026-03-02 这样的日期",
    "date_from_datetime_parsing": "应写成 2026-03-02 这样的日期",
    "model_attributes_type": "应是 JSON 对象",
    "dict_type": "应是 JSON 对象",
}
_NAME = 60  # characters of a field's name that are repeated: it may be anything


def field_sentence(error: ErrorDetails) -> str:
    """Return what is wrong with which field, for an error of pydantic; a whole body that cannot be read has no field."""
    kind, place = error["type"], error["loc"]
    if kind == "json_invalid":
        return "请求内容不是有效的 JSON，请检查格式。"
    said = _FIELDS.get(kind, "不是所要的格式，请对照接口文档改正").format_map(_Limits(error.get("ctx") or {}))
    name = ".".join(str(part) for part in place[_skipped(place) :])[:_NAME]
    name = "".join(sign if sign.isprintable() else "\ufffd" for sign in name)
    return f"“{name}”{said}。" if name else f"请求内容{said}。"


def _skipped(place: tuple[int | str, ...]) -> int:
    """Return how many parts of a place say only where the field is: body, query, path, and which kind of batch."""
    count = 1 if place[:1] in (("body",), ("query",), ("path",)) else 0
    return count + (1 if str(place[count : count + 1]).startswith("('~") else 0)


class _Limits(dict[str, Any]):
    """The figures of a limit; Chinese between the choices that pydantic names in English."""

    def __getitem__(self, key: str) -> object:
        value = super().__getitem__(key)
        return value.replace("'", "").replace(" or ", "、").replace(", ", "、") if isinstance(value, str) else value


def add_handlers(api: FastAPI) -> None:
    """Give every error of the API the one shape; what was asked wrongly points to the description of the API."""
    shared.add_handlers(api, sentences=_SENTENCES, field=field_sentence)
    api.add_exception_handler(Exception, _broken)


async def _broken(request: Request, error: Exception) -> JSONResponse:
    return shared.problem(500, shared.BROKEN)
