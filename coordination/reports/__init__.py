"""Packs of evidence for auditors."""
