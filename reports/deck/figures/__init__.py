"""A file a figure: its data, drawn natively on its slide."""
