"""The API in documents: OpenAPI for the calls, AsyncAPI for the socket."""
