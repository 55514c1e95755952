"""Signing in is throttled: by user name and by address, across processes, and without telling who exists."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client, override_settings
from django.utils import timezone

from goodstanding.portal import attempts
from goodstanding.portal.models import SignInAttempt
from goodstanding.registry.commands import create_account

PASSWORD = "three-old-bridges"
pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(autouse=True)
def bank(database: str) -> None:
    create_account(username="bank", password=PASSWORD, role="bank")


def sign_in(username: str, password: str, *, address: str = "10.0.0.1", **more: Any) -> HttpResponse:
    client = Client(
        SERVER_NAME="localhost", REMOTE_ADDR=address, HTTP_ACCEPT_LANGUAGE=more.pop("language", "en")
    )
    return client.post("/sign-in", {"username": username, "password": password}, **more)  # type: ignore[return-value]


def fail(username: str, times: int, *, address: str = "10.0.0.1") -> None:
    """Failed attempts, without the price of hashing a password for each."""
    for _ in range(times):
        assert attempts.begin(username=username, address=address, at=timezone.now()) is not None


def test_after_ten_failures_even_the_right_password_has_to_wait() -> None:
    for _ in range(attempts.LIMIT_OF_PAIR):
        assert sign_in("bank", "wrong").status_code == 200
    waiting = sign_in("bank", PASSWORD)
    assert (waiting.status_code, waiting.headers["Retry-After"]) == (429, "900")
    page = waiting.content.decode()
    assert "too many failed attempts" in page
    assert 'role="alert"' in page
    assert "登录失败次数过多" in sign_in("bank", PASSWORD, language="zh-hans").content.decode()
    assert PASSWORD not in page


def test_one_failure_less_does_not_have_to_wait() -> None:
    fail("bank", attempts.LIMIT_OF_PAIR - 1)
    assert sign_in("bank", PASSWORD).status_code == 302


def test_who_does_not_exist_is_answered_in_the_same_words() -> None:
    def page(username: str) -> str:
        fail(username, attempts.LIMIT_OF_PAIR)
        answer = sign_in(username, "wrong")
        assert answer.status_code == 429
        text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", answer.content.decode())
        return text.replace(username, "NAME")

    assert page("bank") == page("nobody")


def test_the_wait_ends_after_the_window() -> None:
    fail("bank", attempts.LIMIT_OF_PAIR)
    assert sign_in("bank", PASSWORD).status_code == 429
    SignInAttempt.objects.update(at=timezone.now() - attempts.WINDOW)
    assert sign_in("bank", PASSWORD).status_code == 302
    assert not SignInAttempt.objects.exists()


def test_attempts_while_waiting_do_not_make_the_wait_longer() -> None:
    fail("bank", attempts.LIMIT_OF_PAIR)
    for _ in range(3):
        assert sign_in("bank", PASSWORD).status_code == 429
    assert SignInAttempt.objects.count() == attempts.LIMIT_OF_PAIR


def test_a_right_password_forgets_the_failures_before_it() -> None:
    for _ in range(2):
        fail("bank", attempts.LIMIT_OF_PAIR - 1)
        assert sign_in("bank", PASSWORD).status_code == 302
    assert not SignInAttempt.objects.exists()


def test_a_stranger_elsewhere_does_not_lock_a_user_out_with_ten_attempts() -> None:
    fail("bank", attempts.LIMIT_OF_PAIR, address="10.0.0.2")
    assert sign_in("bank", PASSWORD, address="10.0.0.2").status_code == 429
    assert sign_in("bank", PASSWORD).status_code == 302


def test_many_names_from_one_address_have_to_wait() -> None:
    for number in range(attempts.LIMIT_OF_ADDRESS):
        fail(f"name{number}", 1)
    assert sign_in("bank", PASSWORD).status_code == 429
    assert sign_in("bank", PASSWORD, address="10.0.0.2").status_code == 302


def test_one_name_from_many_addresses_has_to_wait() -> None:
    for number in range(attempts.LIMIT_OF_NAME):
        fail("bank", 1, address=f"10.0.1.{number}")
    assert sign_in("bank", PASSWORD).status_code == 429


def test_another_spelling_of_a_name_is_the_same_name() -> None:
    fail("bank", attempts.LIMIT_OF_PAIR)
    assert sign_in("ｂａｎｋ", PASSWORD).status_code == 429


def test_attempts_at_the_same_moment_count_each_other() -> None:
    def attempt(_: int) -> bool:
        try:
            return attempts.begin(username="bank", address="10.0.0.1", at=timezone.now()) is not None
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        passed = sum(pool.map(attempt, range(40)))
    assert 1 <= passed <= attempts.LIMIT_OF_PAIR


def test_neither_names_nor_addresses_are_kept_in_the_clear() -> None:
    fail("a password typed into the wrong field", 1)
    row = SignInAttempt.objects.get()
    assert re.fullmatch(r"[0-9a-f]{64}", row.username) and re.fullmatch(r"[0-9a-f]{64}", row.address)
    attempts.begin(username="x", address="y", at=timezone.now() + timedelta(hours=1))
    assert not SignInAttempt.objects.filter(pk=row.pk).exists()


def test_the_address_that_a_caller_claims_counts_behind_a_proxy_only() -> None:
    fail("bank", attempts.LIMIT_OF_PAIR, address="192.0.2.7")
    forwarded = {"HTTP_X_FORWARDED_FOR": "198.51.100.1, 192.0.2.7"}
    assert sign_in("bank", PASSWORD, **forwarded).status_code == 302
    with override_settings(SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https")):
        assert sign_in("bank", PASSWORD, **forwarded).status_code == 429
        assert sign_in("bank", PASSWORD, HTTP_X_FORWARDED_FOR="192.0.2.7, 192.0.2.8").status_code == 302
