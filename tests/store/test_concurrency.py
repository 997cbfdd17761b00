"""Several processes on one database at once."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from made import article, store_at

from pipelines.store.schema import HEAD

PATHS = [str(Path(__file__).parent), str(Path(__file__).parents[2])]
WRITER = """
import json, random, sys
from pathlib import Path
sys.path[:0] = sys.argv[4:]
from made import article, store_at
seed, url, folder = int(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
store = store_at(url, folder)
print("ready", flush=True)
sys.stdin.readline()
numbers = list(range(300))
random.Random(seed).shuffle(numbers)
answers = []
while numbers:
    batch, numbers = numbers[:7], numbers[7:]
    for number, saved in zip(batch, store.save([article(n, channels=(f"c{seed}",), bands=(n, seed)) for n in batch])):
        answers.append((number, saved.outcome, saved.revision))
    store.cover("eastmoney", "x", (article(seed * 100).published_at, article(seed * 100 + 110).published_at))
store.close()
print(json.dumps(answers))
"""
OPENER = """
import sys
from pathlib import Path
sys.path[:0] = sys.argv[3:]
from made import store_at
print("ready", flush=True)
sys.stdin.readline()
print(store_at(sys.argv[1], Path(sys.argv[2])).schema()[0])
"""


def race(code: str, arguments: list[list[str]]) -> list[str]:
    """Run a program several times at once, started as nearly together as can be; return what each printed."""
    started = [
        subprocess.Popen(
            [sys.executable, "-c", code, *given, *PATHS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for given in arguments
    ]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in started:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    said = [process.communicate(timeout=120)[0].strip() for process in started]
    assert [process.returncode for process in started] == [0] * len(started)
    return said


def test_three_writers_lose_nothing(database_url: str, tmp_path: Path) -> None:
    """Three processes that save the same 300 articles in different orders: 900 answers, 300 rows, each inserted once."""
    said = race(WRITER, [[str(seed), database_url, str(tmp_path)] for seed in range(3)])
    answers: list[Any] = [answer for each in said for answer in json.loads(each)]
    assert len(answers) == 900
    assert Counter(number for number, _, _ in answers) == dict.fromkeys(range(300), 3)
    assert Counter(outcome for _, outcome, _ in answers) == {"inserted": 300, "unchanged": 600}
    assert {revision for _, _, revision in answers} == {1}
    store = store_at(database_url, tmp_path)
    rows = list(store.articles())
    assert len(rows) == 300
    assert {row.channels for row in rows} == {("c0", "c1", "c2")}
    assert store.covered("eastmoney", "x") == [(article(0).published_at, article(310).published_at)]
    store.close()


def test_three_revisers_count_every_revision(database_url: str, tmp_path: Path) -> None:
    """Each of three processes brings another text: every article has three revisions, all texts kept."""
    code = WRITER.replace("article(n,", "article(n, 'text' + str(seed),")
    said = race(code, [[str(seed), database_url, str(tmp_path)] for seed in range(3)])
    answers: list[Any] = [answer for each in said for answer in json.loads(each)]
    assert Counter(revision for _, _, revision in answers) == {1: 300, 2: 300, 3: 300}
    store = store_at(database_url, tmp_path)
    for number in range(0, 300, 50):
        listed = store.revisions(article(number).article_id)
        assert sorted(old["body_text"] for old in listed) == ["text0", "text1", "text2"]
    store.close()


def test_an_empty_database_is_opened_by_three_at_once(database_url: str, tmp_path: Path) -> None:
    """One migrates, the others wait for it, and all find the same schema."""
    assert race(OPENER, [[database_url, str(tmp_path)]] * 3) == [HEAD] * 3
