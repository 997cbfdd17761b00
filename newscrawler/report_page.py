"""The page of `scrapy report`: plots one below the other, readable on a phone. It asks no host for anything."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from newscrawler.page import frame, label, plot
from newscrawler.printing import moment
from newscrawler.report import LEADING, RUNS, Report
from newscrawler.report_plots import failures, freshness, per_hour, ranking, run_times, status_of
from pipelines.store.base import RunRow

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

LISTED = 30
"""Failed runs that are listed."""
FRESHNESS = """<p>Bars: age of each channel's newest article. Marks: the longest it had at this hour of this weekday in the eight
weeks before, where there are at least four.</p>"""
WITHOUT = "<p>Articles are counted in a database only: NEWS_OUTPUTS has none.</p>"


def page(report: Report) -> str:
    """Return the page."""
    embedded = _Embedded()
    parts = [
        f"<h1>Report</h1>\n<p>As of {moment(report.now)}, Beijing time.{_said(report)}</p>",
        *_of_articles(report, embedded),
        "<h2>Freshness</h2>",
        FRESHNESS,
        _section(embedded, "freshness", freshness(report) if report.fresh and report.counts_articles else None),
        "<h2>Run times</h2>",
        _section(embedded, "runs", run_times(report) if report.runs else None, "<p>No run yet.</p>"),
        "<h2>Failures</h2>",
        _section(embedded, "failures", failures(report) if report.failures else None),
        _failed_runs(report),
        "<h2>Pending</h2>",
        _pending(report),
    ]
    return frame("Report", "\n".join(parts))


class _Embedded:
    """Embeds figures; the first one brings the library."""

    def __init__(self) -> None:
        self.first = True

    def __call__(self, name: str, figure: Figure) -> str:
        html = plot(figure, name, first=self.first)
        self.first = False
        return html


def _section(embedded: _Embedded, name: str, figure: Figure | None, otherwise: str = "<p>None.</p>") -> str:
    return otherwise if figure is None else embedded(name, figure)


def _said(report: Report) -> str:
    if report.span is None:
        return ""
    total = sum(report.hours.values())
    return f" {total:,} articles from {moment(report.span[0])} to {moment(report.span[1])}."


def _of_articles(report: Report, embedded: _Embedded) -> Iterator[str]:
    yield "<h2>Articles per hour</h2>"
    if report.span is None:
        yield "<p>No article yet.</p>" if report.counts_articles else WITHOUT
        return
    yield (
        "<p>Bars: articles by hour of publication. Line: the median of the same hour and weekday in the eight weeks before, "
        "where there are at least four.</p>"
    )
    yield embedded("hours", per_hour(report))
    for name, head, rows in (
        ("publishers", "Publishers", report.publishers),
        ("securities", "Securities", report.securities),
    ):
        yield f"<h2>{head}</h2>"
        yield f"<p>Those of most articles, {LEADING} at most.</p>" if rows else "<p>None.</p>"
        if rows:
            yield embedded(name, ranking(rows))


def _failed_runs(report: Report) -> str:
    rows = list(reversed(report.failures))
    if not rows:
        return ""
    lines = [
        f"<tr><td>{run.id}</td><td>{label(run.spider)}</td><td>{moment(run.started_at)}</td>"
        f'<td class="gap">{status_of(run, report)}</td><td class="wrap">{_reason(run, report)}</td></tr>'
        for run in rows[:LISTED]
    ]
    head = "<tr><th>run</th><th>spider</th><th>started</th><th>exit</th><th>reason</th></tr>"
    more = f"<p>{len(rows) - LISTED} more.</p>" if len(rows) > LISTED else ""
    note = f"<p>Of the last {RUNS} runs.</p>" if len(report.runs) >= RUNS else ""
    return f'<div class="scroll"><table>{head}{"".join(lines)}</table></div>{more}{note}'


def _pending(report: Report) -> str:
    if not report.pending:
        return "<p>None.</p>"
    lines = [
        f"<tr><td>{label(stage)}</td><td>{label(state)}</td><td>{number}</td></tr>"
        for stage, state, number in report.waiting
    ]
    head = "<tr><th>stage</th><th>state</th><th>articles</th></tr>"
    return f'<div class="scroll"><table>{head}{"".join(lines)}</table></div>'


def _reason(run: RunRow, report: Report) -> str:
    if run.id in report.dead:
        return "it never said how it ended: killed, or the machine went down"
    return label(run.reason)
