"""Every address of the shop. An app that has pages brings its own `urls`."""

from django.urls import path

urlpatterns: list[path] = []
