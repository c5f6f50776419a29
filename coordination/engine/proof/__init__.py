"""Canonical text, digests and proofs."""
