"""One figure from its data, in a theme and a shape."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.draw.canvas import Canvas, Shape
from reports.draw.closeness import draw_closeness
from reports.draw.growth import draw_growth
from reports.draw.how_many import draw_how_many
from reports.draw.spawn import draw_spawn
from reports.draw.text import drawable
from reports.draw.trends import draw_trends
from reports.draw.unit_cost import draw_unit_cost
from reports.draw.where_time_goes import draw_where_time_goes
from reports.figures.chart import Chart
from reports.figures.closeness import LimitsCloseness
from reports.figures.growth import MemoryGrowth
from reports.figures.how_many import HowMany
from reports.figures.spawn import Spawns
from reports.figures.unit_cost import UnitCost
from reports.figures.where_time_goes import WhereTimeGoes
from reports.history.charts import TrendChart
from reports.palette import Theme

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(chart: Chart, theme: Theme, shape: Shape) -> Figure:
    """The figure, ready to be rendered (`reports.draw.save`)."""
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
