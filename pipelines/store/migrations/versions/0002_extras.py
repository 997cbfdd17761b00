"""Tags, attachments, and the fields of research reports."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Column
from sqlalchemy.schema import SchemaItem

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

big_id = sa.BigInteger().with_variant(sa.Integer, "sqlite")
TEXTS = ("kind", "organisation", "organisation_code", "rating", "rating_change", "industry")
NUMBERS = ("eps_this_year", "eps_next_year", "eps_after_next", "pe_this_year", "pe_next_year", "pe_after_next")


def of_article(table: str) -> list[SchemaItem]:
    """Return the column that refers to an article, and its foreign key."""
    refers = sa.ForeignKeyConstraint(["article"], ["articles.id"], name=f"fk_{table}_article", ondelete="CASCADE")
    return [Column("article", big_id, nullable=False), refers]


def upgrade() -> None:
    """Make the three tables."""
    op.create_table(
        "article_tags",
        *of_article("article_tags"),
        Column("tag", sa.Text, nullable=False),
        Column("place", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("article", "tag", name="pk_article_tags"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_article_tags_tag_article", "article_tags", ["tag", "article"])
    op.create_table(
        "article_attachments",
        *of_article("article_attachments"),
        Column("place", sa.Integer, nullable=False),
        Column("url", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("article", "place", name="pk_article_attachments"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "research_reports",
        *of_article("research_reports"),
        *(Column(name, sa.Text, nullable=False) for name in TEXTS),
        Column("authors", sa.JSON, nullable=False),
        Column("pages", sa.Integer),
        *(Column(name, sa.Double) for name in NUMBERS),
        sa.PrimaryKeyConstraint("article", name="pk_research_reports"),
    )


def downgrade() -> None:
    """Drop them again."""
    for table in ("research_reports", "article_attachments", "article_tags"):
        op.drop_table(table)
