"""What people find a school by. Derived from the register by `schools.search.refresh`, and never edited."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Self

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchQuery, SearchVectorField
from django.db import models
from django.db.models import ExpressionWrapper, F, Func, Q

from hubs.models import Hub, LocalAuthority


class SearchText(Func):
    """Of the register's earlier tables, for the migrations that made them."""

    function = "schools_search_text"
    output_field = models.TextField()


class WordsOf(Func):
    """A text's words as they are: PostgreSQL's own parser would take some for numbers or addresses."""

    template = "array_to_tsvector(string_to_array(btrim(%(expressions)s, ' '), ' '))"
    output_field = SearchVectorField()


class SearchEntryQuerySet(models.QuerySet["SearchEntry"]):
    """Names of usable schools, by what people type."""

    def known_to(self, hub: Hub | None) -> Self:
        """Of schools of the register, and of those that this hub has added."""
        return self.filter(Q(added_by=None) | Q(added_by=hub)) if hub else self.filter(added_by=None)

    def having(self, words: Sequence[str]) -> Self:
        """Those in which each of the words, folded, begins a word; none for no words."""
        if not words:
            return self.none()
        query = SearchQuery(" & ".join(f"'{word}':*" for word in words), search_type="raw", config="simple")
        return self.filter(words=query)


class SearchEntry(models.Model):
    """A name by which a usable school is found: its own, or that of a closed school that it is today.

    A narrow copy with what the search filters and sorts by, so that it never reads the wide table of schools.
    """

    national_columns: ClassVar[tuple[str, ...]] = ()

    pk = models.CompositePrimaryKey("school", "under")
    # Derived from tables that have these constraints; checking them again would take a third of a refresh.
    school = models.ForeignKey(
        "School", on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="search_entries"
    )
    # Whose name, place, postcode and URN these are.
    under = models.ForeignKey("School", on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="+")
    # The usable school's, as the search filters by them.
    authority = models.ForeignKey(
        LocalAuthority, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    added_by = models.ForeignKey(
        Hub, null=True, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    # A hash of everything this was made from: a refresh rewrites what differs.
    made_from = models.BigIntegerField()
    # Folded as `schools.wording.fold` folds what people type, a space before each word, the name first: in the
    # order of this text schools stand by name and town. See the SQL function `schools_found_by`.
    text = models.TextField(db_collation="C")
    former = models.GeneratedField(
        expression=ExpressionWrapper(~Q(under=F("school")), output_field=models.BooleanField()),
        output_field=models.BooleanField(),
        db_persist=True,
    )
    words = models.GeneratedField(expression=WordsOf(F("text")), output_field=SearchVectorField(), db_persist=True)

    objects = SearchEntryQuerySet.as_manager()

    class Meta:
        indexes = [
            # Names that begin with what was typed, and common words in the order of the list.
            models.Index(fields=["former", "text"], name="search_by_name"),
            # Rare words. New rows wait in the index's list until autovacuum sorts them in: an import does not.
            GinIndex(fields=["words"], name="search_by_word", gin_pending_list_limit=65_536),
            # Schools of a hub's area, first of all.
            models.Index(fields=["authority"], name="search_in_area"),
        ]

    def __str__(self) -> str:
        return self.text.strip()


class RegisterWord(models.Model):
    """A word by which usable schools are found, and by how many: what a misspelt word is compared with.

    Comparing with each distinct word takes a hundredth of the time of comparing with each school.
    """

    word = models.CharField(primary_key=True, max_length=100)
    schools = models.PositiveIntegerField()

    class Meta:
        # Sorted in at once: a list of new words is read whole for every misspelt one until autovacuum has been.
        indexes = [GinIndex(OpClass("word", name="gin_trgm_ops"), name="register_word_likeness", fastupdate=False)]

    def __str__(self) -> str:
        return self.word
