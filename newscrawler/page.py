"""What pages with plots share: one frame, one way to embed plots, one way to write a file. No page asks a host for anything."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from newscrawler.printing import shown
from pipelines.errors import SettingError

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

FRAME = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; \
style-src 'unsafe-inline'; img-src data: blob:">
<link rel="icon" href="data:,">
<title>{title}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 1100px; padding: 0 12px; color: #222 }}
.scroll {{ overflow-x: auto }}
.year {{ min-width: 760px }}
table {{ border-collapse: collapse; white-space: nowrap }}
th, td {{ padding: 2px 12px 2px 0; text-align: left; vertical-align: top; font-variant-numeric: tabular-nums }}
.wrap {{ white-space: normal; min-width: 14em; overflow-wrap: anywhere }}
.gap {{ color: #b00020 }}
</style>
</head>
<body>
{body}
</body>
</html>
"""


def frame(title: str, body: str) -> str:
    """Return a whole page.

    Args:
        title: plain text.
        body: HTML, its texts escaped.
    """
    return FRAME.format(title=escape(title), body=body)


def label(text: object) -> str:
    """Return a text as HTML, and as plotly takes text: it reads some HTML in it."""
    return escape(shown(text), quote=False)


def plot(figure: Figure, name: str, *, first: bool) -> str:
    """Return a plot as HTML; the first one of a page brings the library along.

    Args:
        figure: of plotly.
        name: becomes the element's id.
        first: whether it is the first one.
    """
    html: str = figure.to_html(
        full_html=False,
        include_plotlyjs=first,
        include_mathjax=False,
        div_id=name,
        config={"displaylogo": False, "responsive": True, "displayModeBar": False, "scrollZoom": False},
    )
    return html


def write_page(root: Path, file: str, html: str) -> Path:
    """Write a page, whole or not at all; returns where.

    Args:
        root: what relative paths count from.
        file: the option --html, as given.
        html: the page.

    Raises:
        SettingError: it names no file that can be written.
    """
    path = page_path(root, file)
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        temporary.write_text(html, encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise SettingError(f"--html={file} cannot be written: {error.strerror or error}") from error
    return path


def page_path(root: Path, file: str) -> Path:
    """Return where a page is to be written; SettingError where that is no file in a folder that exists."""
    path = root / Path(file).expanduser()
    if not file or path.is_dir() or not path.parent.is_dir():
        raise SettingError(f"--html={file} names no file in a folder that exists; right would be --html=news.html")
    return path
