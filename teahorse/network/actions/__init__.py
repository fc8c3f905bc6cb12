"""Every change of the network: roads and trips (:mod:`.roads`), closing and opening ways (:mod:`.closing`)."""

from teahorse.network.actions.closing import IsOpenAlready, close_ways, lift_closures
from teahorse.network.actions.roads import LeadsNowhere, Observed, enter_road, lay_road, record_trips

__all__ = ["IsOpenAlready", "LeadsNowhere", "Observed", "close_ways", "enter_road", "lay_road", "lift_closures", "record_trips"]
