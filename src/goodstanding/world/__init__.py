"""The fictional city of Linhu (临湖市), generated at any size: its register, its authorities' files, their dirt.

What the room promises: the same arguments give the same bytes; no code can be a real body's (divisions 98xxxx);
memory does not grow with the number of rows; and the true outcome of every row stands beside its file, so that
intake can be tested against it.

Begin with `generate` and `describe`.
"""

from goodstanding.world.city import AUTHORITIES, DISTRICTS, AuthorityEntry
from goodstanding.world.describe import describe
from goodstanding.world.entities import Entity, Person, Population
from goodstanding.world.errors import WorldError
from goodstanding.world.generate import generate
from goodstanding.world.manifest import Expected, FileEntry, Manifest

__all__ = [
    "AUTHORITIES",
    "DISTRICTS",
    "AuthorityEntry",
    "Entity",
    "Expected",
    "FileEntry",
    "Manifest",
    "Person",
    "Population",
    "WorldError",
    "describe",
    "generate",
]
