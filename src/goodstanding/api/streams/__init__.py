"""The feed as a stream (Server-Sent Events): one process beside the web server's holds every open stream.

A stream waits nearly all of its life. In the web server each would hold one of a handful of threads; here it is a
coroutine, and the pages of all streams are made by one thread, those at one position together.

``application`` is the ASGI application, ``hub`` knows the streams and feeds them, ``pages`` asks the database.
"""
