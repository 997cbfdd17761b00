"""All tables of the first version."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Column
from sqlalchemy.schema import SchemaItem

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

big_id = sa.BigInteger().with_variant(sa.Integer, "sqlite")
moment = sa.DateTime(timezone=True)


def text(*names: str) -> list[Column[str]]:
    """Return columns of text that are never null."""
    return [Column(name, sa.Text, nullable=False) for name in names]


def number(*names: str) -> list[Column[int]]:
    """Return whole numbers that are never null."""
    return [Column(name, sa.Integer, nullable=False) for name in names]


def moments(*names: str) -> list[Column[datetime]]:
    """Return moments that are never null."""
    return [Column(name, moment, nullable=False) for name in names]


def blobs(*names: str) -> list[Column[bytes]]:
    """Return columns of bytes that are never null."""
    return [Column(name, sa.LargeBinary, nullable=False) for name in names]


def primary(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    """Return a primary key named as the tables' naming convention says."""
    return sa.PrimaryKeyConstraint(*columns, name=f"pk_{table}")


def of_article(table: str) -> list[SchemaItem]:
    """Return the column that refers to an article, and its foreign key."""
    refers = sa.ForeignKeyConstraint(["article"], ["articles.id"], name=f"fk_{table}_article", ondelete="CASCADE")
    return [Column("article", big_id, nullable=False), refers]


def upgrade() -> None:
    """Make every table."""
    articles()
    belongings()
    ledgers()
    indices()


def articles() -> None:
    """Make the table of articles."""
    op.create_table(
        "articles",
        Column("id", big_id, nullable=False),
        *text("source", "article_id", "fingerprint"),
        *number("revision"),
        *moments("published_at", "first_seen_at", "changed_at", "checked_at"),
        Column("story_id", sa.BigInteger),
        *text("category", "media", "author", "editor", "body_from"),
        Column("official_on", sa.Date),
        Column("machine_written", sa.Boolean, nullable=False),
        *text("url", "title", "original_title", "summary", "body_html", "body_text"),
        primary("articles", "id"),
        sa.UniqueConstraint("source", "article_id", name="uq_articles_source_article_id"),
    )


def belongings() -> None:
    """Make the tables of what belongs to an article."""
    op.create_table(
        "article_securities",
        *of_article("article_securities"),
        *text("symbol"),
        Column("secid", sa.Text),
        *text("name", "kind", "origin"),
        *number("mentions", "place"),
        primary("article_securities", "article", "symbol"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "article_channels",
        *of_article("article_channels"),
        *text("channel"),
        primary("article_channels", "article", "channel"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "article_revisions",
        *of_article("article_revisions"),
        *number("revision"),
        *text("fingerprint"),
        *moments("seen_at"),
        *text("title", "body_html", "body_text"),
        primary("article_revisions", "article", "revision"),
    )
    op.create_table(
        "article_bands",
        Column("band", sa.BigInteger, nullable=False),
        *moments("published_at"),
        *of_article("article_bands"),
        primary("article_bands", "band", "published_at", "article"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "raw_answers",
        *text("source", "article_id", "url"),
        *moments("fetched_at"),
        *number("status"),
        *blobs("row", "body"),
        primary("raw_answers", "source", "article_id"),
    )


def ledgers() -> None:
    """Make the tables of what the crawl remembers of itself."""
    op.create_table(
        "categories",
        *text("slug", "name"),
        primary("categories", "slug"),
        sa.UniqueConstraint("name", name="uq_categories_name"),
    )
    op.create_table(
        "pending",
        *text("source", "article_id", "url", "channel", "stage", "reason"),
        *number("attempts"),
        *moments("first_at", "last_at"),
        Column("next_at", moment),
        *text("state"),
        *blobs("row", "body"),
        primary("pending", "source", "article_id"),
    )
    op.create_table(
        "coverage",
        *text("source", "channel"),
        *moments("since", "until"),
        primary("coverage", "source", "channel", "since"),
    )
    op.create_table(
        "reaches",
        *text("source", "channel"),
        *moments("reached", "asked", "at"),
        primary("reaches", "source", "channel"),
    )
    op.create_table(
        "runs",
        Column("id", big_id, nullable=False),
        *text("spider"),
        Column("arguments", sa.JSON, nullable=False),
        *moments("started_at"),
        Column("finished_at", moment),
        Column("exit_status", sa.Integer),
        *text("reason"),
        *number("listed", "known", "fetched", "inserted", "revised", "unchanged", "pending", "failed"),
        Column("stats", sa.JSON, nullable=False),
        primary("runs", "id"),
    )
    op.create_table(
        "small_facts",
        *text("key"),
        Column("value", sa.JSON, nullable=False),
        primary("small_facts", "key"),
    )


INDICES = (
    ("articles", "published_at", "id"),
    ("articles", "story_id"),
    ("articles", "article_id"),
    ("article_securities", "symbol", "article"),
    ("article_channels", "channel", "article"),
    ("article_bands", "article"),
    ("pending", "source", "state", "next_at"),
    ("runs", "spider", "started_at"),
)


def indices() -> None:
    """Make the indices that are no keys."""
    for table, *columns in INDICES:
        op.create_index("_".join(["ix", table, *columns]), table, columns)


def downgrade() -> None:
    """Drop every table, those that refer to others first."""
    for table in ("article_bands", "article_revisions", "article_channels", "article_securities", "articles"):
        op.drop_table(table)
    for table in ("raw_answers", "categories", "pending", "coverage", "reaches", "runs", "small_facts"):
        op.drop_table(table)
