"""The process that holds the model: run by engine.py as a script, it imports nothing of grader.

One line of JSON comes in on standard input (see Settings), one goes out on standard
output: ``{"address": "http://127.0.0.1:PORT"}``. It serves until standard input is closed, which
the operating system does even when the parent is killed outright.
"""

import json
import os
import signal
import sys
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    import xllamacpp


class Settings(TypedDict):
    """What the parent sends: *context* in tokens, *cache_mib* in MiB."""

    path: str
    adapter: str | None
    name: str
    key: str
    context: int
    threads: int
    cache_mib: int


def _parameters(settings: Settings) -> "xllamacpp.CommonParams":
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = settings["path"]
    if settings["adapter"]:
        adapter = xllamacpp.CommonAdapterLoraInfo()
        adapter.path, adapter.scale = settings["adapter"], 1.0
        parameters.lora_adapters = [adapter]
    parameters.model_alias = {settings["name"]}
    parameters.api_keys = [settings["key"]]
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    parameters.n_ctx = settings["context"]
    # A second slot would fill a cache of its own with the same answer.
    parameters.n_parallel = 1
    parameters.cache_prompt = True
    # With these two the same requests in the same order get the same probabilities.
    parameters.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    parameters.no_extra_bufts = True
    parameters.cache_ram_mib = settings["cache_mib"]
    parameters.load_mode = xllamacpp.llama_load_mode.LLAMA_LOAD_MODE_NONE
    parameters.fit_params = False
    parameters.cpuparams.n_threads = settings["threads"]
    parameters.cpuparams_batch.n_threads = settings["threads"]
    parameters.ui = False
    parameters.endpoint_slots = False
    parameters.verbosity = 1  # errors only
    return parameters


def _serve() -> None:
    import xllamacpp

    settings: Settings = json.loads(sys.stdin.readline())
    reply = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever the engine prints must not be taken for the reply
    server = xllamacpp.Server(_parameters(settings))
    reply.write(json.dumps({"address": server.listening_address}) + "\n")
    reply.flush()
    sys.stdin.read()
    os._exit(0)  # nothing to save; freeing a gigabyte politely takes longer


if __name__ == "__main__":
    # Ctrl-C reaches the whole process group; the parent decides, and closes standard input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _serve()
