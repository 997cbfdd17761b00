"""A page of its own with a calendar of articles by day and channel, gaps marked. It asks no host for anything."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from newscrawler.coverage import Channel
from newscrawler.page import frame, label, plot
from newscrawler.printing import BEIJING, moment
from pipelines.store.base import Span

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
ROW_PX = 165
"""Height of a channel's calendar of one year."""
GAPS_LISTED = 500
DAY = timedelta(days=1)
BODY = """<h1>Coverage</h1>
<p>As of {now}, Beijing time. A green square is a day with articles, a grey one is covered and had none; a red cross marks a day
with a gap: asked for and not stored. Years of which nothing is stored stand in the table of gaps only.</p>
{years}
<h2>Gaps</h2>
{gaps}"""


@dataclass(slots=True)
class Calendar:
    """What a channel's calendar shows of one year."""

    channel: Channel
    counts: dict[date, int] = field(default_factory=dict)
    """Days with articles."""
    covered: set[date] = field(default_factory=set)
    """Days that are covered, in whole or in part."""
    gaps: dict[date, list[str]] = field(default_factory=dict)
    """Days with gaps, and their times."""


def page(channels: Sequence[Channel], counts: Mapping[str, Sequence[tuple[str, date, int]]], now: datetime) -> str:
    """Return the page.

    Args:
        channels: what is covered.
        counts: by source, the articles of each channel and Beijing day.
        now: aware; when that was so.
    """
    years = calendars(channels, counts)
    parts = []
    for place, year in enumerate(sorted(years, reverse=True)):
        drawn = plot(draw(years[year], year), f"year-{year}", first=place == 0)
        parts.append(f'<h2>{year}</h2>\n<div class="scroll"><div class="year">{drawn}</div></div>')
    body = BODY.format(
        now=moment(now), years="\n".join(parts) or "<p>Nothing was asked for yet.</p>", gaps=_gap_table(channels)
    )
    return frame("Coverage", body)


def calendars(
    channels: Sequence[Channel], counts: Mapping[str, Sequence[tuple[str, date, int]]]
) -> dict[int, list[Calendar]]:
    """Sort articles, covered days and gaps into a calendar for each channel and each year of which anything is stored."""
    known = {(channel.source, channel.channel): channel for channel in channels}
    for source, name in dict.fromkeys(
        (source, name) for source, rows in counts.items() for name, _, _ in rows
    ):  # articles met in a channel nobody asked for by itself
        known.setdefault((source, name), Channel(source, name, [], [], None))
    years: dict[int, list[Calendar]] = {}
    for key, channel in known.items():
        mine = {day: count for name, day, count in counts.get(key[0], ()) if name == key[1]}
        for year, calendar in _by_year(channel, mine).items():
            years.setdefault(year, []).append(calendar)
    return {
        year: found for year, found in years.items() if any(calendar.counts or calendar.covered for calendar in found)
    }


def _by_year(channel: Channel, counts: Mapping[date, int]) -> dict[int, Calendar]:
    """Cut what is known of one channel into years."""
    years: defaultdict[int, Calendar] = defaultdict(lambda: Calendar(channel))
    for day, count in counts.items():
        years[day.year].counts[day] = count
    for span in channel.covered:
        for day, _ in days(span):
            years[day.year].covered.add(day)
    for gap in channel.gaps:
        for day, times in days((gap.since, gap.until)):
            years[day.year].gaps.setdefault(day, []).append(times)
    return years


def days(span: Span) -> Iterator[tuple[date, str]]:
    """Cut an interval into Beijing days: the day, and which part of it as text."""
    since, until = (edge.astimezone(BEIJING) for edge in span)
    start = since
    while start < until:
        midnight = datetime.combine(start.date() + DAY, datetime.min.time(), tzinfo=BEIJING)
        end = min(until, midnight)
        whole = start.time() == datetime.min.time() and end == midnight
        last = "24:00" if end == midnight else f"{end:%H:%M}"
        yield start.date(), "whole day" if whole else f"{start:%H:%M}-{last}"
        start = midnight


