"""One AdmissionReview and the answer to it, as bytes; nothing else of a request is decoded than what is needed."""

from __future__ import annotations

import collections
import dataclasses
import hashlib
from typing import Any

import msgspec

from gitsidecar.webhook import knowledge, subjects, verdicts

_VERSION = "admission.k8s.io/v1"
_KIND = "AdmissionReview"
_REMEMBERED = 512  # answers: a review is sent again within seconds or never
_REMEMBERED_BYTES = 8 << 20  # of their bodies together
_LONGEST_UID = 128  # characters: the API server's are UUIDs
_LONGEST_NAME = 253  # characters, of what may be a name in Kubernetes
_LONGEST = 256  # bytes of a warning, as Kubernetes asks for
_WARNINGS = 8
_LONGEST_MESSAGE = 2000  # characters, of a refusal


@dataclasses.dataclass(frozen=True, slots=True)
class Record:
    """What became of one review, for log and metrics; `pod` is its name, or what its name is made of."""

    verdict: verdicts.Verdict
    namespace: str = ""
    pod: str = ""
    is_dry_run: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """The HTTP *status* and *body*: an AdmissionReview, or words where what came was none."""

    status: int
    body: bytes
    record: Record


class _Kind(msgspec.Struct):
    group: str = ""
    version: str = ""
    kind: str = ""


class _Request(msgspec.Struct):
    uid: str
    kind: _Kind
    operation: str
    name: str = ""
    namespace: str = ""
    subResource: str = ""  # noqa: N815  # the field's own name
    dryRun: bool | None = None  # noqa: N815
    object: msgspec.Raw = msgspec.Raw(b"null")


class _Review(msgspec.Struct):
    apiVersion: str  # noqa: N815
    kind: str
    request: _Request


class _Names(msgspec.Struct):
    name: str | None = None
    generateName: str | None = None  # noqa: N815


class _Named(msgspec.Struct):
    metadata: _Names | None = None


_REVIEW = msgspec.json.Decoder(_Review)
_NAMED = msgspec.json.Decoder(_Named)


class Reviewer:
    """
    Answers reviews from what *known* knows.

    *is_failing_closed* (failurePolicy Fail) refuses pods that cannot get what they should; otherwise they start
    without it, with a warning. Pods of *own_namespace* are left alone.
    """

    def __init__(self, known: knowledge.Knowledge, *, is_failing_closed: bool, own_namespace: str) -> None:
        self._known = known
        self._is_failing_closed = is_failing_closed
        self._subjects = subjects.Subjects(known, own_namespace=own_namespace)
        self._counted = _Counted()

    def answer(self, body: bytes) -> Answer:
        """
        Return the answer to *body*, whatever that is.

        A review that is sent again, because our answer got lost, gets the same one, and its pod is counted once.
        """
        key = hashlib.blake2b(body, digest_size=16).digest()
        if (known := self._counted.find(key)) is not None:
            return known
        try:
            review = _REVIEW.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            return invalid(400, "NotAReview", f"this is not an {_KIND} of {_VERSION}: {error}")
        if (review.apiVersion, review.kind) != (_VERSION, _KIND) or not 0 < len(review.request.uid) <= _LONGEST_UID:
            words = f"this is not an {_KIND} of {_VERSION} with a uid: register with admissionReviewVersions [v1]"
            return invalid(400, "NotAReview", words)
        answer = self._review(review.request)
        if answer.record.verdict.given and not review.request.dryRun:
            self._counted.keep(key, answer)
        return answer

    def _review(self, request: _Request) -> Answer:
        if (words := _why_not_ours(request)) is not None:
            return _answer(request, _skipped("NotANewPod", words))
        try:
            subject = self._subjects.find(request.object, request.namespace)
        except subjects.UNREADABLE as error:
            return _answer(request, _skipped("PodUnreadable", f"it is not JSON: {error}"))
        verdict = verdicts.judge(subject, self._known, self._subjects.inject, is_failing_closed=self._is_failing_closed)
        if not request.dryRun:
            for each in verdict.given:
                self._known.count(*each)
        return _answer(request, verdict)


