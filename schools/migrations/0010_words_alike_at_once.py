"""The words that misspelt ones are compared with are sorted into their index at once, and not by autovacuum."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("schools", "0009_half_terms_apart_at_once")]

    operations = [
        migrations.RemoveIndex(model_name="registerword", name="register_word_likeness"),
        migrations.AddIndex(
            model_name="registerword",
            index=GinIndex(OpClass("word", name="gin_trgm_ops"), fastupdate=False, name="register_word_likeness"),
        ),
    ]
