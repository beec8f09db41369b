"""Word files from templates that an office can edit. The only module that imports docxtpl.

A template is an ordinary .docx with names in double braces. It is filled in once and what is filled in is never read as
a template again, so {{ 7*7 }} in a narrative stays as it was written; templates themselves run in a sandbox.
"""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from docxtpl import DocxTemplate
from jinja2 import StrictUndefined
from jinja2.exceptions import TemplateError, TemplateSyntaxError, UndefinedError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from data.errors import FileError, reason
from ui.reports.batch_context import batch_context
from ui.reports.case_file import BatchFile, CaseFile
from ui.reports.context import case_context
from ui.reports.masking import masked_batch, masked_case
from ui.reports.wording import plain

__all__ = ["BATCH_TEMPLATE", "CASE_TEMPLATE", "VARIABLE", "batch_docx", "case_docx", "case_template"]

CASE_TEMPLATE = Path(__file__).parent / "templates" / "case.docx"
BATCH_TEMPLATE = Path(__file__).parent / "templates" / "batch.docx"
VARIABLE = "RONGCUO_REPORT_TEMPLATE"
"""The environment variable that names an office's own template for a case."""

_REQUIRED = "说明"


def case_docx(case: CaseFile, *, masked: bool = True, template: Path | None = None) -> bytes:
    """Return the Word report of a case; without `template` by RONGCUO_REPORT_TEMPLATE, else by the program's own one.

    Raises FileError: the template is missing, no Word file, names something unknown, or leaves out 说明.
    """
    case = masked_case(case) if masked else case
    return _filled(template or case_template(), case_context(case, masked=masked))


def batch_docx(batch: BatchFile, *, masked: bool = True) -> bytes:
    """Return the Word report of a batch; errors as `case_docx`."""
    batch = masked_batch(batch) if masked else batch
    return _filled(BATCH_TEMPLATE, batch_context(batch, masked=masked))


def case_template() -> Path:
    """Return the template for cases that is in use."""
    own = os.environ.get(VARIABLE, "").strip()
    return Path(own) if own else CASE_TEMPLATE


def _filled(template: Path, context: Mapping[str, Any]) -> bytes:
    try:
        document = DocxTemplate(io.BytesIO(template.read_bytes()))
        environment = ImmutableSandboxedEnvironment(autoescape=True, undefined=StrictUndefined, finalize=_text)
        if _REQUIRED not in document.get_undeclared_template_variables(environment):
            raise _unusable(template, f"缺少“{{{{ {_REQUIRED} }}}}”一处，报告必须写明建议仅供参考")
        document.render(dict(context), environment)
        target = io.BytesIO()
        document.save(target)
    except OSError as error:
        raise _unusable(template, f"读不出来：{reason(error)}") from error
    except TemplateSyntaxError as error:
        raise _unusable(template, "双花括号或 {% %} 的写法有误，或缺少对应的 endfor、endif") from error
    except UndefinedError as error:
        raise _unusable(template, "用到了程序没有提供的名称，可用的名称见自带的模板") from error
    except TemplateError as error:
        raise _unusable(template, "里面的表达式不能执行") from error
    except (zipfile.BadZipFile, SyntaxError, LookupError, ValueError, TypeError, AttributeError) as error:
        raise _unusable(template, "不是完好的 .docx 文件") from error
    return target.getvalue()


def _unusable(template: Path, why: str) -> FileError:
    if os.environ.get(VARIABLE, "").strip() == str(template):
        return FileError(f"报告模板 {template} 用不了（{why}），请改正模板，或取消环境变量 {VARIABLE} 改用自带的模板。")
    return FileError(f"报告模板 {template} 用不了（{why}），请换一个模板或重新安装程序。")


def _text(value: object) -> Markup:
    """Return a value as text of an XML file; docxtpl would take {_{ and %_} for braces."""
    return Markup(str(escape(plain(str(value)))).replace("_", "&#95;"))
