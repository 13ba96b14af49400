"""Nobody but the browser that was let in reads or writes anything."""

from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from grader.errors import BadInput
from grader.web.door import Door
from grader.web.forms import form, sent_json
from grader.web.locks import HEADERS, MAX_BODY
from grader.web.room import Room
from tests.support.web import PORT, Browser, browser

FOREIGN = [
    {"Origin": "http://evil.example"},
    {"Origin": "null"},
    {"Origin": f"http://127.0.0.1:{PORT + 1}"},
    {"Origin": f"https://127.0.0.1:{PORT}"},
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"},
    {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "script"},
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
]


@pytest.fixture
def kept() -> list[str]:
    return []


@pytest.fixture
def room(tmp_path: Path, kept: list[str]) -> Room:
    (tmp_path / "templates").mkdir()
    (tmp_path / "words.toml").write_text(
        '[en]\ntitle = "A room"\nlead = "Lead."\n[zh]\ntitle = "房间"\nlead = "说明。"\n'
    )

    async def keep(request: Request) -> Response:
        kept.append((await form(request))["word"])
        return PlainTextResponse("kept")

    async def keep_json(request: Request) -> Response:
        kept.append((await sent_json(request))["word"])
        return PlainTextResponse("kept")

    def broken(_: Request) -> Response:
        raise BadInput("x.csv:3: not a thing")

    routes = [
        Route("/", lambda _: PlainTextResponse("inside")),
        Route("/keep", keep, methods=["POST"]),
        Route("/json", keep_json, methods=["POST"]),
        Route("/broken", broken),
    ]
    return Room("a", tmp_path, routes, lambda say: f"told: {say['title']}")


def test_who_came_in_by_the_address_sees_the_first_page_and_the_room(room: Room) -> None:
    inside = browser(room)
    assert "told: A room" in inside.get(inside.at("/")).text
    assert inside.get(inside.at("/a/")).text == "inside"


def test_without_the_address_nothing_is_shown(room: Room) -> None:
    outside = Browser(Door(PORT), room)
    for path in ("/", "/a/", "/static/web/web.css"):
        assert outside.get(outside.at(path)).status_code == 403
    assert outside.get("/").status_code == 403


def test_an_address_lets_in_one_browser_once(room: Room) -> None:
    door = Door(PORT)
    address = door.address()
    first, second = Browser(door, room), Browser(door, room)
    assert first.get(address).status_code == 200
    assert second.get(address).status_code == 403
    assert second.get(second.at("/a/")).status_code == 403
    assert first.get(address).status_code == 200  # the same browser may press it again
    assert first.get(first.at("/a/")).text == "inside"


def test_a_guessed_address_lets_nobody_in(room: Room) -> None:
    outside = Browser(Door(PORT), room)
    for token in ("", "x", "%ff"):
        assert outside.get(outside.at(f"/enter?token={token}")).status_code == 403


def test_the_cookie_is_out_of_reach_of_scripts_other_sites_and_other_servers(room: Room) -> None:
    door = Door(PORT)
    cookie = Browser(door, room).get(door.address()).headers["set-cookie"]
    assert {"HttpOnly", "SameSite=strict", f"Path={door.base}/"} <= set(cookie.split("; "))
    assert Door(PORT).base != door.base


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", f"127.0.0.1:{PORT + 1}", ""])
def test_a_name_of_another_that_leads_here_is_refused(room: Room, host: str) -> None:
    inside = browser(room)
    assert inside.get(inside.at("/a/"), headers={"Host": host}).status_code == 421


@pytest.mark.parametrize("headers", FOREIGN)
def test_a_page_of_another_site_reads_and_writes_nothing(
    room: Room, headers: dict[str, str], kept: list[str]
) -> None:
    inside = browser(room)
    del inside.headers["Origin"]
    assert inside.get(inside.at("/a/"), headers=headers).status_code == 403
    sent = inside.post(inside.at("/a/keep"), data={"word": "foreign"}, headers=headers)
    assert sent.status_code == 403
    assert kept == []


def test_what_does_not_say_where_it_is_from_changes_nothing(room: Room, kept: list[str]) -> None:
    inside = browser(room)
    del inside.headers["Origin"]
    assert inside.post(inside.at("/a/keep"), data={"word": "x"}).status_code == 403
    assert kept == []


def test_a_link_that_somebody_opens_is_let_through_to_the_cookie(room: Room) -> None:
    inside = browser(room)
    del inside.headers["Origin"]
    opened = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    opened["Sec-Fetch-Dest"] = "document"
    assert inside.get(inside.at("/a/"), headers=opened).text == "inside"
    assert inside.post(inside.at("/a/keep"), headers=opened).status_code == 403


def test_own_pages_send_forms_and_json(room: Room, kept: list[str]) -> None:
    inside = browser(room)
    inside.post(inside.at("/a/keep"), data={"word": "银行"})
    inside.post(inside.at("/a/json"), json={"word": "冲突"})
    assert kept == ["银行", "冲突"]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "TRACE"])
def test_other_methods_are_refused(room: Room, method: str) -> None:
    inside = browser(room)
    assert inside.request(method, inside.at("/a/keep")).status_code == 405


def test_a_request_that_is_too_long_is_refused_also_where_it_hides_its_length(
    room: Room, kept: list[str]
) -> None:
    inside = browser(room)
    long = b"word=" + b"x" * MAX_BODY
    form_type = {"Content-Type": "application/x-www-form-urlencoded"}
    assert inside.post(inside.at("/a/keep"), content=long, headers=form_type).status_code == 413
    pieces = (long[n : n + 65536] for n in range(0, len(long), 65536))
    assert inside.post(inside.at("/a/keep"), content=pieces, headers=form_type).status_code == 413
    assert kept == []


def test_every_answer_forbids_foreign_scripts_frames_and_copies(room: Room) -> None:
    inside = browser(room)
    paths = ("/", "/a/", "/nowhere", "/a/broken", "/static/web/web.css", "/enter?token=x")
    for answer in (*(inside.get(inside.at(path)) for path in paths), inside.get("/")):
        assert HEADERS.items() <= {k.title(): v for k, v in answer.headers.items()}.items()
    assert "'unsafe" not in HEADERS["Content-Security-Policy"]


def test_what_goes_wrong_in_a_room_is_a_line_on_a_page_or_in_json(room: Room) -> None:
    inside = browser(room)
    assert "x.csv:3: not a thing" in inside.get(inside.at("/a/broken")).text
    as_json = inside.get(inside.at("/a/broken"), headers={"Accept": "application/json"})
    assert (as_json.status_code, as_json.json()) == (400, {"error": "x.csv:3: not a thing"})
    assert inside.get(inside.at("/nowhere")).status_code == 404


def test_pages_are_in_the_language_that_was_chosen_or_that_the_browser_wishes(room: Room) -> None:
    inside = browser(room)
    chinese = {"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"}
    assert "told: 房间" in inside.get(inside.at("/"), headers=chinese).text
    assert "told: A room" in inside.get(inside.at("/?lang=en"), headers=chinese).text
    assert "told: A room" in inside.get(inside.at("/"), headers=chinese).text
    given = browser(room, language="zh")
    assert 'lang="zh-CN"' in given.get(given.at("/")).text


def test_files_outside_of_the_shipped_ones_are_not_served(room: Room) -> None:
    inside = browser(room)
    for path in ("/static/web/../words.toml", "/static/web/%2e%2e/words.toml", "/static/a/x"):
        assert inside.get(inside.at(path)).status_code == 404
