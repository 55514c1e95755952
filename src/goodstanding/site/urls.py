"""Addresses: the portal for people, the API for programs."""

from django.urls import include, path

urlpatterns = [
    path("", include("goodstanding.portal.urls")),
]
