"""The harness: launches units, measures them from outside, names what stopped them."""
