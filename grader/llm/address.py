"""Where an endpoint is: addresses as people write them, and the variables that name one.

An address is kept in one form, with a query where Azure asks for one, so that the ledger knows
the same endpoint again however it was written.
"""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, quote, urlsplit, urlunsplit

from grader.errors import BadInput
from grader.text.safe import one_line

OPENAI = "https://api.openai.com/v1"
OPENROUTER = "https://openrouter.ai/api/v1"
NOWHERE = "files"
"""Stands for the endpoint behind shards where none is named."""
BASE_URLS = ("OPENAI_BASE_URL", "OPENAI_API_BASE")
AZURE = ("AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_API_KEY", "OPENAI_API_VERSION")
VARIABLES = ("OPENAI_API_KEY", *BASE_URLS, *AZURE, "OPENROUTER_API_KEY")
"""All variables that name an endpoint or its key."""

_LONGEST = 200
_AZURE_HOSTS = (".openai.azure.com", ".cognitiveservices.azure.com", ".services.ai.azure.com")
# People paste the address that requests go to in place of what it begins with
_METHOD = re.compile(r"/(chat/)?completions$|/responses$")
_WAY_OUT = "write it as http://HOST:PORT/v1 or https://HOST/v1"


@dataclass(frozen=True)
class Address:
    """An endpoint's address and the key that belongs to it.

    Attributes:
        reason: what named it, in a few words.
    """

    base_url: str
    key: str = field(repr=False)
    reason: str


def named(base_url: str | None, env: Mapping[str, str], model: str | None) -> Address | None:
    """Returns the endpoint that the option or the environment names, or None.

    Args:
        base_url: the option's, before every variable.
        model: the model asked for, which is the deployment of an Azure address.

    Raises:
        BadInput: an address that cannot be read as such.
    """
    set_here = {name: text for name in VARIABLES if (text := env.get(name, "").strip())}
    variable = next((name for name in BASE_URLS if name in set_here), "")
    if given := base_url or set_here.get(variable):
        where = "--base-url" if base_url else variable
        read = _on_azure(_read(given, where), set_here, model)
        return Address(_text(read), _key(read, set_here), where)
    if key := set_here.get("OPENAI_API_KEY"):
        return Address(OPENAI, key, "OPENAI_API_KEY is set")
    # Other programs' settings name an endpoint only beside a model: nothing leaves this machine
    # because of a variable that was set for something else.
    if model is None:
        return None
    if AZURE[0] in set_here and AZURE[1] in set_here:
        read = _on_azure(_read(set_here[AZURE[0]], AZURE[0]), set_here, model)
        return Address(_text(read), set_here[AZURE[1]], AZURE[0])
    if key := set_here.get("OPENROUTER_API_KEY"):
        return Address(OPENROUTER, key, "OPENROUTER_API_KEY is set")
    return None


def names_one(env: Mapping[str, str], model: str | None) -> bool:
    """Returns whether the environment names an endpoint, whatever its address is worth."""
    if any(env.get(name) for name in ("OPENAI_API_KEY", *BASE_URLS)):
        return True
    azure = all(env.get(name) for name in AZURE[:2])
    return model is not None and (azure or bool(env.get("OPENROUTER_API_KEY")))


def what_is_set(env: Mapping[str, str]) -> str:
    """Returns which of the variables are set, in words, for who finds that none names anything."""
    names = [name for name in VARIABLES if env.get(name)]
    if AZURE[1] in names and AZURE[0] not in names:
        return f"{AZURE[1]} is set, but not {AZURE[0]}"
    if AZURE[0] in names and AZURE[1] not in names:
        return f"{AZURE[0]} is set, but not {AZURE[1]}"
    stands = f"set are {', '.join(names)}" if names else f"none of {', '.join(VARIABLES)} is set"
    return f"{stands}; a .env file is not read: set -a; . ./.env; set +a"


def wants_api_key_header(base_url: str) -> bool:
    """Returns whether the endpoint takes its key as Azure does: ``api-key``, no bearer token."""
    parts = urlsplit(base_url)
    return _is_azure(parts) or "api-version=" in parts.query


def _read(text: str, where: str) -> SplitResult:
    """The parts of an address, in one form."""
    text = text.strip()
    shown = one_line(text, _LONGEST)
    if text == NOWHERE:
        return SplitResult("", "", NOWHERE, "", "")
    try:
        parts = urlsplit(text if "://" in text else f"{_scheme(text, where)}://{text}")
        # Asked for the port too: urlsplit does not look at it before that
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise BadInput(f"{where} {shown}: no address: {error}; {_WAY_OUT}") from None
    if parts.scheme not in {"http", "https"} or not host or re.search(r"\s", text):
        raise BadInput(f"{where} {shown}: no address; {_WAY_OUT}")
    path = _METHOD.sub("", parts.path.rstrip("/")).rstrip("/")
    return parts._replace(path=path, fragment="")


def _scheme(text: str, where: str) -> str:
    """The scheme that an address without one means: where nobody can say, it is asked for."""
    host = urlsplit(f"//{text}").hostname or ""
    port = urlsplit(f"//{text}").port
    # The second: http:/HOST, which lacks a slash
    if not re.fullmatch(r"[\w.:-]+", host) or re.match(r"\w+:/", text):
        raise BadInput(f"{where} {one_line(text, _LONGEST)}: no address; {_WAY_OUT}")
    try:
        near = ipaddress.ip_address(host).is_private
    except ValueError:
        near = "." not in host or host.endswith((".local", ".localhost", ".lan", ".internal"))
        if not near and port in {None, 443}:
            return "https"
    if near:
        return "http"
    # A key must not go in the clear to a far machine because of a guess.
    raise BadInput(f"{where} {one_line(text, _LONGEST)}: is that http:// or https://? Write it so")


def _text(parts: SplitResult) -> str:
    return urlunsplit(parts)


def _is_azure(parts: SplitResult) -> bool:
    return (parts.hostname or "").endswith(_AZURE_HOSTS)


def _on_azure(parts: SplitResult, env: Mapping[str, str], model: str | None) -> SplitResult:
    """The address with what Azure asks for in it: the deployment, and the version of the API."""
    by_variable = _text(parts) == env.get(AZURE[0], "").rstrip("/")
    if not _is_azure(parts) and not by_variable:
        return parts
    version = env.get(AZURE[2])
    path = parts.path
    if not path or path == "/openai":
        # Without a version the form that needs none
        path = f"/openai/deployments/{quote(model or '', safe='')}" if version else "/openai/v1"
    query = parts.query
    if version and "api-version=" not in query and "/v1" not in path:
        query = "&".join(filter(None, (query, f"api-version={quote(version)}")))
    return parts._replace(path=path, query=query)


def _key(parts: SplitResult, env: Mapping[str, str]) -> str:
    """The key that belongs to an address that was named for itself."""
    own = {"openrouter.ai": "OPENROUTER_API_KEY"}.get(parts.hostname or "")
    if wants_api_key_header(_text(parts)):
        own = AZURE[1]
    return env.get(own or "", "") or env.get("OPENAI_API_KEY", "")
