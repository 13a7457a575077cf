"""A judged run as Markdown, a site and evidence.json, published whole or not at all."""

from evidence.engine.publish.publication import publish

__all__ = ["publish"]
