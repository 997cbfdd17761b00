"""The plots of `scrapy report`. Every text in them is escaped: plotly reads some HTML."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from newscrawler.outcome import MEANINGS, WHOLE
from newscrawler.page import label
from newscrawler.printing import BEIJING, moment
from newscrawler.report import Report, hours_of
from pipelines.store.base import RunRow

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

FIRST_VIEW = timedelta(days=14)
"""How much of a longer time is seen at first."""
COLOURS = {0: "#2e7d32", 1: "#6a1b9a", 3: "#f9a825", 4: "#ef6c00", 5: "#b00020", 6: "#1565c0", 75: "#757575"}
"""Of the runs that ended with each exit status."""
DEAD = "dead"


def per_hour(report: Report) -> Figure:
    """Draw articles by hour, one bar for each hour that has any, and what is usual."""
    from plotly.graph_objects import Bar, Figure, Scatter

    figure = Figure(
        [
            Bar(
                name="articles",
                x=[_local(hour + timedelta(minutes=30)) for hour in report.hours],
                y=list(report.hours.values()),
                customdata=[moment(hour) for hour in report.hours],
                width=3_600_000 * 0.9,
                marker={"color": "#2e7d32", "line": {"width": 0}},
                hovertemplate="%{customdata}: %{y} articles<extra></extra>",
            ),
            Scatter(
                name="usual",
                x=[_local(hour + timedelta(minutes=30)) for hour in report.usual],
                y=list(report.usual.values()),
                mode="lines",
                line={"color": "#ef6c00", "width": 1, "shape": "hvh"},
                hovertemplate="usual: %{y:.0f}<extra></extra>",
            ),
        ]
    )
    _styled(figure, 340)
    buttons = [
        {"step": "day", "count": 2, "label": "2 days", "stepmode": "backward"},
        {"step": "day", "count": 14, "label": "2 weeks", "stepmode": "backward"},
        {"step": "all", "label": "all"},
    ]
    figure.update_layout(showlegend=False, margin={"t": 40})  # the words above say which is which
    figure.update_xaxes(type="date", rangeselector={"buttons": buttons, "x": 0, "y": 1.03})
    assert report.span is not None  # noqa: S101 - the caller has looked
    since, until = report.span
    if until - since > FIRST_VIEW:
        figure.update_xaxes(range=[_local(until - FIRST_VIEW), _local(until)])
    figure.update_yaxes(rangemode="tozero")
    return figure


def ranking(rows: Sequence[tuple[str, int]]) -> Figure:
    """Draw names by their number of articles, most on top."""
    from plotly.graph_objects import Bar, Figure

    names = [label(name) for name, _ in rows]
    places = list(range(len(rows)))
    figure = Figure(
        Bar(
            x=[number for _, number in rows],
            y=places,
            orientation="h",
            text=[f"{number:,}" for _, number in rows],
            textposition="auto",
            customdata=names,
            marker={"color": "#1565c0"},
            hovertemplate="%{customdata}: %{x} articles<extra></extra>",
        )
    )
    _styled(figure, 24 * len(rows) + 50)
    _named(figure, places, [_short(name) for name, _ in rows])
    figure.update_xaxes(rangemode="tozero")
    return figure


def freshness(report: Report) -> Figure:
    """Draw how old the newest article of each channel is, and what is usual at this hour."""
    from plotly.graph_objects import Bar, Figure, Scatter

    names = [f"{fresh.channel} {fresh.name}".strip() for fresh in report.fresh]
    sources = {fresh.source for fresh in report.fresh}
    if len(sources) > 1:
        names = [f"{fresh.source} {name}" for fresh, name in zip(report.fresh, names, strict=True)]
    places = list(range(len(names)))
    said = ["more than 4 days" if fresh.age is None else f"{hours_of(fresh.age):g} h" for fresh in report.fresh]
    known = [(place, fresh) for place, fresh in enumerate(report.fresh) if fresh.usual is not None]
    figure = Figure(
        [
            Bar(
                name="age now",
                x=[hours_of(fresh.age) for fresh in report.fresh],
                y=places,
                orientation="h",
                text=said,
                textposition="auto",
                marker={"color": "#1565c0"},
                hovertemplate="%{text}<extra></extra>",
            ),
            Scatter(
                name="usual",
                x=[hours_of(fresh.usual) for _, fresh in known],
                y=[place for place, _ in known],
                mode="markers",
                marker={"symbol": "line-ns", "size": 18, "line": {"color": "#ef6c00", "width": 3}},
                hovertemplate="usual: %{x:.1f} h<extra></extra>",
            ),
        ]
    )
    _styled(figure, 26 * len(names) + 90)
    _named(figure, places, [_short(name) for name in names])
    figure.update_xaxes(rangemode="tozero", title={"text": "hours since the newest article"})
    return figure


def run_times(report: Report) -> Figure:
    """Draw how long each run took, coloured by how it ended."""
    from plotly.graph_objects import Figure, Scatter

    figure = Figure()
    ended = [run for run in report.runs if run.finished_at is not None]
    for status in sorted({run.exit_status or 0 for run in ended}):
        mine = [run for run in ended if (run.exit_status or 0) == status]
        figure.add_trace(
            Scatter(
                name=_meaning(status),
                x=[_local(run.started_at) for run in mine],
                y=[_seconds(run) for run in mine],
                mode="markers",
                marker={"size": 7, "color": COLOURS.get(status, "#000000")},
                customdata=[label(f"run {run.id}, {run.spider}: exit {run.exit_status}") for run in mine],
                hovertemplate="%{customdata}<br>%{x|%Y-%m-%d %H:%M}: %{y:.1f} s<extra></extra>",
            )
        )
    _styled(figure, 340)
    figure.update_layout(showlegend=True)
    figure.update_xaxes(type="date")
    figure.update_yaxes(rangemode="tozero", title={"text": "seconds"})
    return figure


def failures(report: Report) -> Figure:
    """Draw the runs that did not end with 0 by Beijing day and exit status."""
    from plotly.graph_objects import Bar, Figure

    counted = Counter(
        (status_of(run, report), f"{run.started_at.astimezone(BEIJING):%Y-%m-%d}") for run in report.failures
    )
    figure = Figure()
    for status in sorted({status for status, _ in counted}, key=str):
        days = sorted(day for kind, day in counted if kind == status)
        figure.add_trace(
            Bar(
                name=_meaning(status),
                x=days,
                y=[counted[status, day] for day in days],
                marker={"color": COLOURS.get(status, "#000000") if isinstance(status, int) else "#000000"},
                hovertemplate="%{x|%Y-%m-%d}: %{y} runs<extra></extra>",
            )
        )
    _styled(figure, 300)
    figure.update_layout(barmode="stack", showlegend=True)
    figure.update_xaxes(type="category", categoryorder="category ascending")
    figure.update_yaxes(rangemode="tozero", tickformat="d")
    return figure


def _styled(figure: Figure, height: int) -> None:
    """Give a plot its size and the look that all share; nothing is dragged, so that a finger scrolls the page."""
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 24, "b": 8},
        plot_bgcolor="white",
        dragmode=False,
        showlegend=len(figure.data) > 1,
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        hoverlabel={"namelength": 0},
        font={"size": 13},
    )
    grid: dict[str, Any] = {"gridcolor": "#e8e8e8", "automargin": True, "fixedrange": True}
    figure.update_xaxes(**grid)
    figure.update_yaxes(**grid)


def _named(figure: Figure, places: list[int], names: list[str]) -> None:
    """Write names beside horizontal bars, the first one on top."""
    figure.update_yaxes(
        tickmode="array", tickvals=places, ticktext=names, range=[len(places) - 0.5, -0.5], showgrid=False
    )


def status_of(run: RunRow, report: Report) -> int | str:
    """Return how a run ended: its exit status, or that it is dead."""
    return DEAD if run.id in report.dead else run.exit_status or WHOLE


def _meaning(status: int | str) -> str:
    return f"{status}: {MEANINGS.get(status, '')}" if isinstance(status, int) else "dead: never ended"


def _seconds(run: RunRow) -> float:
    return round((run.finished_at - run.started_at).total_seconds(), 1) if run.finished_at else 0.0


def _short(name: str) -> str:
    """Cut a name that would take the plot's place on a phone; escape it."""
    return label(name if len(name) <= 16 else f"{name[:15]}…")


def _local(when: datetime) -> str:
    """Return a moment as plotly takes it: Beijing's clock, no zone."""
    return f"{when.astimezone(BEIJING):%Y-%m-%dT%H:%M:%S}"
