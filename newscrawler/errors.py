"""Errors of the crawl; those of the stages and the store stand in `pipelines.errors`.

NewsCrawlerError
    SourceArgumentError  a spider argument of the user's is wrong: one line, exit 2
    LayoutError          an answer no longer has the shape we know: exit 6
        NoArticle        an answer that holds no article (missing, empty): ask the next place, else pending
        ListGone         no such list at this address any more (404)
    RunLocked            another run of the spider holds the lock: exit 75
Refused                  the site refuses us (403, captcha, ban page): exit 4
ForbiddenRequest         a request for a host, port or scheme that no source may ask
"""

from __future__ import annotations

from scrapy.exceptions import IgnoreRequest


class NewsCrawlerError(Exception):
    """What this package raises on purpose."""


class SourceArgumentError(NewsCrawlerError, ValueError):
    """An argument that cannot be used; the message says what is wrong and what would be right."""


class LayoutError(NewsCrawlerError):
    """An answer whose shape is not the one we know."""


class NoArticle(LayoutError):
    """An answer in a known shape that holds no article."""


class ListGone(LayoutError):
    """There is no such list at its address any more; another form of it may be asked, which a refusal never allows."""


class RunLocked(NewsCrawlerError):
    """Another run of the same spider is under way."""


class Refused(IgnoreRequest):
    """The site refuses to serve us, or the circuit breaker of its host is open; never to be got round."""


class ForbiddenRequest(IgnoreRequest):
    """A request outside the hosts, ports and schemes that the spider may ask."""


class CutShort(NewsCrawlerError):
    """An answer whose end is missing: nothing in it can be trusted."""
