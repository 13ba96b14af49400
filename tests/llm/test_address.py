"""An endpoint is reached however people write its address, or they are told how to."""

import asyncio

import httpx2
import pytest

from grader.errors import BadInput
from grader.judge.choice import target
from grader.judge.options import JudgeOptions
from grader.llm.address import NOWHERE, VARIABLES, Address, named
from grader.llm.endpoint import Endpoint
from grader.llm.request import Request
from tests.support.fakes import completion

KEY = "sk-very-secret"
RESOURCE = "https://mine.openai.azure.com"


def read(text: str, env: dict[str, str] | None = None) -> Address:
    address = named(text, env or {}, "gpt-5-mini")
    assert address is not None
    return address


@pytest.mark.parametrize(
    ("written", "is_read"),
    [
        ("http://localhost:11434/v1/", "http://localhost:11434/v1"),
        ("localhost:11434/v1", "http://localhost:11434/v1"),
        ("127.0.0.1:8000/v1", "http://127.0.0.1:8000/v1"),
        ("[::1]:8000/v1", "http://[::1]:8000/v1"),
        ("192.168.1.7:1234/v1", "http://192.168.1.7:1234/v1"),
        ("vllm:8000/v1", "http://vllm:8000/v1"),
        ("box.local:8000/v1", "http://box.local:8000/v1"),
        ("api.example.com/v1", "https://api.example.com/v1"),
        ("api.example.com:443/v1", "https://api.example.com:443/v1"),
        (" https://api.example.com/v1\n", "https://api.example.com/v1"),
        ("https://api.example.com/v1/chat/completions", "https://api.example.com/v1"),
        ("https://api.example.com/v1/responses", "https://api.example.com/v1"),
        (NOWHERE, NOWHERE),
    ],
)
def test_an_address_is_read_as_it_was_meant(written: str, is_read: str) -> None:
    assert read(written).base_url == is_read


@pytest.mark.parametrize(
    "written",
    [
        "ws://localhost/v1",
        "http:/localhost/v1",
        "http://",
        "https:///v1",
        "http://localhost:port/v1",
        "http://localhost:99999/v1",
        "http://[::1/v1",
        "http://local host/v1",
        "[::1/v1",
        "localhost:port/v1",
        "sk-very secret",
        "api.example.com:8443/v1",
        "8.8.8.8:8000/v1",
        "two\nlines",
    ],
)
@pytest.mark.parametrize("variable", ["", "OPENAI_BASE_URL", "OPENAI_API_BASE"])
def test_what_is_no_address_is_told_in_one_line_with_its_place(written: str, variable: str) -> None:
    env = {variable: written} if variable else {}
    with pytest.raises(BadInput, match=variable or "--base-url") as refused:
        named(None if variable else written, env, "m")
    assert "\n" not in str(refused.value)
    assert "http" in str(refused.value)


@pytest.mark.parametrize(
    ("base_url", "env", "where", "key"),
    [
        (None, {"OPENAI_API_KEY": "a"}, "https://api.openai.com/v1", "a"),
        (None, {"OPENAI_API_KEY": " a\n"}, "https://api.openai.com/v1", "a"),
        (None, {"OPENAI_API_BASE": "http://old/v1", "OPENAI_API_KEY": "a"}, "http://old/v1", "a"),
        (
            None,
            {"OPENAI_API_BASE": "http://old/v1", "OPENAI_BASE_URL": "http://new/v1"},
            "http://new/v1",
            "",
        ),
        (None, {"OPENROUTER_API_KEY": "r"}, "https://openrouter.ai/api/v1", "r"),
        (
            "https://openrouter.ai/api/v1",
            {"OPENROUTER_API_KEY": "r", "OPENAI_API_KEY": "a"},
            "https://openrouter.ai/api/v1",
            "r",
        ),
        ("http://other/v1", {"OPENROUTER_API_KEY": "r"}, "http://other/v1", ""),
        (
            None,
            {"OPENROUTER_API_KEY": "r", "OPENAI_API_KEY": "a"},
            "https://api.openai.com/v1",
            "a",
        ),
    ],
)
def test_every_variable_names_its_endpoint_and_no_key_goes_to_another(
    base_url: str | None, env: dict[str, str], where: str, key: str
) -> None:
    address = named(base_url, env, "m")
    assert address is not None
    assert (address.base_url, address.key) == (where, key)


