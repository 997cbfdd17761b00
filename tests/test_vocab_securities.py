"""Every row of the securities' vocabularies: unique key, valid values, and a code that comes back as the row says."""

from __future__ import annotations

import re
from importlib import resources

import pytest

from pipelines.codes import symbols
from pipelines.codes.symbols import KINDS, bare, kind, place, renamed, rows, symbol_of, to_symbol
from pipelines.codes.text import in_text

MARKETS = rows("markets.csv")
PREFIXES = rows("prefixes.csv")
NEEQ = rows("neeq.csv")
RENAMED = rows("beijing_renamed.csv")
WORDS = rows("exchange_words.csv")
GUARDS = rows("security_guards.csv")
EXCHANGES = {"SH", "SZ", "BJ", "NEEQ", "HK", "US"}
SAMPLES = {"HK": "00700", "US": "AAPL"}


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("markets.csv", ("market",)),
        ("prefixes.csv", ("market", "prefix")),
        ("neeq.csv", ("code",)),
        ("beijing_renamed.csv", ("old",)),
        ("exchange_words.csv", ("place", "word")),
        ("security_guards.csv", ("rule", "word")),
    ],
)
def test_keys(name: str, key: tuple[str, ...]) -> None:
    """No two rows of a vocabulary share their key, and no key is empty or padded."""
    keys = [tuple(row[part] for part in key) for row in rows(name)]
    assert len(keys) == len(set(keys))
    assert all(part and part == part.strip() for found in keys for part in found)


@pytest.mark.parametrize("row", MARKETS, ids=lambda row: row["market"])
def test_market(row: dict[str, str]) -> None:
    """A market has a number, a name, a kind and its evidence, and a code on it comes back as that kind."""
    market = row["market"]
    assert re.fullmatch(r"[0-9]{1,3}", market)
    assert market == str(int(market))
    assert row["name"]
    assert row["source"]
    if row["kind"] == "prefix":
        assert any(rule["market"] == market for rule in PREFIXES)
        return
    assert row["kind"] in KINDS
    code = SAMPLES.get(row["exchange"], "BK0493" if row["kind"] == "board" else "XYZ2609")
    assert kind(f"{market}.{code}") == row["kind"]
    assert to_symbol(f"{market}.{code}") == (f"{code}.{row['exchange']}" if row["exchange"] else None)
    assert row["exchange"] in ("", "HK", "US")
    if row["same_as"]:
        same = next(other for other in MARKETS if other["market"] == row["same_as"])
        assert (same["kind"], same["exchange"]) == (row["kind"], row["exchange"])


@pytest.mark.parametrize("row", PREFIXES, ids=lambda row: f"{row['market']}.{row['prefix']}")
def test_prefix(row: dict[str, str]) -> None:
    """A prefix has a kind and an exchange, and every code that no longer prefix takes comes back as it says."""
    market, prefix = row["market"], row["prefix"]
    assert re.fullmatch(r"[0-9]{2,4}", prefix)
    assert row["kind"] in ("share", "fund", "bond", "index")
    assert row["name"]
    assert row["source"]
    assert row["bare"] in ("", "any", "context", "bond", "B")
    assert (row["kind"] == "index") == (row["exchange"] == "")
    longer = [rule["prefix"] for rule in PREFIXES if rule["market"] == market and len(rule["prefix"]) > len(prefix)]
    width = 5 if market == "116" else 6
    for tail in ("0", "1", "5", "9"):
        code = prefix + tail * (width - len(prefix))
        if code.startswith(tuple(longer)):
            continue
        assert kind(f"{market}.{code}") == row["kind"]
        assert to_symbol(f"{market}.{code}") == (f"{code}.{row['exchange']}" if row["exchange"] else None)


@pytest.mark.parametrize(
    "row", [row for row in PREFIXES if row["bare"]], ids=lambda row: f"{row['market']}.{row['prefix']}"
)
def test_prefix_that_may_stand_alone(row: dict[str, str]) -> None:
    """A code that may stand without its market means one security only."""
    if row["market"] == "116":
        return  # five digits, read as Hong Kong's
    code = row["prefix"].ljust(6, "7")
    assert bare(code) == (f"{row['market']}.{code}", row["bare"])


@pytest.mark.parametrize("row", PREFIXES, ids=lambda row: f"{row['market']}.{row['prefix']}")
def test_prefix_and_its_exchange_name_the_same(row: dict[str, str]) -> None:
    """The symbol built from a code and its exchange is the one built from the secid."""
    code = row["prefix"].ljust(5 if row["market"] == "116" else 6, "7")
    secid = f"{row['market']}.{code}"
    exchange = row["exchange"] or {"1.000": "SH", "0.399": "SZ", "0.899": "BJ"}[secid[:5]]
    assert place(code, exchange) == symbol_of(secid)


