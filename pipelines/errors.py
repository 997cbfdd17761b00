"""Errors and drops of the stages.

SettingError         a setting or argument of the user's is wrong: one line, exit 2
StoreError           the store failed or cannot be reached: the run ends, exit 5
    SchemaTooNew     the database was written by a newer newscrawler: exit 2
NewsDrop             an article a stage refuses: it becomes a row of `pending`
    InvalidText InvalidBody InvalidDate InvalidSecurities InvalidPost
    Repeated         the same key a second time in one run: counted, not pending
"""

from __future__ import annotations

from scrapy.exceptions import DropItem


class SettingError(ValueError):
    """A setting that cannot be used; the message says what is wrong and what would be right."""


class StoreError(Exception):
    """The store refused, failed or could not be reached within its deadline."""


class SchemaTooNew(StoreError):
    """The database's schema is newer than this code."""


class NewsDrop(DropItem):
    """A stage's refusal: message says what, where (source and id) and the offending value.

    `stage` is the word that `pending.stage` gets.
    """

    stage = "item"


class InvalidText(NewsDrop):
    """No title, or one that is not text."""

    stage = "text"


class InvalidBody(NewsDrop):
    """No body, or one too large or nested too deep to be looked at."""

    stage = "body"


class InvalidDate(NewsDrop):
    """No publication time that can be trusted."""

    stage = "dates"


class InvalidSecurities(NewsDrop):
    """Securities that cannot be read."""

    stage = "securities"


class InvalidPost(NewsDrop):
    """A post that cannot be written as it must be."""

    stage = "markdown"


class Repeated(NewsDrop):
    """The same (source, article_id) came a second time in this run; the first one stands."""

    stage = "dedupe"
