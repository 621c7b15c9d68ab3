"""What organisers say of a course's completion."""

from django import forms

from lophoc.classes.models import CompletionRule


class CompletionRuleForm(forms.ModelForm[CompletionRule]):
    """All of the rule."""

    class Meta:
        model = CompletionRule
        exclude = ("course",)
