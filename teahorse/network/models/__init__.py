"""Nodes, roads and what trips measured (:mod:`.roads`), passes and closures (:mod:`.closing`), lines (:mod:`.lines`)."""

from teahorse.network.models.closing import Closure, Crossing, Lifting, Pass
from teahorse.network.models.lines import Line, LineCall
from teahorse.network.models.roads import MeasuredTime, Node, Road, Trip

__all__ = ["Closure", "Crossing", "Lifting", "Line", "LineCall", "MeasuredTime", "Node", "Pass", "Road", "Trip"]
