"""
The machine interface, ``/api/v1/``: for the area picker of our own pages, for other shops' programs, for sellers' and stations' systems.

Buyers' addresses are open, or opened by a capability: the token of a cart, the access token of an order. Organisations
come with ``Authorization: Bearer th_…``. Cookies and sessions give no rights here, so no CSRF token is asked for. What
goes wrong is told as ``application/problem+json`` (RFC 9457), in the language of ``Accept-Language``.
"""
