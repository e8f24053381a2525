"""The OpenAPI document, with errors under the media type that they come in."""

from typing import Any

from fastapi import FastAPI

from .problems import ProblemResponse


class Documented(FastAPI):
    """An application whose document says that what goes wrong is answered with a problem document:
    FastAPI describes errors under the media type of the answer that went well."""

    def openapi(self) -> dict[str, Any]:
        """The document, made once."""
        if self.openapi_schema is None:
            for operations in super().openapi()["paths"].values():
                for operation in operations.values():
                    for status in ("4XX", "5XX", "501", "503"):
                        _correct(operation["responses"].get(status))
        return super().openapi()


def _correct(answer: dict[str, Any] | None) -> None:
    if answer is not None:
        (described,) = answer["content"].values()
        answer["content"] = {ProblemResponse.media_type: described}
