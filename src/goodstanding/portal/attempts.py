"""How often somebody may try to sign in: counted in the database, so that all web processes know it.

An attempt is written down before the password is looked at and taken back when it was right. So attempts that
come at the same moment count each other, and none of them passes the limit.

Three limits keep guessing slow without letting a stranger lock a user out easily: the tight one is on a user name
from one address. Names and addresses are kept as keyed hashes only, and no longer than the window.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.contrib.auth.models import User
from django.utils.crypto import salted_hmac

from .models import SignInAttempt

WINDOW: Final = timedelta(minutes=15)
#: Failed attempts within the window: with a user name from one address; from one address; with a user name.
LIMIT_OF_PAIR: Final = 10
LIMIT_OF_ADDRESS: Final = 30
LIMIT_OF_NAME: Final = 100


def begin(*, username: str, address: str, at: datetime) -> SignInAttempt | None:
    """Write an attempt down, unless there were too many.

    Args:
        username: as it was typed; whether there is such a user is not asked.
        address: where the attempt comes from.
        at: the instant.

    Returns:
        The attempt, which ``succeeded`` takes back; None when this one has to wait.
    """
    SignInAttempt.objects.filter(at__lte=at - WINDOW).delete()
    name, place = _key("name", User.normalize_username(username)), _key("address", address)
    attempt = SignInAttempt.objects.create(username=name, address=place, at=at)
    recent = SignInAttempt.objects.filter(at__gt=at - WINDOW)
    counts = (
        (recent.filter(username=name, address=place).count(), LIMIT_OF_PAIR),
        (recent.filter(address=place).count(), LIMIT_OF_ADDRESS),
        (recent.filter(username=name).count(), LIMIT_OF_NAME),
    )
    if any(count > limit for count, limit in counts):
        attempt.delete()
        return None
    return attempt


def succeeded(attempt: SignInAttempt) -> None:
    """The password was right: forget what this user name failed at this address."""
    SignInAttempt.objects.filter(username=attempt.username, address=attempt.address).delete()


def _key(kind: str, text: str) -> str:
    return salted_hmac(f"goodstanding.portal.attempts.{kind}", text, algorithm="sha256").hexdigest()
