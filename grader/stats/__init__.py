"""Statistics of agreement, severity, change and decision, on numpy alone.

A statistic that the data cannot give ("not estimable": no variation, too few shared answers,
raters who share no answer) is None, never nan and never an exception. Ratings are laid out
answers x raters; a missing rating is None or nan. The scale is always passed in full, because
a level that nobody happened to use still counts.
"""
