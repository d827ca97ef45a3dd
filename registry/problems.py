"""Errors as answers: RFC 9457 application/problem+json, and the one table of HTTP statuses."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, NamedTuple

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from sqlalchemy.exc import OperationalError, TimeoutError
from starlette.exceptions import HTTPException

from anchor.database import is_unavailable
from anchor.errors import ClockError, LogError, StorageError
from registry.errors import (
    Conflict,
    NotFound,
    RequestError,
    Several,
    Unauthenticated,
)
from verifier.errors import ChainUnavailable, ContentError, FormatError, TemError

MEDIA_TYPE = "application/problem+json"


class Meaning(NamedTuple):
    """What an error means over HTTP."""

    status: int
    title: str


_BROKEN_RULE = Meaning(422, "The request breaks a rule")
_NOT_NOW = Meaning(503, "This cannot be done now; try again later")
_INTERNAL = Meaning(500, "Something failed here")

# The nearest class in the error's own line decides, unless its code has a meaning of its own.
MEANING_OF_CLASS: Mapping[type[TemError], Meaning] = {
    FormatError: Meaning(400, "The request cannot be read"),
    ContentError: _BROKEN_RULE,
    RequestError: _BROKEN_RULE,
    Unauthenticated: Meaning(401, "Who is asking is not known"),
    NotFound: Meaning(404, "There is no such thing here"),
    Several: Meaning(300, "More than one record"),
    Conflict: Meaning(409, "It contradicts what is recorded"),
    LogError: _NOT_NOW,
    StorageError: _NOT_NOW,
    ClockError: _NOT_NOW,
    ChainUnavailable: _NOT_NOW,
    TemError: _INTERNAL,
}
MEANING_OF_CODE: Mapping[str, Meaning] = {
    "body_too_large": Meaning(413, "The request is too large"),
    "content_type": Meaning(415, "The request is not JSON"),
    "path_unknown": Meaning(404, "There is no such address"),
    "method_not_allowed": Meaning(405, "This address is not used that way"),
}
_RETRY_AFTER = "5"
"""Seconds after which it makes sense to ask again for what could not be done now."""

_CODE_OF_STATUS = {404: "path_unknown", 405: "method_not_allowed"}

_log = logging.getLogger(__name__)


class Fault(BaseModel):
    """One broken rule."""

    code: str
    detail: str
    place: str = Field(description="JSON pointer into the request, or a header or parameter.")


class Problem(BaseModel):
    """Why nothing was done (RFC 9457). ``code`` is stable; ``detail`` may be reworded."""

    type: str = Field(examples=["urn:tem:problem:field_pattern"])
    title: str = Field(examples=["The request breaks a rule"])
    status: int = Field(examples=[422])
    detail: str = Field(examples=['this does not match "^[0-9]{4}$"'])
    code: str = Field(examples=["field_pattern"])
    place: str = Field(examples=["/fields/made"])
    errors: list[Fault] | None = Field(
        default=None, description="All faults, where several were found."
    )
    leaves: list[str] | None = Field(
        default=None, description="Leaf hashes that share a short code."
    )


def meaning_of(error: TemError) -> Meaning:
    """What an error means over HTTP."""
    if error.code in MEANING_OF_CODE:
        return MEANING_OF_CODE[error.code]
    return next(MEANING_OF_CLASS[kind] for kind in type(error).mro() if kind in MEANING_OF_CLASS)


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problems that a route may answer with, for its documentation."""
    titles = {m.status: m.title for m in (*MEANING_OF_CLASS.values(), *MEANING_OF_CODE.values())}
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": titles[status], "content": content} for status in statuses}


def schemas() -> dict[str, Any]:
    """The components that ``responses`` refers to."""
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    return {**problem.pop("$defs"), "Problem": problem}


def install(app: FastAPI) -> None:
    """Answer every error of ``app`` with a problem."""
    app.add_exception_handler(TemError, _tem_error)
    app.add_exception_handler(OperationalError, _database_error)
    app.add_exception_handler(TimeoutError, _database_error)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _unexpected)


def answer(error: TemError) -> JSONResponse:
    """The problem that stands for an error."""
    meaning = meaning_of(error)
    if meaning is _INTERNAL:
        _log.error("%s", error)
        return _internal()
    problem = _problem(meaning, error.code, error.message, error.place)
    if isinstance(error, RequestError) and len(error.faults) > 1:
        problem.errors = [
            Fault(code=fault.code, detail=fault.message, place=fault.place)
            for fault in error.faults
        ]
    if isinstance(error, Several):
        problem.leaves = list(error.leaves)
    headers = {"WWW-Authenticate": "Bearer"} if isinstance(error, Unauthenticated) else {}
    if meaning is _NOT_NOW:
        headers["Retry-After"] = _RETRY_AFTER
    return _answer(problem, headers)


def _tem_error(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, TemError)  # noqa: S101 - as registered
    return answer(error)


def _database_error(_request: Request, error: Exception) -> JSONResponse:
    """The database failed while something was looked up: all that is issued has its own answer."""
    if not is_unavailable(error):
        raise error
    _log.error("the database cannot be used", exc_info=error)
    said = "The database cannot be used now. Nothing was changed: send it again."
    return answer(StorageError("database_unavailable", said))


def _invalid_request(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - as registered
    return answer(RequestError.of_shape(error.errors()))


def _http_error(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - as registered
    code = _CODE_OF_STATUS.get(error.status_code, "http_error")
    meaning = MEANING_OF_CODE.get(code, Meaning(error.status_code, "The request is refused"))
    return _answer(_problem(meaning, code, f"{meaning.title}."), error.headers or {})


def _unexpected(_request: Request, _error: Exception) -> JSONResponse:
    return _internal()


def _internal() -> JSONResponse:
    detail = "It is not the request's fault; the operator's log says what happened."
    return _answer(_problem(_INTERNAL, "internal", detail), {})


def _problem(meaning: Meaning, code: str, detail: str, place: str = "") -> Problem:
    return Problem(
        type=f"urn:tem:problem:{code}",
        title=meaning.title,
        status=meaning.status,
        detail=detail,
        code=code,
        place=place,
    )


def _answer(problem: Problem, headers: Mapping[str, str]) -> JSONResponse:
    content = problem.model_dump(exclude_none=True)
    return JSONResponse(content, problem.status, headers=headers, media_type=MEDIA_TYPE)