def test_neeq() -> None:
    """A code listed as the NEEQ's looks like Beijing's, and is the NEEQ's."""
    for row in NEEQ:
        assert row["code"].startswith(("43", "83", "87", "88"))
        assert row["source"]
        assert to_symbol(f"0.{row['code']}") == f"{row['code']}.NEEQ"


def test_renamed() -> None:
    """A renamed code is an old one of Beijing's, leads to a 920xxx, and its evidence is a capture or a notice."""
    for row in RENAMED:
        assert to_symbol(f"0.{row['old']}") == f"{row['old']}.BJ"
        assert row["new"].startswith("920")
        assert to_symbol(f"0.{row['new']}") == f"{row['new']}.BJ"
        assert row["source"]
        assert renamed(f"{row['old']}.BJ") == f"{row['new']}.BJ"


def test_columns_of_tables_that_may_be_empty() -> None:
    """Both tables have their columns, also while no pair or code is proven."""
    folder = resources.files("pipelines").joinpath("vocab")
    assert folder.joinpath("neeq.csv").read_text(encoding="utf-8").startswith("code,name,source\n")
    assert folder.joinpath("beijing_renamed.csv").read_text(encoding="utf-8").startswith("old,new,name,source\n")


def test_every_new_code_once() -> None:
    """Two old codes never lead to the same new one."""
    assert len({row["new"] for row in RENAMED}) == len(RENAMED)


def test_nothing_is_renamed_without_a_row() -> None:
    """A code without a proven pair leads nowhere."""
    assert renamed("999999.BJ") is None
    assert renamed("") is None


def test_rows_of_neeq_and_renamed_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """A row added to either table changes what a code on market 0 is called, and where it leads (synthetic rows)."""
    added = {
        "neeq.csv": [{"code": "430001", "name": "synthetic", "source": "synthetic"}],
        "beijing_renamed.csv": [{"old": "830002", "new": "920002", "name": "synthetic", "source": "synthetic"}],
    }
    cached = (symbols._neeq, symbols._renamed, symbols._read, symbols.kind_of)
    for each in cached:
        each.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr(symbols, "rows", lambda name: added.get(name) or rows(name))
        assert to_symbol("0.430001") == "430001.NEEQ"
        assert to_symbol("0.430002") == "430002.BJ"
        assert renamed("830002.BJ") == "920002.BJ"
        assert to_symbol("0.830002") == "830002.BJ"
    for each in cached:
        each.cache_clear()
    assert to_symbol("0.430001") == "430001.BJ"


TEXTS = {
    "SH": ("600519", "600519.SH"),
    "SZ": ("300750", "300750.SZ"),
    "BJ": ("920799", "920799.BJ"),
    "NEEQ": ("430001", "430001.NEEQ"),
    "HK": ("00700", "00700.HK"),
    "US": ("AAPL", "AAPL.US"),
    "CN": ("300750", "300750.SZ"),
}


@pytest.mark.parametrize("row", WORDS, ids=lambda row: f"{row['place']} {row['word']}")
def test_word(row: dict[str, str]) -> None:
    """A word of an exchange is recognised in the place that its row names, with a code of that exchange."""
    assert row["exchange"] in EXCHANGES | {"CN"}
    assert row["source"]
    code, symbol = TEXTS[row["exchange"]]
    text = {
        "before": f"某公司（{row['word']}:{code}）",
        "after": f"某公司（{code}.{row['word']}）",
        "named": f"某公司（{row['word']}：{code}）",
        "bracket": f"某公司（{code}{'.' if row['word'] in ('O', 'OQ', 'N') else ' '}{row['word']}）",
    }[row["place"]]
    assert [mention.symbol for mention in in_text(text)] == [symbol]


@pytest.mark.parametrize("row", GUARDS, ids=lambda row: f"{row['rule']} {row['word']}")
def test_guard(row: dict[str, str]) -> None:
    """A guarding word keeps a code out of the text, or, of a company, lets it in."""
    assert row["why"]
    text, expected = {
        "number": (f"甲乙{row['word']}（600519）", []),
        "company": (f"甲乙{row['word']}（600519）", ["600519.SH"]),
        "fund": (f"甲乙{row['word']}（000001）", []),
        "ticker": (f"买入${row['word']}$", []),
    }[row["rule"]]
    assert [mention.symbol for mention in in_text(text)] == expected
