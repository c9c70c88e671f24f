import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("programmes", "0005_school_change"),
        ("schools", "0009_half_terms_apart_at_once"),
    ]

    operations = [
        migrations.AlterField(
            model_name="participation",
            name="school",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="participation",
                to="schools.school",
            ),
        ),
    ]