class _Counted:
    """
    The latest answers for which a pod was counted, by what was asked.

    No others: to answer those anew does no harm. Of each only the body and a few words are kept, whatever was sent.
    """

    def __init__(self) -> None:
        self._answers: collections.OrderedDict[bytes, Answer] = collections.OrderedDict()
        self._bytes = 0

    def find(self, key: bytes) -> Answer | None:
        """Return the answer that was given before, if it is still known."""
        return self._answers.get(key)

    def keep(self, key: bytes, answer: Answer) -> None:
        """Keep *answer*, for which the oldest make room."""
        told = verdicts.Told("", "SentAgain", "this review came before, and gets the answer that it got then")
        verdict = verdicts.Verdict(answer.record.verdict.result, answer.record.verdict.reason, (told,))
        self._answers[key] = dataclasses.replace(answer, record=dataclasses.replace(answer.record, verdict=verdict))
        self._bytes += len(answer.body)
        while self._bytes > _REMEMBERED_BYTES or len(self._answers) > _REMEMBERED:
            _, oldest = self._answers.popitem(last=False)
            self._bytes -= len(oldest.body)


def invalid(status: int, reason: str, words: str) -> Answer:
    """Return the answer to what is no review: the API server then does what failurePolicy says."""
    verdict = verdicts.Verdict(verdicts.Result.INVALID, reason, (verdicts.Told("", reason, words),))
    return Answer(status, f"{words}\n".encode(), Record(verdict))


def _why_not_ours(request: _Request) -> str | None:
    kind = request.kind
    if (kind.group, kind.version, kind.kind) != ("", "v1", "Pod") or request.subResource:
        return "it is not a Pod"
    return "it is not created" if request.operation != "CREATE" else None


def _skipped(reason: str, words: str) -> verdicts.Verdict:
    return verdicts.Verdict(verdicts.Result.SKIPPED, reason, (verdicts.Told("", reason, words),))


def _answer(request: _Request, verdict: verdicts.Verdict) -> Answer:
    response: dict[str, Any] = {"uid": request.uid, "allowed": verdict.result is not verdicts.Result.REFUSED}
    if verdict.result is verdicts.Result.REFUSED:
        message = _printable(verdict.message)[:_LONGEST_MESSAGE]
        response["status"] = {"status": "Failure", "reason": "Forbidden", "code": 403, "message": message}
    elif warnings := [_shorten(str(each)) for each in verdict.told if each.is_worth_a_look][:_WARNINGS]:
        response["warnings"] = warnings
    if verdict.patch:
        response["patchType"] = "JSONPatch"
        response["patch"] = verdict.patch  # bytes are encoded in base64
    body = msgspec.json.encode({"apiVersion": _VERSION, "kind": _KIND, "response": response})
    record = Record(verdict, request.namespace[:_LONGEST_NAME], _name(request), bool(request.dryRun))
    return Answer(200, body, record)


def _name(request: _Request) -> str:
    if request.name:
        return request.name[:_LONGEST_NAME]
    try:
        metadata = _NAMED.decode(request.object).metadata
    except subjects.UNREADABLE:
        return ""
    return (metadata.name or metadata.generateName or "")[:_LONGEST_NAME] if metadata is not None else ""


def _shorten(text: str) -> str:
    """Return *text* as it may stand in an HTTP header, with its end cut off where it is too long."""
    shown = _printable(f"gitsidecar: {text}").encode()
    if len(shown) <= _LONGEST:
        return shown.decode()
    return shown[: _LONGEST - 3].decode(errors="ignore") + "…"


def _printable(text: str) -> str:
    """Return *text* without what would do something to a terminal: a file of the source branch may be called so."""
    return "".join(each if each.isprintable() else " " for each in text)
