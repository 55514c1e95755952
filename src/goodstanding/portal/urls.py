"""Addresses of the portal."""

from __future__ import annotations

from django.contrib.auth.views import LogoutView
from django.urls import URLPattern, path

from .views.account import SignIn, set_language
from .views.entity import entity
from .views.home import home
from .views.readings import readings
from .views.record import record
from .views.verify import verify

urlpatterns: list[URLPattern] = [
    path("", home, name="home"),
    path("entity/<uuid:public_id>", entity, name="entity"),
    path("record/<uuid:public_id>", record, name="record"),
    path("my/readings", readings, name="readings"),
    path("verify", verify, name="verify"),
    path("sign-in", SignIn.as_view(), name="sign-in"),
    path("sign-out", LogoutView.as_view(), name="sign-out"),
    path("language", set_language, name="set_language"),
]
