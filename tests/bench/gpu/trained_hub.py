"""The base model by Transformers with the exported adapter by PEFT, which have no code of ours."""

from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from torch import Tensor

from training.model import Shape, Weights


def hub_model(
    weights: Weights, shape: Shape, folder: Path, names: Mapping[str, str]
) -> Callable[..., Tensor]:
    """Returns what gives the last hidden states by Transformers and PEFT, from the same folder."""
    from peft import PeftModel
    from transformers import Qwen2Config, Qwen2ForCausalLM

    vocabulary, width = weights["token_embd.weight"].shape
    config = Qwen2Config(
        vocab_size=vocabulary, hidden_size=width, num_hidden_layers=shape.layers,
        intermediate_size=len(weights["blk.0.ffn_up.weight"]), num_attention_heads=shape.heads,
        num_key_value_heads=shape.key_heads, rms_norm_eps=shape.epsilon,
        rope_parameters={"rope_type": "default", "rope_theta": shape.theta},
        rope_theta=shape.theta, tie_word_embeddings="output.weight" not in weights,
    )  # fmt: skip
    with torch.device(weights["token_embd.weight"].device):
        model = Qwen2ForCausalLM(config)
    state = {hub_name(name, names): tensor for name, tensor in weights.items()}
    missing, strange = model.load_state_dict(state, strict=False)
    print("not in the file:", missing, "not in the model:", strange, flush=True)
    adapted = PeftModel.from_pretrained(model.float(), str(folder)).eval()
    inner = adapted.get_base_model().model

    def hidden(ids: Tensor, positions: Tensor, seen: Tensor) -> Tensor:
        mask = torch.zeros(seen.shape, device=ids.device).masked_fill(~seen, -1e9)[:, None]
        kept = inner(ids, attention_mask=mask, position_ids=positions, use_cache=False)
        return kept.last_hidden_state  # type: ignore[no-any-return]

    return hidden


def hub_name(name: str, names: Mapping[str, str]) -> str:
    """Returns the publisher's name of a tensor of the engine's file."""
    fixed = {
        "token_embd.weight": "model.embed_tokens.weight",
        "output_norm.weight": "model.norm.weight",
        "output.weight": "lm_head.weight",
    }
    if name in fixed:
        return fixed[name]
    _, number, kind, end = name.split(".")
    kinds = {**names, "attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm"}
    return f"model.layers.{number}.{kinds[kind]}.{end}"
