"""One figure from its data, in a theme and a shape."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.charts.chart import Chart
from reports.charts.closeness import LimitsCloseness
from reports.charts.growth import MemoryGrowth
from reports.charts.how_many import HowMany
from reports.charts.spawn import Spawns
from reports.charts.unit_cost import UnitCost
from reports.charts.where_time_goes import WhereTimeGoes
from reports.palette import Theme
from reports.pictures.canvas import Canvas, Shape
from reports.pictures.closeness import draw_closeness
from reports.pictures.growth import draw_growth
from reports.pictures.how_many import draw_how_many
from reports.pictures.spawn import draw_spawn
from reports.pictures.text import drawable
from reports.pictures.trends import draw_trends
from reports.pictures.unit_cost import draw_unit_cost
from reports.pictures.where_time_goes import draw_where_time_goes
from reports.trends.charts import TrendChart

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(chart: Chart, theme: Theme, shape: Shape) -> Figure:
    """The figure, ready to be rendered (`reports.pictures.save`)."""
    canvas = Canvas(theme, shape)
    canvas.figure.set_label(drawable(chart.title))
    canvas.frame(chart)
    if chart.table.words:
        _drawn(chart, canvas)
    else:
        canvas.nothing()
    return canvas.figure


def _drawn(chart: Chart, canvas: Canvas) -> None:
    match chart:
        case HowMany():
            draw_how_many(chart, canvas)
        case UnitCost():
            draw_unit_cost(chart, canvas)
        case MemoryGrowth():
            draw_growth(chart, canvas)
        case Spawns():
            draw_spawn(chart, canvas)
        case WhereTimeGoes():
            draw_where_time_goes(chart, canvas)
        case LimitsCloseness():
            draw_closeness(chart, canvas)
        case TrendChart():
            draw_trends(chart, canvas)
        case _:
            raise TypeError(f"no drawing for {type(chart).__name__}")
