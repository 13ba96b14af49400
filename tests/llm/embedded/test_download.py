"""What the publisher's repository as a source promises; the hub is a server on this machine."""

import hashlib
from pathlib import Path

import pytest

pytest.importorskip("huggingface_hub", reason="the local extra is not installed")

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from grader.llm.embedded.download import Hub, OriginError

CONTENT = b"weights" * 1000
PLACE = "/owner/name/resolve/main/weights.gguf"


@pytest.fixture
def hub(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> Hub:
    """A repository on a server of the test's own, and no file in the hub's own cache."""
    import huggingface_hub

    monkeypatch.setattr(huggingface_hub, "try_to_load_from_cache", lambda *_: None)
    monkeypatch.setenv("NO_PROXY", "*")
    endpoint = httpserver.url_for("").rstrip("/")
    return Hub("the hub", "owner/name", "weights.gguf", len(CONTENT), endpoint, patience=60)


def serve(server: HTTPServer, content: bytes) -> None:
    def handle(_: Request) -> Response:
        reply = Response(content, mimetype="application/octet-stream")
        reply.headers["ETag"] = f'"{hashlib.sha256(content).hexdigest()}"'
        reply.headers["X-Repo-Commit"] = "0" * 40
        return reply

    server.expect_request(PLACE).respond_with_handler(handle)


def test_the_file_arrives_whole_and_the_count_with_it(
    hub: Hub, httpserver: HTTPServer, tmp_path: Path
) -> None:
    serve(httpserver, CONTENT)
    told: list[int] = []
    hub.fetch(tmp_path / "target", told.append)
    assert (tmp_path / "target").read_bytes() == CONTENT
    assert told[-1] == len(CONTENT)


def test_a_repository_that_holds_another_file_now_is_not_downloaded(
    hub: Hub, httpserver: HTTPServer, tmp_path: Path
) -> None:
    serve(httpserver, CONTENT + b"!")
    with pytest.raises(OriginError, match=r"another file lies there now, of 7,001 bytes"):
        hub.fetch(tmp_path / "target", lambda _: None)


def test_a_missing_file_is_a_reason_in_one_line(
    hub: Hub, httpserver: HTTPServer, tmp_path: Path
) -> None:
    httpserver.expect_request(PLACE).respond_with_data("", status=404)
    with pytest.raises(OriginError) as failed:
        hub.fetch(tmp_path / "target", lambda _: None)
    assert "404" in str(failed.value)
    assert "\n" not in str(failed.value)


def test_a_host_that_refuses_is_a_reason(tmp_path: Path, hub: Hub) -> None:
    from dataclasses import replace

    nowhere = replace(hub, endpoint="http://127.0.0.1:9")
    with pytest.raises(OriginError):
        nowhere.fetch(tmp_path / "target", lambda _: None)


def test_a_host_that_never_answers_is_given_up(tmp_path: Path, hub: Hub) -> None:
    import socket
    from dataclasses import replace

    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        nowhere = replace(hub, endpoint=f"http://127.0.0.1:{port}", patience=0.2)
        with pytest.raises(OriginError):
            nowhere.fetch(tmp_path / "target", lambda _: None)


def test_offline_mode_is_honoured(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import huggingface_hub

    monkeypatch.setattr(huggingface_hub, "is_offline_mode", lambda: True)
    with pytest.raises(OriginError, match="HF_HUB_OFFLINE"):
        hub.fetch(tmp_path / "target", lambda _: None)


def test_a_copy_in_the_hubs_own_cache_is_used(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import huggingface_hub

    cached = tmp_path / "cached"
    cached.write_bytes(CONTENT)
    monkeypatch.setattr(huggingface_hub, "try_to_load_from_cache", lambda *_: str(cached))
    hub.fetch(tmp_path / "target", lambda _: None)
    assert (tmp_path / "target").read_bytes() == CONTENT


def test_a_machine_without_the_library_is_told_so(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(OriginError, match="not installed"):
        hub.fetch(tmp_path / "target", lambda _: None)
