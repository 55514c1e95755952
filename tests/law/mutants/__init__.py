"""Mutants of the shipped packs: harsher, gapped, and milder ones that must pass."""

from tests.law.mutants.gapped import gapped
from tests.law.mutants.harsher import harsher
from tests.law.mutants.making import Mutant
from tests.law.mutants.milder import milder

__all__ = ["Mutant", "gapped", "harsher", "milder"]
