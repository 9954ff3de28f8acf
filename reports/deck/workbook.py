"""The data of native charts, and the workbook inside each that an office program shows for editing.

Names come from a result: in the workbook one that begins with an equals sign is no formula, and one
like an address no link.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import IO, Any

from pptx.chart.data import CategoryChartData, XyChartData
from pptx.chart.xlsx import CategoryWorkbookWriter, XyWorkbookWriter

LONG_AGO = datetime(2000, 1, 1)  # a workbook's date: the same result gives the same bytes


def by_category(
    categories: Sequence[str],
    series: Mapping[str, Sequence[float | None]],
    number_format: str = "General",
) -> Any:
    """Chart data with a value, or none, for each category in each series."""
    maker: Any = _Categories
    made = maker(number_format=number_format)
    made.categories = categories
    for name, values in series.items():
        made.add_series(name, values)
    return made


def by_point(series: Sequence[tuple[str, Sequence[tuple[float, float]]]]) -> Any:
    """Chart data with points in each series."""
    maker: Any = _Points
    made = maker(number_format="General")
    for name, points in series:
        one = made.add_series(name)
        for x, y in points:
            one.add_data_point(x, y)
    return made


@contextmanager
def _as_text(opened: Any) -> Iterator[tuple[Any, Any]]:
    with opened as (workbook, worksheet):
        worksheet.strings_to_formulas = worksheet.strings_to_urls = False
        workbook.set_properties({"created": LONG_AGO})
        yield workbook, worksheet


class _CategoryWriter(CategoryWorkbookWriter):
    def _open_worksheet(self, xlsx_file: IO[bytes]) -> Any:
        return _as_text(super()._open_worksheet(xlsx_file))


class _PointWriter(XyWorkbookWriter):
    def _open_worksheet(self, xlsx_file: IO[bytes]) -> Any:
        return _as_text(super()._open_worksheet(xlsx_file))


class _Categories(CategoryChartData):
    @property
    def _workbook_writer(self) -> Any:
        writer: Any = _CategoryWriter
        return writer(self)


class _Points(XyChartData):
    @property
    def _workbook_writer(self) -> Any:
        writer: Any = _PointWriter
        return writer(self)
