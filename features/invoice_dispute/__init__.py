"""Which invoices will be disputed, short-paid or credited, and who will pay late.

The score's as-of feature frame and its label frame.
"""

from features.invoice_dispute.frame import FEATURES, features, labels, observation_days, open_invoices

__all__ = ["FEATURES", "features", "labels", "observation_days", "open_invoices"]
