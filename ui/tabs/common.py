"""What the tabs share: how their events and HTML components are declared, and functions for the browser."""

from __future__ import annotations

import json
from typing import Any

from ui.cards import status_html

__all__ = ["BARE", "FAILED", "PRIVATE", "returns"]

PRIVATE: dict[str, Any] = {"api_visibility": "private"}
"""For events: not in any description of the interface. It hides and protects nothing: every handler checks by itself."""

BARE: dict[str, Any] = {"js_on_load": None, "apply_default_css": False, "elem_classes": "rc-page"}
"""For HTML components as plain containers."""

FAILED = status_html("程序出错，没有得到结果；请再试一次，仍不行时请联系管理员（自己运行本程序的，看运行程序的窗口）。", "error")
"""The status after an error of the program; the window is before whoever runs it, which in an office is not the visitor."""


def returns(*values: str, before: str = "") -> str:
    """Return a function for the browser that runs the statement `before` and gives `values` to the outputs of an event."""
    constant = json.dumps(values if len(values) > 1 else values[0], ensure_ascii=False)
    return f"() => {{ {before}; return {constant}; }}"
