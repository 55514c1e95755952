"""Authorities, logins and tokens made from the command line: each mistake is answered with its remedy."""

from __future__ import annotations

import stat
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from django.conf import settings
from django.contrib.auth import authenticate
from django.utils import timezone

from goodstanding.api.auth import SCOPES
from goodstanding.cli import group
from goodstanding.identity import person_key
from goodstanding.registry.models import Account, ApiToken, Authority
from goodstanding.registry.queries import token_account

from ..registry.factories import make_authority, make_entity, uscc
from .conftest import Run

pytestmark = pytest.mark.usefixtures("database")
CODE = "119801009800009964"


def test_an_authority_is_added_and_renamed(run: Run) -> None:
    said = run("authority", CODE, "临湖市体育局", "--name-en", "Linhu Sports", "--division", "980100")
    assert (said.status, said.out) == (0, f"added: {CODE} 临湖市体育局 (Linhu Sports)\n")
    said = run("authority", CODE.lower(), "临湖市文化体育局", "--json")
    assert said.document == {
        "code": CODE,
        "name_zh": "临湖市文化体育局",
        "name_en": "Linhu Sports",
        "division": "980100",
        "source_kind": "government",
        "added": False,
    }
    assert Authority.objects.count() == 1


@pytest.mark.parametrize(
    ("arguments", "remedy"),
    [
        (["119801009800009965", "临湖市体育局"], "Compare every character with the certificate"),
        (["11980100980000996", "临湖市体育局"], "a character is missing or too many"),
        ([CODE, " "], "give the authority's name"),
        ([CODE, "临湖市体育局", "--division", "98"], "give six digits"),
    ],
)
def test_a_wrong_authority_is_refused_with_its_remedy(run: Run, arguments: list[str], remedy: str) -> None:
    said = run("authority", *arguments)
    assert said.status == 2
    assert remedy in " ".join(said.errors.split())
    assert not Authority.objects.exists()


def test_a_login_of_each_role_signs_in_with_the_password_that_was_shown(run: Run) -> None:
    code = uscc()
    make_entity(identifiers=(("uscc", code),))
    authority = make_authority()
    organisations = {"entity": ["--entity", code], "authority": ["--authority", authority.code]}
    for role in Account.Role.values:
        said = run("account", f"a-{role}", "--role", role, *organisations.get(role, []), "--json")
        assert said.status == 0, said.errors
        assert said.document["role"] == role
        assert authenticate(username=f"a-{role}", password=said.document["password"]) is not None
    assert run("account", "shown", "--role", "bank").out.startswith("user shown, password ")


def test_a_login_without_a_password_cannot_sign_in(run: Run) -> None:
    said = run("account", "program", "--role", "bank", "--no-password")
    assert (said.status, said.out) == (0, "user program, without a password\n")
    assert not Account.objects.get(user__username="program").user.has_usable_password()


def test_a_new_password_takes_the_place_of_the_old_one(run: Run) -> None:
    old = run("account", "someone", "--role", "operator", "--json").document["password"]
    new = run("account", "someone", "--new-password", "--json").document["password"]
    assert authenticate(username="someone", password=old) is None
    assert authenticate(username="someone", password=new) is not None


