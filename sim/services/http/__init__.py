"""The deployment as a web server: the project's HTTP actions, uploads and files, functions by HTTP (semantics §10)."""

from biconvex.sim.services.http.identity import identity_of, token_of
from biconvex.sim.services.http.messages import HttpRequest, HttpResponse
from biconvex.sim.services.http.server import HttpServer
from biconvex.sim.services.http.sites import HttpSite

__all__ = ["HttpRequest", "HttpResponse", "HttpServer", "HttpSite", "identity_of", "token_of"]
