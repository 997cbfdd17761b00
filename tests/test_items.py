"""Items as `ItemAdapter` meets them."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from itemadapter import ItemAdapter

from newscrawler.items import Article
from tests.bench.stages import article


@dataclass
class Other:
    """A dataclass of somebody else's."""

    heading: str = "synthetic"


def test_an_article_is_read_and_written_by_name() -> None:
    """A stage meets every field of an article, and no other."""
    item = article("synthetic")
    fields = ItemAdapter(item)
    fields["title"] = "合成标题"
    assert (item.title, fields["title"], fields["body_raw"]) == ("合成标题", "合成标题", "synthetic")
    assert set(fields.field_names()) == set(Article.__dataclass_fields__)
    with pytest.raises(KeyError, match="no_field"):
        fields["no_field"] = 1


def test_items_of_others_keep_their_own_fields() -> None:
    """Other dataclasses, and dicts, are no articles to the adapter."""
    assert dict(ItemAdapter(Other())) == {"heading": "synthetic"}
    assert dict(ItemAdapter({"name": 1})) == {"name": 1}
