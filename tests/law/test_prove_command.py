"""``goodstanding law prove``: what it answers, and what it refuses."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from goodstanding.law.load import pack_files

pytest.importorskip("z3", reason="the extra `prove` is not installed")

from goodstanding.cli.law_prove import prove

CITY = next(path for path in pack_files() if "example" in str(path))


def harsher_city(folder: Path) -> Path:
    """A file of the example city's pack whose serious items stay four years."""
    path = folder / "2026-07-01.yaml"
    written = yaml.safe_load(CITY.read_text(encoding="utf-8"))
    window = next(row for row in written["publication"] if row["id"] == "serious-window")
    window["maximum"] |= {"value": 4, "unit": "years"}
    path.write_text(yaml.safe_dump(written, allow_unicode=True), encoding="utf-8")
    return path


def test_a_proved_pack_ends_with_zero_and_says_what_was_taken_as_given() -> None:
    found = CliRunner().invoke(prove, ["cn-samr-107-2025", "--json"])
    assert found.exit_code == 0, found.output
    (document,) = json.loads(found.output)
    assert document["proved"] and document["base"] == "cn-ndrc-36-2025"
    proofs = {proof["code"]: proof for proof in document["proofs"]}
    assert proofs["sound"]["proved"] and proofs["harsher"]["proved"]
    assert any("publication_necessary" in given["en"] for given in proofs["harsher"]["given"])
    assert not proofs["without_readings"]["proved"] and not proofs["without_readings"]["decisive"]


def test_a_harsher_file_ends_with_one_and_a_readable_case(tmp_path: Path) -> None:
    path = str(harsher_city(tmp_path))
    found = CliRunner().invoke(prove, [path])
    assert found.exit_code == 1
    assert "on 2029-07-01 example-city-2026 publishes" in found.output
    assert "COUNTEREXAMPLE" in found.output and "publish_until: '2030-07-01'" in found.output
    chinese = CliRunner().invoke(prove, [path, "--lang", "zh"])
    assert "存在反例" in chinese.output and "公示更长" in chinese.output


def test_a_pack_is_compared_with_the_base_that_is_named() -> None:
    found = CliRunner().invoke(prove, ["cn-ndrc-58-2023", "--against", "cn-ndrc-36-2025"])
    assert found.exit_code == 1 and "Longer publication" in found.output
    assert CliRunner().invoke(prove, ["cn-ndrc-58-2023"]).exit_code == 0


def test_a_choice_is_made_in_every_pack_that_offers_it() -> None:
    pair = ["cn-samr-107-2025", "--switch", "unlisted_class=minor"]
    assert CliRunner().invoke(prove, pair).exit_code == 1
    both = ["example-city-2026", "--switch", "unlisted_class=minor", "--parameter", "bar_months=12"]
    assert CliRunner().invoke(prove, both).exit_code == 0


def test_notes_are_listed_when_asked_for() -> None:
    plain = CliRunner().invoke(prove, ["cn-ndrc-36-2025"]).output
    noted = CliRunner().invoke(prove, ["cn-ndrc-36-2025", "--notes"]).output
    assert "comes first" in noted and "comes first" not in plain


@pytest.mark.parametrize(
    "arguments",
    [
        ["no-such-pack"],
        ["--against", "cn-ndrc-36-2025"],
        ["cn-ndrc-36-2025", "--switch", "suspension_class=mild"],
        ["cn-ndrc-36-2025", "--switch", "no_such_switch=on"],
        ["us-fcra", "--against", "cn-ndrc-36-2025"],
    ],
)
def test_bad_input_ends_with_two(arguments: list[str]) -> None:
    assert CliRunner().invoke(prove, arguments).exit_code == 2


def _python(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)


def test_without_the_extra_one_sentence_names_it() -> None:
    blocked = "import sys; sys.modules['z3'] = None; "
    found = _python(blocked + "from goodstanding.cli.law import law; law(['prove'])")
    assert found.returncode == 2
    assert "goodstanding[prove]" in found.stderr and "Traceback" not in found.stderr
    found = _python(blocked + "import goodstanding.law.prove")
    assert "pip install 'goodstanding[prove]'" in found.stderr


def test_the_law_room_works_without_the_prover() -> None:
    found = _python("import sys; import goodstanding.law; sys.exit('z3' in sys.modules)")
    assert found.returncode == 0
