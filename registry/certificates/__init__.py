"""Certificates: drafting rules, issuing, and the page of paper."""
