"""
The planner of a county's day, in plain Python without Django: goods in and goods out on one run.

The model (:mod:`.model`, :mod:`.ground`), the search (:mod:`.planner`), the checker that shares nothing with it
(:mod:`.checking`), re-planning from now (:mod:`.replanning`), and what explains a plan (:mod:`.explaining`, :mod:`.reasons`).
"""