@pytest.mark.parametrize(
    ("arguments", "remedy"),
    [
        (["new"], "needs --role"),
        (["new", "--role", "entity"], "needs --entity"),
        (["new", "--role", "authority"], "needs --authority"),
        (["new", "--role", "bank", "--entity", CODE], "goes with the role entity"),
        (["new", "--role", "entity", "--entity", CODE], "take in its registration first"),
        (["new", "--role", "authority", "--authority", CODE], f"goodstanding authority {CODE} NAME_ZH"),
        (["new", "--role", "authority", "--authority", "x"], "unified social credit code"),
        (["two words", "--role", "bank"], "no spaces"),
        (["x" * 151, "--role", "bank"], "up to 150"),
        (["known", "--role", "bank"], "give --new-password"),
        (["ｋｎｏｗｎ", "--role", "bank"], "give --new-password"),
        (["unknown", "--new-password"], "goodstanding account unknown --role"),
        (["known", "--new-password", "--role", "operator"], "stands alone"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_wrong_login_is_refused_with_its_remedy(run: Run, arguments: list[str], remedy: str) -> None:
    run("account", "known", "--role", "bank", "--no-password")
    said = run("account", *arguments)
    assert said.status == 2
    assert remedy in " ".join(said.errors.split())
    assert Account.objects.count() == 1


@pytest.fixture
def bank(run: Run) -> Account:
    run("account", "bank", "--role", "bank", "--no-password")
    return Account.objects.get()


def test_a_token_is_shown_once_and_works_until_it_is_revoked(run: Run, bank: Account) -> None:
    secret = run("token", "bank", "--name", "report", "--scope", "entities:read", "--days", 2).out.strip()
    now = timezone.now()
    token = token_account(secret, at=now)
    assert token is not None
    assert (token.account, token.name, token.scopes) == (bank, "report", ["entities:read"])
    assert token_account(secret, at=now + timedelta(days=3)) is None
    run("token", "bank", "--name", "another", "--scope", "status:read")
    said = run("token", "bank", "--name", "report", "--revoke")
    assert (said.status, said.out) == (0, "1 revoked\n")
    assert token_account(secret, at=now) is None
    assert ApiToken.objects.filter(revoked_at=None).get().name == "another"


def test_a_token_in_a_file_is_read_by_its_owner_only(run: Run, bank: Account, tmp_path: Path) -> None:
    path = tmp_path / "bank.token"
    arguments = ["token", "bank", "--name", "file", "--scope", "entities:read", "--out", path]
    said = run(*arguments, "--json")
    assert said.document["file"] == str(path)
    assert "token" not in said.document
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    secret = path.read_text()
    assert secret not in said.out + said.errors
    assert token_account(secret, at=timezone.now()) is not None
    again = run(*arguments)
    assert (again.status, path.read_text()) == (2, secret)
    assert "name another" in again.errors
    assert ApiToken.objects.count() == 1


@pytest.mark.parametrize(
    ("arguments", "remedy"),
    [
        (["nobody", "--name", "x", "--scope", "status:read"], "goodstanding account nobody --role"),
        (["bank", "--name", "x"], "a token needs a scope"),
        (["bank", "--name", "x", "--scope", "all"], "there is no scope all"),
        (["bank", "--name", "x", "--scope", "status:read", "--days", "0"], "1<=x<=3650"),
        (["bank", "--name", "x", "--scope", "status:read", "--revoke"], "takes the name alone"),
        (["bank", "--name", "x", "--revoke"], "it has none"),
        (["bank", "--scope", "status:read"], "--name"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_wrong_token_is_refused_with_its_remedy(
    run: Run, bank: Account, tmp_path: Path, arguments: list[str], remedy: str
) -> None:
    out = [] if "--revoke" in arguments else ["--out", tmp_path / "token"]
    said = run("token", *arguments, *out)
    assert said.status == 2
    assert remedy in " ".join(said.errors.split())
    assert not list(tmp_path.iterdir())
    assert not ApiToken.objects.exists()


def test_an_unknown_scope_is_answered_with_all_that_there_are(run: Run, bank: Account) -> None:
    said = run("token", "bank", "--name", "x", "--scope", "all")
    for scope, meaning in SCOPES.items():
        assert scope in said.errors
        assert meaning in said.errors


def test_a_database_that_does_not_answer_is_exit_status_3(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "goodstanding", "account", "bank", "--role", "bank"],
        env={"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none", "GOODSTANDING_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 3
    assert done.stderr.startswith("goodstanding: the database does not answer")
    assert "Traceback" not in done.stderr


def test_a_person_whom_a_record_names_gets_a_login_by_the_number_alone() -> None:
    number = "980102199001011239"
    key = person_key(number, secret=settings.PERSON_SECRET)
    person = make_entity("张三", kind="natural_person", identifiers=(("person_key", key),))
    arguments = ["account", "zhang", "--role", "entity", "--person"]
    done = CliRunner().invoke(group, arguments, input=f" {number} \n")
    assert done.exit_code == 0, done.output
    assert Account.objects.get(user__username="zhang").entity == person
    assert number not in done.output and key not in done.output
    done = CliRunner().invoke(group, arguments, input="980102199001011247\n")
    assert done.exit_code == 2 and "no record names a person with this number" in done.output
