"""Addresses: the portal for people, the API for programs."""

from django.urls import include, path

urlpatterns = [
    path("api/v1/", include("goodstanding.api.urls")),
    path("", include("goodstanding.portal.urls")),
]
