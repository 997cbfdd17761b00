"""The tables. Small columns stand first: SQLite then reads them without walking through the bodies behind them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    UniqueConstraint,
)

from pipelines.store.types import CleanText, Key, UTCDateTime

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)
BigId = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up by itself for INTEGER only


def article_key(**options: Any) -> Column[Any]:
    """Return a column that refers to an article and goes with it."""
    return Column("article", ForeignKey("articles.id", ondelete="CASCADE"), nullable=False, **options)


articles = Table(
    "articles",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("source", Key, nullable=False),
    Column("article_id", Key, nullable=False),
    Column("fingerprint", Key, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("published_at", UTCDateTime, nullable=False),
    Column("first_seen_at", UTCDateTime, nullable=False),
    Column("changed_at", UTCDateTime, nullable=False),
    Column("checked_at", UTCDateTime, nullable=False),
    Column("story_id", BigInteger),
    Column("category", Key, nullable=False),
    Column("media", CleanText, nullable=False),
    Column("author", CleanText, nullable=False),
    Column("editor", CleanText, nullable=False),
    Column("body_from", CleanText, nullable=False),
    Column("official_on", Date),
    Column("machine_written", Boolean, nullable=False),
    Column("url", CleanText, nullable=False),
    Column("title", CleanText, nullable=False),
    Column("original_title", CleanText, nullable=False),
    Column("summary", CleanText, nullable=False),
    Column("body_html", CleanText, nullable=False),
    Column("body_text", CleanText, nullable=False),
    UniqueConstraint("source", "article_id"),
    Index(None, "published_at", "id"),
    Index(None, "story_id"),
    Index(None, "article_id"),
)
article_securities = Table(
    "article_securities",
    metadata,
    article_key(primary_key=True),
    Column("symbol", Key, primary_key=True),
    Column("secid", Key),
    Column("name", CleanText, nullable=False),
    Column("kind", CleanText, nullable=False),
    Column("origin", CleanText, nullable=False),
    Column("mentions", Integer, nullable=False),
    Column("place", Integer, nullable=False),
    Index(None, "symbol", "article"),
    sqlite_with_rowid=False,
)
article_channels = Table(
    "article_channels",
    metadata,
    article_key(primary_key=True),
    Column("channel", Key, primary_key=True),
    Index(None, "channel", "article"),
    sqlite_with_rowid=False,
)
article_tags = Table(
    "article_tags",
    metadata,
    article_key(primary_key=True),
    Column("tag", Key, primary_key=True),
    Column("place", Integer, nullable=False),
    Index(None, "tag", "article"),
    sqlite_with_rowid=False,
)
article_attachments = Table(
    "article_attachments",
    metadata,
    article_key(primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("url", CleanText, nullable=False),
    sqlite_with_rowid=False,
)
RESEARCH_TEXTS = ("kind", "organisation", "organisation_code", "rating", "rating_change", "industry")
RESEARCH_NUMBERS = ("eps_this_year", "eps_next_year", "eps_after_next", "pe_this_year", "pe_next_year", "pe_after_next")
research_reports = Table(
    "research_reports",
    metadata,
    article_key(primary_key=True, autoincrement=False),
    *(Column(name, CleanText, nullable=False) for name in RESEARCH_TEXTS),
    Column("authors", JSON, nullable=False),
    Column("pages", Integer),
    *(Column(name, Double) for name in RESEARCH_NUMBERS),
)
article_revisions = Table(
    "article_revisions",
    metadata,
    article_key(primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("fingerprint", Key, nullable=False),
    Column("seen_at", UTCDateTime, nullable=False),
    Column("title", CleanText, nullable=False),
    Column("body_html", CleanText, nullable=False),
    Column("body_text", CleanText, nullable=False),
)
article_bands = Table(
    "article_bands",
    metadata,
    Column("band", BigInteger, primary_key=True, autoincrement=False),
    Column("published_at", UTCDateTime, primary_key=True),
    article_key(primary_key=True, index=True),
    sqlite_with_rowid=False,
)
categories = Table(
    "categories",
    metadata,
    Column("slug", Key, primary_key=True),
    Column("name", Key, nullable=False, unique=True),
)
raw_answers = Table(
    "raw_answers",
    metadata,
    Column("source", Key, primary_key=True),
    Column("article_id", Key, primary_key=True),
    Column("url", CleanText, nullable=False),
    Column("fetched_at", UTCDateTime, nullable=False),
    Column("status", Integer, nullable=False),
    Column("row", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
)
pending = Table(
    "pending",
    metadata,
    Column("source", Key, primary_key=True),
    Column("article_id", Key, primary_key=True),
    Column("url", CleanText, nullable=False),
    Column("channel", Key, nullable=False),
    Column("stage", CleanText, nullable=False),
    Column("reason", CleanText, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("first_at", UTCDateTime, nullable=False),
    Column("last_at", UTCDateTime, nullable=False),
    Column("next_at", UTCDateTime),
    Column("state", CleanText, nullable=False),
    Column("row", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index(None, "source", "state", "next_at"),
)
coverage = Table(
    "coverage",
    metadata,
    Column("source", Key, primary_key=True),
    Column("channel", Key, primary_key=True),
    Column("since", UTCDateTime, primary_key=True),
    Column("until", UTCDateTime, nullable=False),
)
reaches = Table(
    "reaches",
    metadata,
    Column("source", Key, primary_key=True),
    Column("channel", Key, primary_key=True),
    Column("reached", UTCDateTime, nullable=False),
    Column("asked", UTCDateTime, nullable=False),
    Column("at", UTCDateTime, nullable=False),
)
COUNTS = ("listed", "known", "fetched", "inserted", "revised", "unchanged", "pending", "failed")
runs = Table(
    "runs",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("spider", Key, nullable=False),
    Column("arguments", JSON, nullable=False),
    Column("started_at", UTCDateTime, nullable=False),
    Column("finished_at", UTCDateTime),
    Column("exit_status", Integer),
    Column("reason", CleanText, nullable=False),
    *(Column(name, Integer, nullable=False) for name in COUNTS),
    Column("stats", JSON, nullable=False),
    Index(None, "spider", "started_at"),
)
small_facts = Table(
    "small_facts",
    metadata,
    Column("key", Key, primary_key=True),
    Column("value", JSON, nullable=False),
)
