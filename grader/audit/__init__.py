"""Attacks a judge as a candidate might, and counts what moved a score."""
