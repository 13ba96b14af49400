"""``grade web``: a small web application on one's own machine, for more than a terminal shows.

Nothing in it is asked of another machine, and no other page can speak to it: see ``locks``.
"""
