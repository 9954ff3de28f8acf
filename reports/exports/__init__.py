"""A result's metrics in the formats of other tools, one module a format, one list of them all.

Each format is a pure function from metrics to text. What it cannot hold is left out, with a reason;
what it holds is exact: base units, whole floats, raw samples where there is a place for them.
"""
