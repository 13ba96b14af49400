"""The rooms of the web application, a package each.

A room is added without a change to what is around it:

1. A package ``grader/web/rooms/NAME/`` with

   - ``words.toml``: tables ``[en]`` and ``[zh]`` with the same keys, among them ``title`` and
     ``lead`` (a sentence on what one does there), which the first page shows;
   - ``templates/``: each begins with ``{% extends "web/page.html.j2" %}`` and fills the blocks
     ``title``, ``main`` and, for its own style and script, ``head``;
   - ``static/`` (if wanted): plain CSS and JavaScript, no build step. Styles and scripts stand in
     files only: the Content-Security-Policy takes nothing inline, nor ``style=`` attributes. A
     response that brings a policy of its own keeps that one, which must be no laxer;
   - a function ``open_room(...) -> Room`` that reads what the command line was given, raises
     ``BadInput`` where that is wrong, and returns a :class:`grader.web.room.Room`.

2. Routes are Starlette's, with paths below the room's name: ``Route("/", first)`` is ``/NAME/``. A
   page is ``grader.web.pages.page(request, "NAME/first.html.j2", **values)``. In every template
   there are, beside *values*:

   - ``say``: the room's own words, ``web``: the words of the frame, ``lang``: ``en`` or ``zh``;
   - ``here``: the path of the room, ``base``: of the application. Every link begins with one of
     them: ``{{ here }}/next``, ``{{ base }}/static/NAME/NAME.js``.

   ``grader.web.pages.language_of(request)`` is the language outside of a template.

3. ``grader.web.forms`` reads what was sent: ``await form(request)``, ``await sent_json(request)``,
   both bounded and with one line of complaint. A ``GraderError`` that a route raises becomes a page
   with its line, or ``{"error": ...}`` where the request accepts JSON. What waits for the disk goes
   into a plain ``def`` route or ``starlette.concurrency.run_in_threadpool``.

4. ``request.state.visitor`` is the browser that asks (:class:`grader.web.door.Visitor`); what a
   room keeps of it is in ``visitor.values["NAME/..."]``. Whether a request may come in at all is
   not the room's business: ``grader.web.locks`` decided it before.

5. ``grader/cli/web.py`` gets the room's options and one line in ``_rooms``.

6. Tests take ``tests.support.web.browser(room)``: a client that has come in.
"""
