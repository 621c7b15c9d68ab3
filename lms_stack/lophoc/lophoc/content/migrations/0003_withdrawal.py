from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("content", "0002_image_block"),
    ]

    operations = [
        migrations.AlterField(
            model_name="appraisal",
            name="decision",
            field=models.CharField(
                choices=[("approve", "duyệt"), ("return", "trả lại"), ("withdraw", "đã rút")],
                max_length=10,
                verbose_name="kết luận",
            ),
        ),
    ]
