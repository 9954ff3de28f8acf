"""The harness: launches units, measures them from outside, names what stopped them."""

__version__ = "0.1.0"