def draw(year: Sequence[Calendar], number: int) -> Figure:
    """Draw the calendars of a year, one below the other: a column a week, Monday on top."""
    from plotly.subplots import make_subplots

    height = ROW_PX * len(year) + 60
    figure = make_subplots(
        rows=len(year), cols=1, subplot_titles=[_label(calendar.channel) for calendar in year],
        vertical_spacing=min(56 / height, 1 / max(1, len(year))),
    )  # fmt: skip
    for row, calendar in enumerate(year, 1):
        for trace in _traces(calendar, number):
            figure.add_trace(trace, row=row, col=1)
    top = max((count for calendar in year for count in calendar.counts.values()), default=1)
    figure.update_layout(
        height=height,
        margin={"l": 40, "r": 10, "t": 30, "b": 20},
        showlegend=False,
        plot_bgcolor="white",
        dragmode=False,
        coloraxis={"colorscale": "Greens", "cmin": -top / 4, "cmax": top, "showscale": False},
    )
    figure.update_annotations(x=0, xanchor="left", font={"size": 14})  # a phone shows the left end first
    figure.update_xaxes(
        range=[str(_weeks(number)[0] - 4 * DAY), str(date(number, 12, 31) + DAY)],
        dtick="M1", tickformat="%b", showgrid=False, zeroline=False, fixedrange=True,
    )  # fmt: skip
    figure.update_yaxes(
        autorange="reversed", tickvals=[0, 2, 4, 6], ticktext=["Mon", "Wed", "Fri", "Sun"],
        showgrid=False, zeroline=False, fixedrange=True,
    )  # fmt: skip
    return figure


def _traces(calendar: Calendar, number: int) -> Iterator[Any]:
    """The layers of a calendar: covered days without articles, days with articles, days with gaps."""
    from plotly.graph_objects import Heatmap, Scatter

    weeks = _weeks(number)
    x = [str(week) for week in weeks]
    empty = {day: 0 for day in calendar.covered if day not in calendar.counts}
    layers: tuple[tuple[str, Mapping[date, int], dict[str, Any]], ...] = (
        ("covered", empty, {"colorscale": [[0, "#e8e8e8"], [1, "#e8e8e8"]], "showscale": False}),
        ("articles", calendar.counts, {"coloraxis": "coloraxis"}),
    )
    for name, values, colours in layers:
        yield Heatmap(
            name=name,
            x=x,
            y=list(range(7)),
            z=[[values.get(week + weekday * DAY) for week in weeks] for weekday in range(7)],
            customdata=[[str(week + weekday * DAY) for week in weeks] for weekday in range(7)],
            hovertemplate="%{customdata}: %{z} articles<extra></extra>",
            hoverongaps=False,
            xgap=2,
            ygap=2,
            **colours,
        )
    marked = sorted(calendar.gaps)
    yield Scatter(
        name="gaps",
        x=[str(day - day.weekday() * DAY) for day in marked],
        y=[day.weekday() for day in marked],
        mode="markers",
        marker={"symbol": "x-thin", "size": 8, "color": "#b00020", "line": {"color": "#b00020", "width": 2}},
        text=[f"{day}: gap {', '.join(calendar.gaps[day])}" for day in marked],
        hovertemplate="%{text}<extra></extra>",
    )


def _weeks(number: int) -> list[date]:
    """Every Monday whose week has a day of the year."""
    first = date(number, 1, 1)
    start = first - first.weekday() * DAY
    return [start + 7 * place * DAY for place in range((date(number, 12, 31) - start).days // 7 + 1)]


def _label(channel: Channel) -> str:
    return label(f"{channel.source} {channel.channel} {channel.name}".strip())


def _gap_table(channels: Sequence[Channel]) -> str:
    lines = [
        f"<tr><td>{_label(channel)}</td><td>{moment(gap.since)}</td><td>{moment(gap.until)}</td>"
        f'<td class="gap">{_why(channel, listed=gap.listed)}</td></tr>'
        for channel in channels
        for gap in channel.gaps
    ]
    if not lines:
        return "<p>None.</p>"
    more = f"<p>{len(lines) - GAPS_LISTED} more.</p>" if len(lines) > GAPS_LISTED else ""
    head = "<tr><th>channel</th><th>from</th><th>until</th><th></th></tr>"
    return f'<div class="scroll"><table>{head}{"".join(lines[:GAPS_LISTED])}</table></div>{more}'


def _why(channel: Channel, *, listed: bool) -> str:
    if listed or channel.reach is None:
        return "the next run goes back for it"
    return f"the source reached back to {moment(channel.reach.reached)}"
