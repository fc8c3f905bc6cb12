"""
The demo region, and as many synthetic goods and orders on top of it as a measurement needs.

:mod:`.loading` fills an empty house from the texts in ``content/``; :mod:`.scaling` adds goods and orders by the thousand.
The demo stands above every app and writes their tables directly where an action would be a detour (a hundred products that
need no review); what happens to orders goes through the real actions. Nothing outside the demo imports it.
"""
