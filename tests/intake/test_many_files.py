"""Many files at once from the command line: each a batch, in order, and a bad one does not stop the others."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from goodstanding.cli import intake as cli
from goodstanding.cli.progress import lines
from goodstanding.intake.models import Batch
from goodstanding.registry.models import Authority
from tests.intake.files import penalty, write_csv
from tests.registry.factories import make_authority, make_entity

PENALTIES = "double-publicity-penalties"


@pytest.fixture
def bureau(database: str, monkeypatch: pytest.MonkeyPatch) -> Authority:
    return make_authority()


def folder_of(tmp_path: Path, bureau: Authority) -> Path:
    """Three good files in three packings, a broken one, and one that is hidden."""
    entity = make_entity("临湖市天成商贸有限公司")
    code = entity.identifiers.get(scheme="uscc").value
    folder = tmp_path / "in"
    (folder / "deeper").mkdir(parents=True)
    for number, name in enumerate(("b.csv", "a.tsv", "deeper/c.csv.gz")):
        path = write_csv(folder / "x", PENALTIES, [penalty(number, code, entity.name, bureau)])
        data = path.read_bytes()
        path.unlink()
        data = data.replace(b",", b"\t") if name.endswith("tsv") else data
        (folder / name).write_bytes(gzip.compress(data) if name.endswith("gz") else data)
    (folder / "aa.csv").write_bytes(b"\xff\xff broken")
    (folder / ".hidden.csv").write_bytes(b"x")
    return folder


def test_a_folder_and_a_pattern_name_files_once_and_in_order(tmp_path: Path, bureau: Authority) -> None:
    folder = folder_of(tmp_path, bureau)
    named = cli.files_of([str(folder), str(folder / "**/*.gz"), str(folder / "b.csv")])
    assert [str(path.relative_to(folder)) for path in named] == [
        "a.tsv",
        "aa.csv",
        "b.csv",
        "deeper/c.csv.gz",
    ]
    for nothing in (str(folder / "*.xyz"), str(tmp_path / "nowhere")):
        with pytest.raises(click.BadParameter):
            cli.files_of([nothing])


def test_each_file_is_a_batch_and_a_bad_one_does_not_stop_the_others(
    tmp_path: Path, bureau: Authority
) -> None:
    folder, returned = folder_of(tmp_path, bureau), tmp_path / "returned"
    given = [str(folder), str(folder / "deeper/*")]
    more = ["--contract", PENALTIES, "--authority", bureau.code, "--returned", str(returned), "--json"]
    result = CliRunner().invoke(cli.take_in, [*given, *more])
    assert result.exit_code == 2, result.output
    summaries = json.loads(result.stdout)
    assert [(item["file"], item["state"], item["committed"]) for item in summaries] == [
        ("a.tsv", "done", 1),
        ("aa.csv", "failed", 0),
        ("b.csv", "done", 1),
        ("c.csv.gz", "done", 1),
    ]
    assert [(item["form"], item["compression"], item["encoding"]) for item in summaries if item["form"]] == [
        ("tsv", "", "utf-8"),
        ("csv", "", "utf-8"),
        ("csv", "gzip", "utf-8"),
    ]
    assert summaries[1]["error"]["code"] == "file.encoding"
    assert all(item["quality"] > 50 for item in summaries if item["state"] == "done")
    told = [json.loads(line) for line in result.stderr.splitlines() if line.startswith('{"progress"')]
    assert [(item["progress"], item["done"], item["of"]) for item in told] == [
        ("a.tsv", 1, 1),
        ("b.csv", 1, 1),
        ("c.csv.gz", 1, 1),
    ]
    assert sorted(path.name for path in returned.iterdir()) == [
        "001-a-returned.csv", "002-aa-returned.csv", "003-b-returned.csv", "004-c.csv-returned.csv",
    ]  # fmt: skip
    assert Batch.objects.count() == 4


def test_a_stated_encoding_is_kept_and_used(tmp_path: Path, bureau: Authority) -> None:
    entity = make_entity("临湖市天成商贸有限公司")
    code = entity.identifiers.get(scheme="uscc").value
    path = write_csv(
        tmp_path / "g.csv", PENALTIES, [penalty(1, code, entity.name, bureau)], encoding="gb18030"
    )
    more = ["--contract", PENALTIES, "--authority", bureau.code, "--json"]
    wrong = CliRunner().invoke(cli.take_in, [str(path), *more, "--encoding", "utf-8"])
    assert wrong.exit_code == 2 and json.loads(wrong.stdout)[0]["error"]["code"] == "file.encoding"
    right = CliRunner().invoke(cli.take_in, [str(path), *more, "--encoding", "gb18030"])
    assert right.exit_code == 0, right.output
    batch = Batch.objects.get(state="done")
    assert (batch.stated_encoding, batch.encoding) == ("gb18030", "gb18030")
    assert batch.encoding_found["decided"] == "stated"


def test_progress_as_lines_tells_rate_and_what_is_left(capsys: pytest.CaptureFixture[str]) -> None:
    with lines() as bar:
        done = bar("a.csv", None)
        done(0, 100)
        done(100)
    (line,) = [json.loads(text) for text in capsys.readouterr().err.splitlines()]
    assert (line["progress"], line["done"], line["of"], line["seconds_left"]) == ("a.csv", 100, 100, 0.0)
    assert line["per_second"] > 0
