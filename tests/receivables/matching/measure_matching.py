"""Precision, recall and calibration of the matching on made-up statements, by kind of case.

Run from the root: `python -m tests.receivables.matching.measure_matching SEED...`; `--fit` fits the certainty's weights.
"""
