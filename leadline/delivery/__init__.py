"""How what changed gets to others, and how their decisions come back.

A *target* is one way out: a folder, a webhook, a mail. :mod:`~leadline.delivery.dispatch` serves each from the outbox.
"""
