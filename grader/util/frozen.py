"""The base of what is read, written or shown as one value."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """A value that does not change and takes no field that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")
