"""Deliveries to other systems, and decisions read back from them.

A *target* is one way out: a folder, a webhook, a mail. :mod:`~leadline.delivery.dispatch` serves each from the outbox.
"""
