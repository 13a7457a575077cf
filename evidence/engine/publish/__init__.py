"""A judged run as Markdown, a site and evidence.json, published whole or not at all.

Nothing is imported here: who asks for one part waits for no other.
"""
