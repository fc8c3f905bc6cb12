"""The interface itself: how it reads and writes JSON, how it tells problems, how it describes itself."""

from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation
from ninja.parser import Parser
from ninja.renderers import BaseRenderer

from teahorse.api import (
    areas,
    carts,
    cases,
    dossiers,
    explaining,
    invoices,
    orders,
    placing,
    products,
    seller,
    seller_cases,
    statements,
    tracking,
)
from teahorse.api.problems import MEDIA_TYPE, Problem, answer_to

DESCRIPTION = """
Buy and sell on Teahorse by program.

Money is whole fen, weights are grams, times are RFC 3339.
What goes wrong is told as problem details (RFC 9457): read `code`, show `detail`.
Buyers need no account: a cart and an order each give a token that opens them. Organisations send `Authorization: Bearer th_…`.
Placing an order needs a `key` (a UUID of your own): the same key again gives the same order, however often it is sent. So does
opening an after-sale case; its photographs are sent under the same key before. An order's token opens its cases and invoices too.
A seller's token opens her orders, cases, statements and dossiers. A bank checks a dossier by the code on its paper, without a token.
"""


class JsonParser(Parser):
    """Read bodies with msgspec, which refuses what is not UTF-8 and not JSON."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        return msgspec.json.decode(request.body)  # type: ignore[no-any-return]  # what it is, the schema says


class JsonRenderer(BaseRenderer):
    """Write answers with msgspec."""

    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:  # noqa: ARG002 - ninja's signature
        return msgspec.json.encode(data, enc_hook=str)


class Interface(NinjaAPI):
    """An interface that tells every problem alike and describes the order's own view, which ninja does not serve."""

    def set_default_exception_handlers(self) -> None:
        self.add_exception_handler(Exception, _tell)

    def get_openapi_operation_id(self, operation: Operation) -> str:
        return operation.view_func.__name__

    def get_openapi_schema(self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None) -> OpenAPISchema:
        schema = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        root = self.get_root_path(path_params or {}) if path_prefix is None else f"/{path_prefix}"
        (order_draft, order_placed, problem), components = msgspec.json.schema_components(
            [placing.OrderDraft, placing.OrderPlaced, Problem], ref_template="#/components/schemas/{name}"
        )
        schema["components"]["schemas"].update(components)
        schema["components"]["responses"] = {"Problem": {"description": "A problem", "content": {MEDIA_TYPE: {"schema": problem}}}}
        schema["paths"][f"{root}orders"] = {"post": placing.description(asked=order_draft, answered=order_placed)}
        for operations in schema["paths"].values():
            for operation in operations.values():
                for status in ("4XX", "5XX"):
                    operation["responses"][status] = {"$ref": "#/components/responses/Problem"}
        return schema


def _tell(request: HttpRequest, error: Exception | type[Exception]) -> HttpResponse:  # noqa: ARG001 - ninja's signature
    return answer_to(error if isinstance(error, Exception) else error())


api = Interface(
    title="Teahorse",
    version="1",
    description=DESCRIPTION,
    urls_namespace="api",
    docs_url=None,
    parser=JsonParser(),
    renderer=JsonRenderer(),
)
for module in (areas, products, carts, orders, tracking, cases, invoices, seller, seller_cases, statements, dossiers, explaining):
    api.add_router("", module.router)
