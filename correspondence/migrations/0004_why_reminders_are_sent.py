from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("correspondence", "0003_document_interruptions")]

    operations = [
        migrations.AddField(
            model_name="message",
            name="because",
            field=models.TextField(blank=True, default=""),
            preserve_default=False,
        ),
    ]
