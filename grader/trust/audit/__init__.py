"""Attacks on a judge, and honest additions beside them."""
