"""Django's mail settings from one address."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

#: Seconds after which a mail server that does not answer is left alone.
PATIENCE = 10


def mail(url: str) -> dict[str, object]:
    """Mail settings from ``smtp://``, ``smtp+tls://`` (STARTTLS) or ``smtps://`` with ``[user:password@]host[:port]``,
    or from ``file:///folder``, into which mails are written; an empty address turns mail off.

    Raises:
        ValueError: another scheme, or no host or folder.
    """
    if not url:
        return {"MAIL": False, "EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend"}
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.path:
        backend = "django.core.mail.backends.filebased.EmailBackend"
        return {"MAIL": True, "EMAIL_BACKEND": backend, "EMAIL_FILE_PATH": unquote(parts.path)}
    ports = {"smtp": 25, "smtp+tls": 587, "smtps": 465}
    if parts.scheme not in ports or not parts.hostname:
        raise ValueError(
            f"GOODSTANDING_MAIL must be smtp://, smtp+tls:// or smtps:// with a host, or file:///folder,"
            f" not {parts.scheme}://"
        )
    return {
        "MAIL": True,
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or ports[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_TIMEOUT": PATIENCE,
    }
