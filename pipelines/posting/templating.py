"""The environment in which templates run: a sandbox, out of which whatever a template puts in comes harmless.

Imported with the first template, as a run that finds nothing new needs no Jinja2.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from pipelines.posting.escape import as_safe, md_text, safe_url
from pipelines.posting.frontmatter import listed, plain, quoted

TEMPLATES = Path(__file__).parents[1] / "templates"
"""Where the built-in forms are."""


def _yaml(value: Any) -> Markup:
    return as_safe(quoted(str(value)) if isinstance(value, str) else listed(str(one) for one in value))


def _harmless(value: Any) -> Markup:
    """Escape whatever a template puts in that is not marked as safe already."""
    if type(value) is Markup:
        return value
    return as_safe(value.__html__() if hasattr(value, "__html__") else md_text(str(value)))


class _Code(CodeGenerator):
    """Puts in what `_harmless` returns as it is, where Jinja2 would look once more whether it has to be escaped."""

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        self.write(f"({finalize.src}")


class _Sandbox(ImmutableSandboxedEnvironment):
    code_generator_class = _Code

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Return a dictionary, where Jinja2 makes a chain of two, which costs more whenever a template is filled in."""
        return {**self.globals, **(d or {})}


@cache
def environment(folder: Path = TEMPLATES) -> ImmutableSandboxedEnvironment:
    """Build the sandbox in which templates run; `folder` is looked in before our own."""
    made = _Sandbox(
        loader=FileSystemLoader([folder, TEMPLATES]),
        autoescape=True,
        finalize=_harmless,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters.update(
        yaml=_yaml,
        plain=lambda value: as_safe(plain(str(value))),
        url=lambda value: as_safe(safe_url(str(value))),
    )
    return made