@pytest.mark.parametrize(
    ("base_url", "more", "where"),
    [
        (None, {}, f"{RESOURCE}/openai/v1"),
        (
            None,
            {"OPENAI_API_VERSION": "2024-10-21"},
            f"{RESOURCE}/openai/deployments/gpt-5-mini?api-version=2024-10-21",
        ),
        (f"{RESOURCE}/openai/v1/", {"OPENAI_API_VERSION": "2024-10-21"}, f"{RESOURCE}/openai/v1"),
        (
            f"{RESOURCE}/openai/deployments/d/chat/completions?api-version=2025-01-01-preview",
            {},
            f"{RESOURCE}/openai/deployments/d?api-version=2025-01-01-preview",
        ),
        (
            f"{RESOURCE}/openai/deployments/d",
            {"OPENAI_API_VERSION": "1"},
            f"{RESOURCE}/openai/deployments/d?api-version=1",
        ),
    ],
)
def test_azure_is_named_by_its_variables_or_its_address(
    base_url: str | None, more: dict[str, str], where: str
) -> None:
    env = {"AZURE_OPENAI_ENDPOINT": f"{RESOURCE}/", "AZURE_OPENAI_API_KEY": KEY, **more}
    address = named(base_url, env, "gpt-5-mini")
    assert address is not None
    assert (address.base_url, address.key) == (where, KEY)
    assert KEY not in repr(address)


@pytest.mark.parametrize(
    ("base_url", "url", "headers"),
    [
        (
            "http://stub/openai/deployments/d?api-version=7",
            "http://stub/openai/deployments/d/chat/completions?api-version=7",
            {"api-key": KEY, "authorization": None},
        ),
        (
            f"{RESOURCE}/openai/v1",
            f"{RESOURCE}/openai/v1/chat/completions",
            {"api-key": KEY, "authorization": None},
        ),
        (
            "http://stub/v1",
            "http://stub/v1/chat/completions",
            {"api-key": None, "authorization": f"Bearer {KEY}"},
        ),
        (
            "http://stub/v1?team=a",
            "http://stub/v1/chat/completions?team=a",
            {"api-key": None, "authorization": f"Bearer {KEY}"},
        ),
    ],
)
def test_the_query_and_the_key_go_where_the_endpoint_looks_for_them(
    base_url: str, url: str, headers: dict[str, str | None]
) -> None:
    seen: list[httpx2.Request] = []

    def handler(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(200, text=completion("x"))

    async def send() -> None:
        endpoint = Endpoint("m", base_url, KEY, transport=httpx2.MockTransport(handler))
        try:
            await endpoint.send(Request(endpoint.endpoint, "m", {"messages": []}))
        finally:
            await endpoint.close()

    asyncio.run(send())
    assert str(seen[0].url) == url
    assert {name: seen[0].headers.get(name) for name in headers} == headers


@pytest.mark.parametrize(
    ("env", "words"),
    [
        ({}, "none of .*OPENAI_API_KEY.* is set; a .env file is not read"),
        ({"OPENAI_API_VERSION": "1"}, "set are OPENAI_API_VERSION"),
        ({"AZURE_OPENAI_API_KEY": KEY}, "AZURE_OPENAI_API_KEY is set, but not AZURE_OPENAI_ENDP"),
        ({"AZURE_OPENAI_ENDPOINT": RESOURCE}, "AZURE_OPENAI_ENDPOINT is set, but not AZURE_OPENA"),
    ],
)
def test_where_nothing_names_an_endpoint_the_message_says_what_is_set(
    env: dict[str, str], words: str
) -> None:
    with pytest.raises(BadInput, match=words) as refused:
        target(JudgeOptions(model="gpt-9"), env)
    assert "\n" not in str(refused.value)
    assert KEY not in str(refused.value)


@pytest.mark.parametrize("names", [("OPENROUTER_API_KEY",), VARIABLES[3:5]])
def test_a_key_that_was_set_for_something_else_sends_no_answer_off_this_machine(
    names: tuple[str, ...],
) -> None:
    assert target(JudgeOptions(), dict.fromkeys(names, "x")).kind == "local"
