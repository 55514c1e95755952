"""What the room promises as a whole."""

import pickle
import subprocess
import sys

import pytest

from goodstanding import proof
from goodstanding.proof import CODES, ProofError
from goodstanding.proof.keys import from_base64


def test_a_verifier_needs_nothing_else_of_ours():
    script = (
        "import sys, goodstanding.proof\n"
        "ours = {name.split('.')[1] for name in sys.modules if name.startswith('goodstanding.')}\n"
        "assert ours == {'proof'}, ours\n"
        "tops = {name.split('.')[0] for name in sys.modules} - set(sys.stdlib_module_names)\n"
        "print(' '.join(sorted(top for top in tops if not top.startswith('_'))))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert {"cryptography", "goodstanding", "orjson"} <= set(done.stdout.split())
    assert not {"django", "psycopg", "pydantic", "httpx", "yaml"} & set(done.stdout.split())


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_error_speaks_english_and_chinese_and_says_how_to_mend_it(code):
    error = ProofError(code, place="here")
    assert error.sentence.isascii() and error.remedy.isascii()
    for text in (error.sentence_zh, error.remedy_zh):
        assert any("\u4e00" <= character <= "\u9fff" for character in text)
    assert code in str(error) and "here" in str(error)
    again = pickle.loads(pickle.dumps(error))
    assert (again.code, again.place, str(again)) == (code, "here", str(error))


def test_every_public_name_has_a_docstring():
    for name in proof.__all__:
        value = getattr(proof, name)
        if callable(value) and name not in {"Fetch", "Json"}:
            assert value.__doc__, name


@pytest.mark.parametrize(
    "text", ["AB==", "AA=", "AA", "AA==\n", "A A=", "-_8=", "ＡＡ＝＝", None, 7, ["AA=="], b"AA=="]
)
def test_base64_has_one_spelling(text):
    with pytest.raises(ProofError):
        from_base64(text, code="note_malformed", place="test")
