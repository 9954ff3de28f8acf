"""outnumber measures how many threads, goroutines and tasks can be launched, and what stops them.

Importing this package loads nothing else. The command lives in `outnumber.__main__`.
"""

__version__ = "0.1.0"
