"""Tem's verifier: judges a proof file by a view of the chain; trusts nobody's server.

>>> report = verifier.verify(open("record.tem", "rb").read(), view, now=int(time.time()))
>>> report.verdict.value
'valid'
"""

from verifier.report import Report, Result, Verdict
from verifier.verification import verify

__all__ = ["Report", "Result", "Verdict", "verify"]
